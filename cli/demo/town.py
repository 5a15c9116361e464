"""Everything the demo runs: broker, gateway, web app, two devices, two simulators, the fake city."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.broker import Broker, free_port
from cli.demo.processes import Processes
from cli.demo.site import FIELD_DEVICE, HOME_DEVICE, Pace, Site
from simulators.city.city import City

SENSORS_S = 20.0
SHIPPED_MODEL = Path("models") / "macaque_nano" / "macaque_nano.json"
SHIPPED_VERIFIER = Path("models") / "animal_names" / "animal_names.json"


class Town:
    """Start it in a ``with``; every process it started has ended when the ``with`` is over."""

    def __init__(
        self,
        directory: Path,
        pace: Pace,
        *,
        web_port: int | None = None,
        broker_kind: str | None = None,
        fall_at_s: float = 12.0,
        troop_at_s: float = 8.0,
        again_after_s: float = 0.0,
        seed: int = 1,
        city_toml: str = "",
        bad_line: float = 0.0,
    ) -> None:
        """``city_toml``: tables added to the city's file, such as [series] for another store.

        ``bad_line``: share of the radar's frames that its cable spoils.
        """
        self.directory = directory
        self.broker = Broker(directory, kind=broker_kind)
        self.site = Site(directory, web_port or free_port(), self.broker.port)
        self.city = City()
        self.processes = Processes(directory / "log", _environment())
        self._pace = pace
        self._home_story = ["--fall-at", str(fall_at_s), "--again-after", str(again_after_s)]
        self._home_story += ["--bad-line", str(bad_line)]
        self._field_story = ["--troop-at", str(troop_at_s), "--between", str(again_after_s or 3600)]
        self._seed = ["--seed", str(seed)]
        self._city_toml = city_toml

    def __enter__(self) -> Self:
        try:
            self.city.start()
            self.broker.start()
            tables = f"{self.city.services_toml(self.directory)}\n{self._city_toml}"
            self.site.write(self._pace, shipped_model(), shipped_verifier(), tables)
            self.processes.start("gateway", "gateway", "run", str(self.site.city_file))
            self.processes.start("cloud", "cloud", "run", str(self.site.city_file))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def begin(self) -> None:
        """Let the stories begin: the resident gets up, the troop is on its way, and the devices look on."""
        port = ["--port", str(self.broker.port)]
        self.processes.start(
            "sim-home", "sim", "home", "--link", str(self.site.radar_port), "--device", HOME_DEVICE,
            *port, *self._home_story, *self._seed,
        )  # fmt: skip
        self.processes.start(
            "sim-field", "sim", "field", "--folder", str(self.site.pictures), "--device", FIELD_DEVICE,
            *port, *self._field_story, *self._seed,
        )  # fmt: skip
        # A device whose sensor is not there yet would rightly tell the technician so.
        self.wait_until(
            lambda: self.site.radar_port.exists() and any(self.site.pictures.iterdir()), SENSORS_S
        )
        self.processes.start("home", "edge", "run", str(self.site.home_file))
        self.processes.start("field", "edge", "run", str(self.site.field_file))

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> bool:
        """Keep the processes running until ``ready``; False after the time."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            self.keep()
            if ready():
                return True
            time.sleep(0.1)
        return False

    def said(self, simulator: str) -> int | None:
        """When a simulator began to be seen (Unix ms): it prints the time with its first word."""
        log = self.directory / "log" / f"{simulator}.log"
        if not log.exists():
            return None
        found = re.search(r"^first \w+ (\d+)$", log.read_text(errors="replace"), re.MULTILINE)
        return int(found[1]) if found else None

    def keep(self) -> list[str]:
        """Start again what has died; returns the names of what had."""
        died = self.processes.keep()
        if not self.broker.running:
            self.broker.start()
            died.append("broker")
        return died

    def _stop(self) -> None:
        self.processes.stop_all()
        self.broker.stop()
        self.city.stop()


def shipped_model() -> Path:
    """The card of the detector that comes with the project; raises FileNotFoundError if it is not there."""
    return _shipped(SHIPPED_MODEL)


def shipped_verifier() -> Path:
    """The card of the network that names what the detector found; raises FileNotFoundError if it is not there."""
    return _shipped(SHIPPED_VERIFIER)


def _shipped(part: Path) -> Path:
    import models

    card = Path(models.__file__).parent.joinpath(*part.parts[1:])
    if not card.exists():
        raise FileNotFoundError(f"{card}: a shipped model is missing: this copy of the project is incomplete")
    return card


def _environment() -> dict[str, str]:
    """Of every process: pins on paper, and no more threads than a Pi would have to spare."""
    return {**os.environ, "GPIOZERO_PIN_FACTORY": "mock", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
