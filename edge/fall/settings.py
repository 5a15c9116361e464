"""Where the sensor hangs, what counts as a fall, and how long the resident is asked."""

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from contract.configuration import Settings


class MountSettings(Settings):
    """The ``[mount]`` table: as measured with a tape or by calibration, not as the chip was configured.

    A wrong mount is the commonest reason for a blind fall detector: 1 degree is 9 cm of height at 5 m.
    """

    height_m: float = Field(default=1.8, ge=0.3, le=3.5)
    """Of the antenna above the floor."""
    tilt_deg: float = Field(default=10.0, ge=-10.0, le=90.0)
    """How far the antenna looks down; 0 is level, 90 hangs below the ceiling."""


class SensorKind(StrEnum):
    """Sensors that see a body alike, so that one set of values serves them."""

    WALL_RADAR = "wall_radar"
    """A moving-target radar on a wall: IWR6843, IWRL6432."""
    CEILING_RADAR = "ceiling_radar"
    """The same below the ceiling."""
    DENSE_RADAR = "dense_radar"
    """A radar that keeps what stands still, tens of reflections a frame: IWR1843."""
    DEPTH = "depth"
    """A depth camera: the middle height of a person's whole outline."""


Sensitivity = Literal["low", "normal", "high"]

FACTORS: dict[str, dict[str, float]] = {
    "low": {"drop_m": 1.15, "held_s": 1.5, "points_min": 1.5, "slow_held_s": 1.5, "long_lie_s": 1.5},
    "normal": {},
    "high": {"drop_m": 0.85, "points_min": 0.75, "slow_held_s": 0.75, "long_lie_s": 0.75},
}
"""What a sensitivity multiplies; each stays on the plateau on which the values were chosen."""


class FallSettings(Settings):
    """The ``[fall]`` table. Heights are the median height of the body's reflections above the floor.

    What is left out follows the kind of the sensor (``for_sensor``). The defaults are a wall radar's; they were
    chosen on a plateau (each may move by 20 % and more with the same result) of recordings of an IWRL6432 at 4 frames/s
    and an IWR6843 at 18 frames/s.
    """

    sensitivity: Sensitivity = "normal"
    """Multiplies some of the values below; nothing but this file changes it."""
    drop_m: float = Field(default=0.5, ge=0.2, le=1.5)
    """A standing body reflects around 1.0 m and a lying one around 0.2 m; sitting down is 0.3-0.4 m."""
    within_s: float = Field(default=2.5, ge=0.5, le=5.0)
    """A fall takes 0.5-1.5 s and a sparse cloud may miss 1 s of it; lying down to sleep takes longer."""
    floor_m: float = Field(default=0.5, ge=0.1, le=0.8)
    """At or below this the body is on the floor; from 0.6 m up, people who sit down are taken for fallen."""
    lying_m: float = Field(default=0.35, ge=0.1, le=0.8)
    """While it is held the body's middle height must be this low: a lying body's is 0.1-0.25 m, a crouching one's 0.4."""
    top_lying_m: float | None = Field(default=None, ge=0.2, le=1.5)
    """... and its top this low; None asks nothing, for a radar that sees tops only by chance."""
    quick_m: float = Field(default=0.0, ge=0.0, le=3.0)
    """What the middle came down, plus a second of how fast the top came down in its fastest half second; 0 asks nothing.

    Whoever lies down at will, on however low a bed, lets the top down slowly; a floor taken for higher or lower than it
    is changes neither number.
    """
    held_s: float = Field(default=1.0, ge=0.3, le=10.0)
    """Nothing of the body is seen higher for this long."""
    points_min: int = Field(default=6, ge=1, le=50)
    """Reflections near the floor that a fall needs; one fidget of a sitting person gives 3-5."""
    moved_max_m: float = Field(default=2.5, ge=0.5, le=5.0)
    """From where it was high to where it is low: further apart, they are two bodies or a mirror image."""
    standing_m: float = Field(default=0.8, ge=0.5, le=1.5)
    """At or above this the body is upright; between this and ``floor_m`` it sits, kneels or crawls."""
    upright_m: float = Field(default=1.0, ge=0.7, le=1.4)
    """What an upright body's middle height should be; one that measures more raises the floor's bounds with it."""
    shift_max_m: float = Field(default=0.2, ge=0.0, le=0.4)
    """At most so far: a mount entered 20 cm too high costs little then, a raised arm raises nothing further."""
    score_min: float = Field(default=2.5, ge=-5.0, le=15.0)
    """Log odds of the scorer, where there is one, from which a body that came down is held to have fallen."""
    score_quick: float = Field(default=2.0, ge=-5.0, le=15.0)
    """... and for one that has just come down as fast as a fall."""
    score_least: float = Field(default=1.0, ge=-15.0, le=15.0)
    """... and below which what the rules found is not believed."""
    score_lies: float = Field(default=1.0, ge=-15.0, le=15.0)
    """... and of the second scorer, from which somebody who came down slowly is held to lie there, not to sit."""
    sits_max: float = Field(default=-2.0, ge=-20.0, le=5.0)
    """Log odds of having fallen up to which who does not answer, but sits there and is busy, is asked again later."""
    upright_s: float = Field(default=2.0, ge=0.5, le=20.0)
    """Standing must last this long before a question is withdrawn: people try to rise and fall back."""
    near_m: float = Field(default=1.5, ge=0.5, le=3.0)
    """Only somebody upright this close to the place of the fall can be the one who fell."""
    slow_within_s: float = Field(default=30.0, ge=5.0, le=120.0)
    """Upright so shortly before lying on the floor outside every zone: slid down, not gone to bed."""
    slow_held_s: float = Field(default=20.0, ge=3.0, le=300.0)
    """... and lying there for this long; also beside the bed, for somebody who slid out of it."""
    long_lie_s: float = Field(default=180.0, ge=10.0, le=3600.0)
    """Lying on the floor outside every zone for this long is asked about however it began."""
    person_m: float = Field(default=0.25, ge=0.0, le=1.0)
    """What was never seen upright and is smaller than this along the floor is a pet."""
    pets: bool = False
    """A dog or cat lives here: what was never seen upright is held to be it, however long it lies."""
    bath_max_s: float = Field(default=2700.0, ge=300.0, le=14400.0)
    """In the bath zone for longer than this is asked about."""
    forget_s: float = Field(default=3600.0, ge=60.0)
    """A confirmed fall without a seen recovery is left to people, and the device watches anew."""
    questions_max: int = Field(default=8, ge=1, le=1000)
    """Needless questions in 30 days; more of them are a fault for the technician, and change nothing else."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.standing_m <= self.floor_m + 0.1:
            raise ValueError("standing_m must be at least 0.1 m above floor_m: raise it or lower floor_m")
        return self

    def for_sensor(self, kind: SensorKind) -> "FallSettings":
        """These values, the kind's where the file says nothing, times the sensitivity's factors."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        chosen: dict[str, Any] = {**PRESETS[kind], **given}
        whole = FallSettings.model_validate(chosen)
        factors = {
            name: _times(getattr(whole, name), factor)
            for name, factor in FACTORS[self.sensitivity].items()
            if name not in given
        }
        return whole.model_copy(update=factors)


def _times(value: float, factor: float) -> float:
    return max(1, round(value * factor)) if isinstance(value, int) else value * factor


PRESETS: dict[SensorKind, dict[str, Any]] = {
    SensorKind.WALL_RADAR: {},
    SensorKind.CEILING_RADAR: {},
    SensorKind.DENSE_RADAR: {"points_min": 20, "person_m": 0.1},
    SensorKind.DEPTH: {
        "drop_m": 0.4, "within_s": 1.75, "floor_m": 0.43, "lying_m": 0.43, "held_s": 0.5, "points_min": 3,
        "top_lying_m": 0.66, "quick_m": 1.7, "shift_max_m": 0.0,
        "standing_m": 0.7, "upright_m": 0.93,
    },
}  # fmt: skip
"""Where a kind differs from a wall radar: one set for all recordings of a kind."""


class AskSettings(Settings):
    """The ``[ask]`` table."""

    seconds: float = Field(default=60.0, ge=5.0, le=120.0)
    """How long the resident may answer (stand up, press the button) before people are told."""
    again_s: float = Field(default=15.0, ge=5.0, le=60.0)
    """The question is repeated: somebody dazed does not hear the first one."""
