"""The two steps of fire from afar as the repeller sees them, and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.repel.safety import Shot


@dataclass(frozen=True, slots=True)
class Asked:
    """The first step. ``genuine``: the signature is right."""

    wanted: Shot
    challenge: str
    genuine: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The second step, over the challenge of the first."""

    challenge: str
    genuine: bool


class FireLine(Protocol):
    """Where a person far away asks to fire; edge.repel.fire_desk is the real one."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def asked(self) -> Sequence[Asked | Confirmed]: ...
    def offer(self, challenge: str) -> None: ...
    def answer(self, challenge: str, words: str) -> None: ...
