"""What may differ from room to room, or from one kind of radar to another, in telling people from points."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class Antenna(StrEnum):
    """Radars whose reflections scatter alike."""

    IWR6843 = "iwr6843"
    """Its azimuth jumps between two lobes half a metre apart at 3 m; also what serves an unknown radar."""
    IWRL6432 = "iwrl6432"
    """Reflections of one body lie within 0.3 m at 2 m; elevation comes in steps of 14 degrees."""
    IWR1843 = "iwr1843"
    """Keeps what stands still: 50-80 reflections a frame."""


GATES_M = {Antenna.IWR6843: 0.9, Antenna.IWRL6432: 0.5, Antenna.IWR1843: 0.9}
"""Middles of plateaus over the recordings of each: 0.75-1.0, 0.45-0.55 and 0.6-1.0 m."""


class PeopleSettings(Settings):
    """The ``[room]`` table. Every field has a value that serves; a box around the room keeps out mirror images."""

    antenna: Antenna = Antenna.IWR6843
    """Which radar it is, as far as telling people apart goes."""
    x_m: tuple[float, float] | None = None
    """The room's left and right wall seen from the sensor, 0 below it; what lies behind a wall is its mirror image."""
    y_m: tuple[float, float] | None = None
    """The room's near and far wall, along the floor away from the sensor."""
    ceiling_m: float = Field(default=2.2, ge=1.8, le=4.0)
    """Nothing of a body is higher: an adult's head with the error of its elevation, and below the ceiling's image."""
    gate_m: float | None = Field(default=None, ge=0.4, le=1.5)
    """Along the floor, reflections this near to a body are its own; left out, the antenna's."""
    clutter_s: float = Field(default=120.0, ge=30.0)
    """What moves for so long without ever leaving its place, seen in most seconds, is a fan."""

    @property
    def dense(self) -> bool:
        """Whether what stands still is reflected too."""
        return self.antenna is Antenna.IWR1843

    @property
    def own_m(self) -> float:
        """``gate_m``, or the antenna's."""
        return GATES_M[self.antenna] if self.gate_m is None else self.gate_m

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, span in (("x_m", self.x_m), ("y_m", self.y_m)):
            if span is not None and span[0] >= span[1]:
                raise ValueError(f"{name} must be [lower, higher]: swap the two")
        return self
