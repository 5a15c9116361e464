"""The boundary between escalation and the services that reach people."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is to be told by one service.

    It carries no name and no address of a resident: ``number`` and a link are all a service may show.
    ``purpose``: fall, answered, sighting, fault. ``facts`` are public words for the text (species,
    count, area, direction codes). ``address`` is the recipient's own (LINE user id, mail, URL).
    """

    purpose: str
    alert_id: str
    number: str
    step: int
    person_id: str
    locale: str
    service: str
    address: str = field(repr=False)
    retry_key: str
    facts: dict[str, str] = field(default_factory=dict)


class Result(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    """Try again later with the same retry key: time-out, 5xx, rate limit."""
    REFUSED = "refused"
    """Never try this again: bad address, quota spent, revoked token."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Result of one try, with a reason that holds no personal data."""

    result: Result
    reason: str = ""


class Notifier(Protocol):
    """Sends notices. A service that answers 'accepted' has not shown it to anybody yet."""

    def send(self, notice: Notice) -> Delivery:
        """One try, bounded in time; never raises for what a network or a service does."""
        ...
