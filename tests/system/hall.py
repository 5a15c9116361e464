"""A gateway as a process of its own beside a real broker, for tests that send to it and look at what it keeps."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from cli.broker import Broker, free_port
from cli.demo.processes import Processes
from gateway.database import tables
from gateway.database.session import Database
from gateway.series import Series, SeriesSettings, open_series
from tests.running import environment

CITY = """\
data_directory = "{place}"
{top}
[broker]
port = {broker}

[web]
port = {web}
public_url = "http://127.0.0.1:{web}"
secret_file = "{place}/web.secret"
{tables}
"""


class Hall:
    """A broker and ``mimamori gateway run`` beside it; what the gateway keeps is open to be read."""

    def __init__(self, place: Path, *, top: str = "", more: str = "") -> None:
        self.place = place
        self.city_file = place / "city.toml"
        self.broker = Broker(place)
        self.web_port = free_port()
        secret = place / "web.secret"
        secret.write_text(secrets.token_hex(32))
        secret.chmod(0o600)
        self.city_file.write_text(
            CITY.format(place=place, top=top, broker=self.broker.port, web=self.web_port, tables=more)
        )
        self.processes = Processes(place / "log", environment())
        self.database = Database(f"sqlite:///{place / 'gateway.sqlite'}")
        self._series: Series | None = None

    def start(self) -> None:
        self.broker.start()
        self.processes.start("gateway", "gateway", "run", str(self.city_file))
        wait_until(lambda: "the gateway listens" in self.processes.last_words("gateway"), 60)

    def stop(self) -> None:
        self.processes.stop_all()
        self.broker.stop()
        self.database.close()
        if self._series is not None:
            self._series.close()

    @property
    def series(self) -> Series:
        """The embedded store the gateway writes."""
        if self._series is None:
            self._series = open_series(SeriesSettings(file=self.place / "series.sqlite"))
        return self._series

    def events(self, device: str) -> list[tables.Event]:
        """In the order the device made them."""
        with self.database.read() as session:
            chosen = select(tables.Event).where(tables.Event.device_id == device)
            return list(session.scalars(chosen.order_by(tables.Event.seq)))

    def dead_letters(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(tables.DeadLetter)) or 0


def wait_until(true: Callable[[], object], patience_s: float = 30) -> None:
    """Fail if it does not come true."""
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)
