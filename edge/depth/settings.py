"""How a depth camera may hang."""

from typing import Self

from pydantic import Field, model_validator

from contract.configuration import Settings

Range = tuple[float, float]


class DepthPeopleSettings(Settings):
    """What is known of the mount before the floor has been seen; the camera finds the rest itself.

    The defaults take any shelf and wall. A camera below the ceiling needs ``tilt_deg = [60.0, 100.0]``: to a camera, a
    wall straight ahead is a floor straight below. A narrow ``height_m`` keeps a bed from being taken for the floor where
    the floor is hardly seen.
    """

    height_m: Range = (0.4, 3.5)
    """Least and most height of the lens above the floor."""
    tilt_deg: Range = (-15.0, 60.0)
    """Least and most that it looks down; 0 is level, 90 straight down."""
    roll_max_deg: float = Field(default=15.0, ge=0.0, le=45.0)
    """Most that it leans to a side."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for key, (low, high) in (("height_m", self.height_m), ("tilt_deg", self.tilt_deg)):
            if low > high:
                raise ValueError(f"{key} = [{low}, {high}] is empty: write the smaller number first")
        return self
