"""Looks at a running demo from outside: the wire, the database, the fake city, the pins' own record."""

import time
from collections.abc import Callable, Sequence
from typing import Self

from cli.demo.site import FIELD_DEVICE, HOME_DEVICE, Site
from cli.demo.stages import Seen
from cli.listening import Listener
from contract.broker import BrokerSettings
from contract.messages import Live, NotOfTheContractError
from contract.schema import decode_lane
from contract.topics import Lane, every_device, parse
from gateway.alerts import records
from gateway.alerts.records import AlertHistory
from gateway.database.session import Database
from simulators.city.timeline import Arrival

LIVES_KEPT = 20_000


class Observer:
    """``look`` brings ``seen`` up to date; used in a ``with``, by one thread."""

    def __init__(self, site: Site, database: Database, arrivals: Callable[[], Sequence[Arrival]]) -> None:
        self._database = database
        self._arrivals = arrivals
        self._listener = Listener(BrokerSettings(port=site.broker_port), [every_device(Lane.LIVE)])
        self.seen = Seen(pins_file=site.timeline)

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.__exit__(None, None, None)

    def look(self) -> Seen:
        """What has happened by now."""
        for heard in self._listener.drain():
            self._take(heard.topic, heard.payload)
        self.seen.arrivals = self._arrivals()
        with self._database.read() as session:
            for alert in reversed(records.recent_alerts(session)):
                if alert.kind == "fall" and alert.device_id == HOME_DEVICE:
                    self.seen.fall = self._first(self.seen.fall, records.alert(session, alert.id))
                if alert.kind == "sighting" and alert.device_id == FIELD_DEVICE:
                    self.seen.visit_alert = self._first(
                        self.seen.visit_alert, records.alert(session, alert.id)
                    )
            if self.seen.visit_alert is not None:
                self.seen.visit = records.visit(session, self.seen.visit_alert.alert.id)
        return self.seen

    def _take(self, name: str, payload: bytes) -> None:
        try:
            live = decode_lane(payload, parse(name).lane)
        except (NotOfTheContractError, ValueError):
            return
        if isinstance(live, Live) and len(self.seen.lives) < LIVES_KEPT:
            self.seen.lives.append((time.time_ns() // 1_000_000, live))

    @staticmethod
    def _first(known: AlertHistory | None, found: AlertHistory) -> AlertHistory:
        """The story is that of the first alert; a later one belongs to its repetition."""
        return found if known is None or known.alert.id == found.alert.id else known
