"""The ``[repel]`` table of a field's file."""

from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator, model_validator

from contract.configuration import Settings

CONTROL = "control"
"""The arm of the trial in which nothing is switched on: without it "they left" proves nothing."""
NO_STIMULUS = "none"
"""What a vetoed attempt would have used is never chosen."""
MAX_ON_S = 10.0
"""Longer is a siren; city rules ask for the minimum period (docs of Ibara, Nagano and others on noise)."""

CodeWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]


class OutputSettings(Settings):
    """One ``[[repel.outputs]]``: a horn, a strobe or a valve behind a relay."""

    name: CodeWord
    stimulus: CodeWord
    """What the animals notice: horn, strobe...; outputs of the same stimulus fire together."""
    pin: int = Field(ge=0, le=27)
    """BCM number, as gpiozero counts."""
    active_high: bool = True
    max_on_s: float = Field(default=3.0, gt=0, le=MAX_ON_S)
    """Enforced by the process that owns the pin, whatever it is asked for."""

    @field_validator("stimulus")
    @classmethod
    def _reserved(cls, word: str) -> str:
        if word in {CONTROL, NO_STIMULUS}:
            raise ValueError(f"{word!r} means that nothing is switched on: name what the output does")
        return word


class HoursSettings(Settings):
    """Local time in which the outputs may be used; ``to = "00:00"`` is midnight at the day's end."""

    model_config = ConfigDict(populate_by_name=True)

    start: time = Field(default=time(6), alias="from")
    end: time = Field(default=time(18), alias="to")

    @model_validator(mode="after")
    def _forwards(self) -> "HoursSettings":
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError(
                'write local times without a zone, such as "06:00"; the zone is [repel] timezone'
            )
        if self.end != time(0) and self.end <= self.start:
            raise ValueError(
                '"to" must be later than "from": a repeller that works through the night is refused'
            )
        return self

    def hold(self, at: time) -> bool:
        """Whether ``at`` (local) is inside."""
        return self.start <= at and (self.end == time(0) or at < self.end)


class RepelSettings(Settings):
    """When the repeller may fire, and what it then does."""

    armed: bool = False
    """A box fresh from the bench makes no noise until a technician has walked the site."""
    outputs: list[OutputSettings] = Field(default_factory=list)
    hours: HoursSettings = Field(default_factory=HoursSettings)
    timezone: str = "Asia/Tokyo"
    trust_unsynced_clock: bool = False
    """A Pi has no clock battery: until the time is set from outside, "06:00" may be the middle of the night."""
    gap_s: float = Field(default=120.0, ge=2.0)
    daily_dose: int = Field(default=12, ge=0, le=100)
    """Shots a local day: animals get used to what comes often, and neighbours do not."""
    person_clear_s: float = Field(default=30.0, ge=1.0)
    on_s: float = Field(default=2.0, gt=0, le=MAX_ON_S)
    gone_within_s: float = Field(default=60.0, gt=0)
    not_back_within_s: float = Field(default=600.0, gt=0)
    control_share: float = Field(default=0.2, ge=0.0, le=0.5)
    """Share of attempts in which nothing is switched on, to learn what the stimuli really do."""
    timeline_file: Path | None = None
    """For tests and demonstrations: every pin change as a JSON line, written by the pins' own process."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"{name!r} is no time zone of this machine: use one such as Asia/Tokyo, or install tzdata"
            ) from error
        return name

    @model_validator(mode="after")
    def _fits_together(self) -> "RepelSettings":
        if self.armed and not self.outputs:
            raise ValueError("armed = true needs at least one [[repel.outputs]]")
        names = [output.name for output in self.outputs]
        if len(set(names)) != len(names):
            raise ValueError("two outputs have the same name: give each its own")
        pins = [output.pin for output in self.outputs]
        if len(set(pins)) != len(pins):
            raise ValueError("two outputs share a pin: one relay, one pin")
        longest_s = max((output.max_on_s for output in self.outputs), default=0.0)
        if self.gap_s < 2 * longest_s:
            raise ValueError(
                f"gap_s must be at least {2 * longest_s:g}: an output rests as long as it may be on ({longest_s:g} s)"
            )
        return self
