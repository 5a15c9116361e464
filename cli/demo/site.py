"""Writes the files of a small made-up site: one home, one field, the people around them, the city."""

import json
import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from cli.broker import LOOPBACK

HOME_DEVICE = "radar-0001"
FIELD_DEVICE = "cam-0001"
FAMILY, MINSEI_IIN, FARMER = "person-0001", "person-0002", "person-0003"
LINE_IDS = {FAMILY: "U" + "1" * 32, MINSEI_IIN: "U" + "2" * 32, FARMER: "U" + "3" * 32}
"""As LINE gives them: U and 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the demo lets people wait; real sites wait minutes (gateway.alerts.policy)."""

    ask_s: float
    family_s: float
    minsei_iin_s: float


WATCHED = Pace(ask_s=12, family_s=15, minsei_iin_s=60)
"""Slow enough to read the page along with it."""
PLAYED = Pace(ask_s=5, family_s=3, minsei_iin_s=30)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the files of one site lie."""

    directory: Path
    web_port: int
    broker_port: int

    @property
    def home_file(self) -> Path:
        return self.directory / "home.toml"

    @property
    def field_file(self) -> Path:
        return self.directory / "field.toml"

    @property
    def city_file(self) -> Path:
        return self.directory / "city.toml"

    @property
    def radar_port(self) -> Path:
        return self.directory / "radar"

    @property
    def pictures(self) -> Path:
        return self.directory / "pictures"

    @property
    def timeline(self) -> Path:
        return self.directory / "pins.jsonl"

    @property
    def public_url(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    def write(self, pace: Pace, model: Path, verifier: Path, services_toml: str) -> None:
        """Write every file; ``services_toml`` holds the [services] tables."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        secret = self.directory / "web.secret"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32), encoding="utf-8")
        facts = {
            "directory": self.directory,
            "registry": self.directory / "registry.toml",
            "broker_port": self.broker_port,
            "web_port": self.web_port,
            "public_url": self.public_url,
            "home_device": HOME_DEVICE,
            "field_device": FIELD_DEVICE,
            "radar_port": self.radar_port,
            "pictures": self.pictures,
            "timeline": self.timeline,
            "model": model,
            "verifier": verifier,
            "secret": secret,
            "ask_s": pace.ask_s,
            "family_s": pace.family_s,
            "minsei_iin_s": pace.minsei_iin_s,
            **{f"line_{person.replace('-', '_')}": line for person, line in LINE_IDS.items()},
        }
        for name in ("home.toml", "field.toml", "city.toml", "registry.toml"):
            text = files(__package__).joinpath("files", name).read_text(encoding="utf-8")
            filled = Template(text).substitute({key: _toml(value) for key, value in facts.items()})
            if name == "city.toml":
                filled += "\n" + services_toml
            (self.directory / name).write_text(filled, encoding="utf-8")


def _toml(value: object) -> str:
    """A value as TOML writes it; JSON's strings and numbers are TOML's too."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
