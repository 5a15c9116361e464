"""What the repeller needs to know of one picture."""

from dataclasses import dataclass

from contract.ids import Ulid


@dataclass(frozen=True, slots=True)
class Scene:
    """One look at the field. ``at_s`` is the device's monotonic clock.

    ``count`` animals of ``species`` are in view now, ``visit`` is theirs; ``confirmed`` only after several
    pictures. ``eye_ok`` is false while the camera or the model cannot be trusted: then nothing else here can.
    """

    at_s: float
    visit: Ulid | None
    species: str | None
    count: int
    confirmed: bool
    person_in_view: bool
    eye_ok: bool
    bear_in_view: bool = False
    """Also beside monkeys, and also unconfirmed: noise may turn it on whoever is near."""
