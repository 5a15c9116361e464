"""What may differ from room to room, or from one kind of radar to another, in telling people from points."""

from typing import Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class PeopleSettings(Settings):
    """The ``[people]`` table. Every field has a value that serves; a box around the room keeps out mirror images."""

    dense: bool = False
    """The radar keeps what stands still (an IWR1843 without clutter removal gives 50-80 reflections a frame)."""
    x_m: tuple[float, float] | None = None
    """The room's left and right wall seen from the sensor, 0 below it; what lies behind a wall is its mirror image."""
    y_m: tuple[float, float] | None = None
    """The room's near and far wall, along the floor away from the sensor."""
    ceiling_m: float = Field(default=2.2, ge=1.8, le=4.0)
    """Nothing of a body is higher: an adult's head with the error of its elevation, and below the ceiling's image."""
    gate_m: float = Field(default=0.9, ge=0.4, le=1.5)
    """Along the floor, reflections this near to a body are its own: half of somebody who lies stretched out."""
    clutter_s: float = Field(default=120.0, ge=30.0)
    """What moves for so long without ever leaving its place, seen in most seconds, is a fan."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, span in (("x_m", self.x_m), ("y_m", self.y_m)):
            if span is not None and span[0] >= span[1]:
                raise ValueError(f"{name} must be [lower, higher]: swap the two")
        return self
