"""Commands: rows that others write, published to their device until the broker has them or they expire."""

import logging
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import select, update

from contract.topics import QOS, Lane, topic
from gateway.database.session import Database
from gateway.database.tables import Command

log = logging.getLogger(__name__)

AT_ONCE_MAX = 100


class Handover(Protocol):
    """A message on its way to the broker."""

    def is_published(self) -> bool:
        """Whether the broker has acknowledged it; raises RuntimeError or ValueError if it never will."""
        ...


Publish = Callable[[str, bytes, int], Handover | None]
"""(topic, payload, qos) -> the handover, or None without a connection."""


class Commands:
    """Publishes what waits; a device that gets a command twice knows it by its id."""

    def __init__(self, database: Database, publish: Publish, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._publish = publish
        self._now_ms = now_ms
        self._handed_over: dict[str, Handover] = {}
        self.sent = 0

    def turn(self) -> None:
        """Mark what the broker has taken, publish what is new; raises DatabaseUnavailableError."""
        self._mark_sent()
        with self._database.read() as session:
            query = select(Command.id, Command.device_id, Command.payload).where(
                Command.sent_ms.is_(None), Command.expires_ms > self._now_ms()
            )
            waiting = session.execute(query.order_by(Command.id).limit(AT_ONCE_MAX)).all()
        for command_id, device, payload in waiting:
            if command_id in self._handed_over:
                continue
            handover = self._publish(topic(device, Lane.COMMAND), payload, QOS[Lane.COMMAND])
            if handover is not None:
                self._handed_over[command_id] = handover

    def _mark_sent(self) -> None:
        taken = [command_id for command_id, handover in self._handed_over.items() if self._taken(handover)]
        if taken:
            with self._database.write() as session:
                session.execute(update(Command).where(Command.id.in_(taken)).values(sent_ms=self._now_ms()))
            self.sent += len(taken)
        lost = [command_id for command_id, handover in self._handed_over.items() if _lost(handover)]
        for command_id in (*taken, *lost):
            self._handed_over.pop(command_id, None)

    def _taken(self, handover: Handover) -> bool:
        return not _lost(handover) and handover.is_published()


def _lost(handover: Handover) -> bool:
    try:
        handover.is_published()
    except (RuntimeError, ValueError):
        return True
    return False
