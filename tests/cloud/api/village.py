"""A made-up village in a real database: two homes in two districts, a field, everybody who looks after them."""

from pathlib import Path

from cloud.links import Links
from cloud.settings import CitySettings
from contract.ids import new_ulid
from contract.messages import (
    Box,
    Clock,
    Event,
    Evidence,
    Fall,
    FallPhase,
    Fault,
    FaultPhase,
    Live,
    LiveField,
    LiveHome,
    PinChange,
    Repel,
    RepelPhase,
    Severity,
    Sighting,
    Stamp,
    State,
    VisitPhase,
    encode,
)
from gateway.alerts import intake
from gateway.alerts.escalation import Escalation
from gateway.alerts.notifier import Delivery, Result
from gateway.alerts.policy import Policies
from gateway.database import tables
from gateway.database.session import Database
from gateway.registry import load_registry

REGISTRY = """
[[homes]]
id = "home-east"
resident = "藤原 文子"
address = "東町1-2-3"
district = "east"
responsible = ["family-east", "minsei-east"]

[[homes]]
id = "home-west"
resident = "斎藤 一郎"
address = "西町9-9"
district = "west"
responsible = ["family-west"]

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
id = "camera-hill"
kind = "field"
field = "field-hill"

[[people]]
id = "family-east"
name = "藤原 次郎"
role = "family"
contacts = { line = "U1" }

[[people]]
id = "family-west"
name = "斎藤 花子"
role = "family"
contacts = { line = "U2" }

[[people]]
id = "minsei-east"
name = "東 民子"
role = "minsei_iin"
district = "east"
contacts = { mail = "east@example.jp" }

[[people]]
id = "minsei-west"
name = "西 民男"
role = "minsei_iin"
district = "west"
contacts = { mail = "west@example.jp" }

[[people]]
id = "farmer-hill"
name = "畑 作"
role = "farmer"
contacts = { line = "U3" }

[[people]]
id = "farmer-river"
name = "川 作"
role = "farmer"
contacts = { line = "U4" }

[[people]]
id = "technician-one"
name = "技 子"
role = "technician"
contacts = { mail = "tech@example.jp" }

[[people]]
id = "desk-one"
name = "窓 口"
role = "desk"
locale = "en"
contacts = { mail = "desk@example.jp" }
"""

SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778"
BOOT = new_ulid(1)


class Accepting:
    """A notifier whose services take everything."""

    def send(self, notice):
        return Delivery(Result.ACCEPTED)


class Village:
    """Devices that speak and a gateway that listens, without a broker; the clock is the test's."""

    def __init__(self, folder: Path, *, demo: bool = False, broker_port: int = 1, port: int = 8080) -> None:
        self.at_ms = 1_780_000_000_000
        secret = folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        self.settings = CitySettings.model_validate(
            {
                "data_directory": folder,
                "broker": {"port": broker_port},
                "web": {
                    "port": port,
                    "public_url": f"http://127.0.0.1:{port}",
                    "secret_file": secret,
                    "demo": demo,
                },
            }
        )
        self.database = Database(self.settings.database.address())
        self.database.create()
        self.links = Links(SECRET.encode(), self.settings.web.public_url, self.now_ms)
        self.escalation = Escalation(self.database, Accepting(), self.now_ms)
        self._policies = Policies(self.settings.policy)
        self._seq = 0
        with self.database.write() as session:
            load_registry(session, REGISTRY, "village.toml")

    def now_ms(self) -> int:
        return self.at_ms

    def later(self, seconds: float) -> None:
        self.at_ms += int(seconds * 1000)

    def stamp(self, device: str) -> Stamp:
        self._seq += 1
        return Stamp(device, BOOT, self._seq, self.at_ms, Clock.SYNCED)

    def hears(self, device: str, body) -> None:
        """One event of a device takes effect."""
        event = Event(id=new_ulid(self.at_ms), stamp=self.stamp(device), body=body)
        with self.database.write() as session:
            intake.take(session, event, self.at_ms, self._policies)

    def falls(
        self,
        device: str = "radar-east",
        *,
        confirmed: bool = True,
        kind: str = "fast_fall",
        grave: str = "high",
    ) -> str:
        """A fall in a home, asked about and confirmed; the alert's id."""
        incident = new_ulid(self.at_ms)
        why = [Evidence("drop_m", 1.02, "m"), Evidence("still_s", 31.0, "s")]
        how = {"kind": kind, "severity": Severity(grave)}
        until = self.at_ms + 60_000
        self.hears(device, Fall(incident, FallPhase.SUSPECTED, 0.8, why, answer_by_ms=until, **how))
        if confirmed:
            self.later(60)
            self.hears(device, Fall(incident, FallPhase.CONFIRMED, 0.9, why, **how))
            self.escalate()
        return incident

    def escalate(self, waits_s: float = 0.0) -> None:
        """Let the escalation do what is due after so long."""
        self.later(waits_s)
        for _ in range(3):
            self.escalation.turn()

    def troop_comes(self, *, outcome: str | None = None, picture: bytes | None = None) -> str:
        """Monkeys on the hill, driven at with the horn; the visit's id."""
        visit, action = new_ulid(self.at_ms), new_ulid(self.at_ms)
        self.hears(
            "camera-hill",
            Sighting(
                visit, VisitPhase.STARTED, "monkey", 5, 0.9, "nearer", heading_deg=200.0, picture=picture
            ),
        )
        pins = [
            PinChange("horn", True, self.at_ms),
            PinChange("strobe", True, self.at_ms + 400),
            PinChange("horn", False, self.at_ms + 3000),
            PinChange("strobe", False, self.at_ms + 5000),
        ]
        self.hears("camera-hill", Repel(visit, action, RepelPhase.FIRED, "horn", pins=pins))
        if outcome is not None:
            self.later(40)
            self.hears(
                "camera-hill",
                Repel(visit, action, RepelPhase.OUTCOME, "horn", outcome=outcome, gone_after_s=12.0),
            )
            self.hears("camera-hill", Sighting(visit, VisitPhase.ENDED, "monkey", 5, 0.9, "away"))
        self.escalate()
        return visit

    def camera_freezes(self) -> str:
        """A fault of the field's camera; the alert's id."""
        fault = new_ulid(self.at_ms)
        self.hears("camera-hill", Fault(fault, FaultPhase.RAISED, "camera", "camera_frozen"))
        self.escalate()
        return fault

    def device_says(self, device: str, *, faults: list[str]) -> None:
        """A device's retained state, as the gateway keeps it."""
        state = State(
            stamp=self.stamp(device),
            online=True,
            version="0.1.0",
            kind="home",
            faults=faults,
            events_unsent=2,
        )
        with self.database.write() as session:
            row = session.get_one(tables.Device, device)
            row.online, row.state_at_ms = True, self.at_ms
            row.state = {"faults": faults, "version": state.version, "events_unsent": state.events_unsent}

    def live_home(
        self,
        device: str = "radar-east",
        *,
        state: str = "standing",
        asking_s: int | None = None,
        bodies: int | None = None,
    ) -> bytes:
        """A live message of a home, as its device publishes it."""
        points = [(0.1 * n - 0.3, 2.5 + 0.05 * n, 0.2 * n, 0.1 * n) for n in range(8)]
        answer_by_ms = None if asking_s is None else self.at_ms + asking_s * 1000
        said = None if asking_s is None else "ask_ok"
        body = LiveHome(points, state, height_m=1.5, answer_by_ms=answer_by_ms, said=said, bodies=bodies)
        return encode(Live(stamp=self.stamp(device), body=body))

    def live_field(self, picture: bytes | None = None, device: str = "camera-hill") -> bytes:
        """A live message of a field with three monkeys, the horn on."""
        boxes = [
            Box("monkey", 0.9, 0.2 + 0.2 * n, 0.4, 0.12, 0.2, track=n, confirmed=n > 0) for n in range(3)
        ]
        return encode(
            Live(stamp=self.stamp(device), body=LiveField(boxes, 3, "nearer", ["horn"], picture=picture))
        )

    def token(self, alert_id: str, person_id: str) -> str:
        """The path of the link a message would carry."""
        return self.links.answer_url(alert_id, person_id).removeprefix(self.settings.web.public_url)

    def sign_in(self, person_id: str) -> str:
        """The path of the sign-in link somebody was handed."""
        return self.links.sign_in_url(person_id).removeprefix(self.settings.web.public_url)

    def state_of(self, alert_id: str) -> str:
        with self.database.read() as session:
            return session.get_one(tables.Alert, alert_id).state

    def answers_of(self, alert_id: str) -> list[tuple[str, str]]:
        """(person, what they said), in order."""
        with self.database.read() as session:
            lines = (
                session.query(tables.Transition).filter_by(alert_id=alert_id).order_by(tables.Transition.id)
            )
            return [(line.person_id, line.what) for line in lines if line.person_id and line.role != "device"]

    def close(self) -> None:
        self.database.close()
