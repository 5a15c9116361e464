"""The small city with its web site: what happens in it, and the links that its people are sent."""

from pathlib import Path

from cloud.links import Links
from cloud.settings import CitySettings
from contract.ids import new_ulid
from contract.messages import (
    Box,
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
    State,
    VisitPhase,
    encode,
)
from gateway.alerts.notifier import Delivery, Result
from gateway.database import tables
from gateway.database.session import Database
from tests.small_city import SmallCity

SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778"


class Accepting:
    """A notifier whose services take everything."""

    def send(self, notice):
        return Delivery(Result.ACCEPTED)


class Village(SmallCity):
    """The small city with a web site's settings and links."""

    def __init__(self, folder: Path, *, demo: bool = False, broker_port: int = 1, port: int = 8080) -> None:
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
        database = Database(self.settings.database.address())
        super().__init__(database, Accepting(), self.settings.policy, 1_780_000_000_000)
        self.links = Links(SECRET.encode(), self.settings.web.public_url, self.now_ms)

    def later(self, seconds: float) -> None:
        self.at_ms += int(seconds * 1000)

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
        self.happens(Fall(incident, FallPhase.SUSPECTED, 0.8, why, answer_by_ms=until, **how), device)
        if confirmed:
            self.later(60)
            self.happens(Fall(incident, FallPhase.CONFIRMED, 0.9, why, **how), device)
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
        self.happens(
            Sighting(
                visit, VisitPhase.STARTED, "monkey", 5, 0.9, "nearer", heading_deg=200.0, picture=picture
            ),
            "camera-hill",
        )
        pins = [
            PinChange("horn", True, self.at_ms),
            PinChange("strobe", True, self.at_ms + 400),
            PinChange("horn", False, self.at_ms + 3000),
            PinChange("strobe", False, self.at_ms + 5000),
        ]
        self.happens(Repel(visit, action, RepelPhase.FIRED, "horn", pins=pins), "camera-hill")
        if outcome is not None:
            self.later(40)
            self.happens(
                Repel(visit, action, RepelPhase.OUTCOME, "horn", outcome=outcome, gone_after_s=12.0),
                "camera-hill",
            )
            self.happens(Sighting(visit, VisitPhase.ENDED, "monkey", 5, 0.9, "away"), "camera-hill")
        self.escalate()
        return visit

    def camera_freezes(self) -> str:
        """A fault of the field's camera; the alert's id."""
        fault = new_ulid(self.at_ms)
        self.happens(Fault(fault, FaultPhase.RAISED, "camera", "camera_frozen"), "camera-hill")
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
