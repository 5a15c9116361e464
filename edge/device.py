"""What the agent expects of the device it runs: a home or a field."""

from dataclasses import dataclass, field
from typing import Protocol

from contract.messages import Answered, EventBody, LiveField, LiveHome, MuteRepeller, Sample


@dataclass(slots=True)
class Outgoing:
    """What one step has to tell the city, oldest first; the agent stamps and stores it."""

    events: list[EventBody] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    live: LiveHome | LiveField | None = None


class Device(Protocol):
    """One home or one field: owns its sensors and outputs; called by one thread only."""

    kind: str

    def open(self) -> None:
        """Bring outputs to their safe state, then try the sensors; a missing sensor is a fault event."""
        ...

    def step(self, timeout_s: float) -> Outgoing:
        """Wait at most ``timeout_s`` for readings, decide, act; raises EOFError when a replay has ended."""
        ...

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        """Carry out a command that has not expired."""
        ...

    def faults(self) -> list[str]:
        """Codes of the faults that stand now."""
        ...

    def close(self) -> None:
        """Outputs off, sensors released; harmless when repeated."""
        ...
