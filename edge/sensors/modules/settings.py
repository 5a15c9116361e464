"""The table [module] of a home's file: a ready-made radar module on one serial port."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class ModuleKind(StrEnum):
    """Which module, hence which bytes; boards of one look carry different firmware."""

    LD6002 = "ld6002"
    """HLK-LD6002: breathing and heart of one still person."""
    LD6002B = "ld6002b"
    """HLK-LD6002B: presence, targets and points in three dimensions."""
    LD6002C = "ld6002c"
    """HLK-LD6002C: falls, from the ceiling."""
    MR60FDA2 = "mr60fda2"
    """Seeed MR60FDA2: falls, from the ceiling; the LD6002C's protocol."""
    MR60BHA2 = "mr60bha2"
    """Seeed MR60BHA2: breathing, heart, targets in two dimensions."""
    MR60FDA1 = "mr60fda1"
    """Seeed MR60FDA1: falls; an older protocol of its own."""
    LD2410 = "ld2410"
    """HLK-LD2410: presence and distance; no falls."""
    LD2450 = "ld2450"
    """HLK-LD2450: up to three targets in two dimensions; no falls."""


BAUD = {ModuleKind.LD2410: 256_000, ModuleKind.LD2450: 256_000}
"""As shipped; all others talk at 115200."""
FALL_KINDS = frozenset({ModuleKind.LD6002C, ModuleKind.MR60FDA2})
"""Those whose firmware looks for falls itself and takes settings for it."""


class AlarmArea(Settings):
    """Where on the floor a fall counts, from the spot below the module, in m.

    As shipped it is 0.5 m each way: somebody who falls 1 m away is not seen.
    """

    left_m: float = Field(default=1.5, ge=0.3, le=1.5)
    right_m: float = Field(default=1.5, ge=0.3, le=1.5)
    front_m: float = Field(default=1.5, ge=0.3, le=1.5)
    back_m: float = Field(default=1.5, ge=0.3, le=1.5)


class ModuleSettings(Settings):
    """What is left out stays as the module has it; what is set is sent at each opening, and read back."""

    kind: ModuleKind
    port: Annotated[str, Field(min_length=1)]
    baud: Annotated[int, Field(gt=0)] | None = None
    """Left out: what this kind is shipped with."""
    silent_after_s: Annotated[float, Field(gt=0.0)] = 10.0
    """An open port without a frame for this long is a fault."""

    install_height_m: float | None = Field(default=None, ge=1.0, le=5.0)
    """ld6002c, mr60fda2: of the module above the floor; its maker says 2.4 to 3.0 m."""
    fall_threshold_m: float | None = Field(default=None, ge=0.0, le=1.5)
    """ld6002c, mr60fda2: a body below this height has fallen."""
    sensitivity: int | None = Field(default=None, ge=3, le=30)
    """ld6002c, mr60fda2: frames averaged; 3 answers in 3-8 s, 30 in 30-45 s with fewer false alarms."""
    alarm_area: AlarmArea | None = None
    """ld6002c, mr60fda2."""
    points: bool | None = None
    """ld6002b: its own point cloud beside the targets."""
    engineering: bool | None = None
    """ld2410: energies of each range gate beside the verdict."""
    multi_target: bool | None = None
    """ld2450: up to three targets, or one."""

    @property
    def baud_or_shipped(self) -> int:
        """The line's speed."""
        return self.baud or BAUD.get(self.kind, 115_200)

    @model_validator(mode="after")
    def _of_this_kind(self) -> Self:
        owners = {
            "install_height_m": FALL_KINDS,
            "fall_threshold_m": FALL_KINDS,
            "sensitivity": FALL_KINDS,
            "alarm_area": FALL_KINDS,
            "points": {ModuleKind.LD6002B},
            "engineering": {ModuleKind.LD2410},
            "multi_target": {ModuleKind.LD2450},
        }
        for name, kinds in owners.items():
            if getattr(self, name) is not None and self.kind not in kinds:
                raise ValueError(
                    f"{name} is not for a {self.kind}: remove it (only {', '.join(sorted(kinds))} takes it)"
                )
        return self
