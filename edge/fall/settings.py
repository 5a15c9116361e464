"""Where the radar hangs, what counts as a fall, and how long the resident is asked."""

from typing import Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class MountSettings(Settings):
    """The ``[mount]`` table: a wall mount, as measured with a tape, not as the chip was configured.

    A wrong mount is the commonest reason for a blind fall detector: 1 degree is 9 cm of height at 5 m.
    """

    height_m: float = Field(default=1.8, ge=0.3, le=3.5)
    """Of the antenna above the floor."""
    tilt_deg: float = Field(default=10.0, ge=-10.0, le=45.0)
    """How far the antenna looks down; 0 is level."""


class FallSettings(Settings):
    """The ``[fall]`` table. Heights are the median height of the body's reflections above the floor.

    The values are one set for all sensors; they were chosen on a plateau (each may move by 20 % and more with
    the same result) of recordings of an IWRL6432 at 4 frames/s and an IWR6843 at 18 frames/s.
    """

    drop_m: float = Field(default=0.5, ge=0.2, le=1.5)
    """A standing body reflects around 1.0 m and a lying one around 0.2 m; sitting down is 0.3-0.4 m."""
    within_s: float = Field(default=2.5, ge=0.5, le=5.0)
    """A fall takes 0.5-1.5 s and a sparse cloud may miss 1 s of it; lying down to sleep takes longer."""
    floor_m: float = Field(default=0.5, ge=0.1, le=0.8)
    """At or below this the body is on the floor; from 0.6 m up, people who sit down are taken for fallen."""
    lying_m: float = Field(default=0.35, ge=0.1, le=0.8)
    """While it is held the body's middle height must be this low: a lying body's is 0.1-0.25 m, a crouching one's 0.4."""
    held_s: float = Field(default=1.0, ge=0.5, le=10.0)
    """Nothing of the body is seen higher for this long."""
    points_min: int = Field(default=6, ge=3, le=50)
    """Reflections near the floor that a fall needs; one fidget of a sitting person gives 3-5."""
    moved_max_m: float = Field(default=2.5, ge=0.5, le=5.0)
    """From where it was high to where it is low: further apart, they are two bodies or a mirror image."""
    standing_m: float = Field(default=0.8, ge=0.5, le=1.5)
    """At or above this the body is upright; between this and ``floor_m`` it sits, kneels or crawls."""
    upright_s: float = Field(default=2.0, ge=0.5, le=20.0)
    """Standing must last this long before a question is withdrawn: people try to rise and fall back."""
    near_m: float = Field(default=1.5, ge=0.5, le=3.0)
    """Only somebody upright this close to the place of the fall can be the one who fell."""
    forget_s: float = Field(default=3600.0, ge=60.0)
    """A confirmed fall without a seen recovery is left to people, and the device watches anew."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.standing_m <= self.floor_m + 0.1:
            raise ValueError("standing_m must be at least 0.1 m above floor_m: raise it or lower floor_m")
        return self


class AskSettings(Settings):
    """The ``[ask]`` table."""

    seconds: float = Field(default=60.0, ge=5.0, le=120.0)
    """How long the resident may answer (stand up, press the button) before people are told."""
    again_s: float = Field(default=15.0, ge=5.0, le=60.0)
    """The question is repeated: somebody dazed does not hear the first one."""
