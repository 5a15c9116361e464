"""A small made-up city: a real database with the real registry, devices that speak, and a clock that tests hold."""

from contract.ids import new_ulid
from contract.messages import Clock, Event, EventBody, Stamp
from gateway.alerts import intake
from gateway.alerts.escalation import Escalation
from gateway.alerts.notifier import Notifier
from gateway.alerts.policy import Policies, PolicySettings
from gateway.database.session import Database
from gateway.registry import load_registry

REGISTRY = """
[[homes]]
id = "home-east"
resident = "藤原 文子"
address = "東町1-2-3"
district = "east"
responsible = ["family-east", "family-east-2"]

[[homes]]
id = "home-west"
resident = "斎藤 一郎"
address = "西町9-9"
district = "west"
responsible = ["family-west"]

# Nobody is named for it, and its district has no minsei-iin.
[[homes]]
id = "home-north"
resident = "阿部 正"
address = "北町3"
district = "north"

[[fields]]
id = "field-hill"
area = "越沢の畑"
responsible = ["farmer-hill"]

[[fields]]
id = "field-river"
area = "川べりの畑"
responsible = ["farmer-river"]

[[devices]]
id = "radar-east"
kind = "home"
home = "home-east"

[[devices]]
id = "radar-west"
kind = "home"
home = "home-west"

[[devices]]
id = "radar-north"
kind = "home"
home = "home-north"

[[devices]]
id = "camera-hill"
kind = "field"
field = "field-hill"

[[people]]
id = "family-east"
name = "藤原 次郎"
role = "family"
contacts = { line = "U-family-1", mail = "family1@example.test" }

[[people]]
id = "family-east-2"
name = "藤原 幸"
role = "family"
contacts = { mail = "family2@example.test" }

[[people]]
id = "family-west"
name = "斎藤 花子"
role = "family"
contacts = { line = "U-family-3" }

[[people]]
id = "minsei-east"
name = "東 民子"
role = "minsei_iin"
district = "east"
contacts = { line = "U-minsei-1" }

[[people]]
id = "minsei-west"
name = "西 民男"
role = "minsei_iin"
district = "west"
contacts = { line = "U-minsei-2" }

[[people]]
id = "farmer-hill"
name = "畑 作"
role = "farmer"
contacts = { line = "U-farmer-1" }

[[people]]
id = "farmer-river"
name = "川 作"
role = "farmer"
contacts = { line = "U-farmer-2" }

[[people]]
id = "technician-one"
name = "技 子"
role = "technician"
contacts = { webhook = "http://tech.example.test/hook" }

[[people]]
id = "desk-one"
name = "窓 口"
role = "desk"
locale = "en"
contacts = { mail = "desk@example.test" }
"""
"""Two homes with family in districts with a minsei-iin, one with neither, two fields, a technician and a desk."""

BOOT = new_ulid(1)


class SmallCity:
    """Devices that speak and a gateway that listens, without a broker; ``at_ms`` moves only when a test moves it."""

    def __init__(self, database: Database, notifier: Notifier, policy: PolicySettings, at_ms: int) -> None:
        self.at_ms = at_ms
        self.database = database
        self.notifier = notifier
        self.policies = Policies(policy)
        self._seq = 0
        database.create()
        with database.write() as session:
            load_registry(session, REGISTRY, "registry.toml")
        self.escalation = self.restart()

    def now_ms(self) -> int:
        return self.at_ms

    def restart(self) -> Escalation:
        """A new process on the same database."""
        self.escalation = Escalation(self.database, self.notifier, self.now_ms, senders=1)
        return self.escalation

    def close(self) -> None:
        self.database.close()

    def ulid(self) -> str:
        return new_ulid(self.at_ms)

    def stamp(self, device: str, clock: Clock = Clock.SYNCED) -> Stamp:
        self._seq += 1
        return Stamp(device, BOOT, self._seq, self.at_ms, clock)

    def happens(self, body: EventBody, device: str = "radar-east", clock: Clock = Clock.SYNCED) -> Event:
        """One event of a device takes effect."""
        event = Event(id=self.ulid(), stamp=self.stamp(device, clock), body=body)
        with self.database.write() as session:
            intake.take(session, event, self.at_ms, self.policies)
        return event
