"""What of one lane of the outbox is in the air: sent, and not yet named by a receipt."""

from dataclasses import dataclass, field

import paho.mqtt.client as mqtt

RESEND_FIRST_S = 5.0
RESEND_LAST_S = 300.0
"""A gateway away for a day must not find a hundred copies of each event in its broker's queue."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One row in the air."""

    at_s: float
    info: mqtt.MQTTMessageInfo

    def held(self, now_s: float) -> bool:
        """Whether paho still waits for the PUBACK, and will send it again by itself after a reconnect.

        After RESEND_LAST_S paho is no longer trusted with it: an event must not hang on another's memory.
        """
        if now_s - self.at_s > RESEND_LAST_S:
            return False
        try:
            return not self.info.is_published()
        except (RuntimeError, ValueError):
            return False  # paho speaks of an error and cannot say: sending twice is harmless, never is not


@dataclass(slots=True)
class Window:
    """What of one lane has been sent and not yet been named by a receipt."""

    size: int
    cursor: int = 0
    sent: dict[str, Sent] = field(default_factory=dict)
    resend_s: float = RESEND_FIRST_S

    def overdue(self, now_s: float) -> bool:
        """Whether a row that paho has let go has waited too long for its receipt."""
        return any(now_s - sent.at_s > self.resend_s and not sent.held(now_s) for sent in self.sent.values())

    def reopen(self, now_s: float) -> None:
        """Send again what has no receipt, but for the rows that paho holds."""
        self.sent = {row_id: sent for row_id, sent in self.sent.items() if sent.held(now_s)}
        self.cursor = 0
