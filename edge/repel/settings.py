"""The ``[repel]`` table of a field's file: when it may fire, and where. What it fires is in output_settings."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator, model_validator

from contract.broker import BrokerSettings
from contract.configuration import Settings
from edge.repel.chooser_settings import ChooserSettings
from edge.repel.output_settings import MAX_ON_S, OutputSettings, check_apart

CONTROL = "control"
"""The arm of the trial in which nothing is switched on: without it "they left" proves nothing."""
NO_STIMULUS = "none"
"""What a vetoed attempt would have used is never chosen."""
REMOTE = "remote"
"""Stimulus of a shot that a person far away fired."""
PERSON_CLEAR_LEAST_S = 1.0
LOUD_FROM_M = 200.0
"""The distance from dwellings that Nagano's guideline and its cities ask of noise against animals."""


class HoursSettings(Settings):
    """Local time in which the outputs may be used; ``to = "00:00"`` is midnight at the day's end."""

    model_config = ConfigDict(populate_by_name=True)

    start: time = Field(default=time(7), alias="from")
    end: time = Field(default=time(19), alias="to")
    """Seven to seven is the narrowest that a Japanese town was found to ask for (Katsuura)."""

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


class PlaceSettings(Settings):
    """Where the field lies, for the sun; two decimals (1 km) are enough and say no more than they must."""

    latitude_deg: float = Field(ge=-66.0, le=66.0)
    longitude_deg: float = Field(ge=-180.0, le=180.0)


class RepelSettings(Settings):
    """When the repeller may fire, and what it then does."""

    armed: bool = False
    """A box fresh from the bench makes no noise until a technician has walked the site."""
    outputs: list[OutputSettings] = Field(default_factory=list)
    hours: HoursSettings = Field(default_factory=HoursSettings)
    timezone: str = "Asia/Tokyo"
    daylight_only: bool = True
    place: PlaceSettings | None = None
    dwelling_m: float | None = Field(default=None, gt=0)
    """Straight line from the loudest output to the nearest house in which somebody lives."""
    loud_from_m: float = Field(default=LOUD_FROM_M, ge=0)
    trust_unsynced_clock: bool = False
    """A Pi has no clock battery: until the time is set from outside, "06:00" may be the middle of the night."""
    gap_s: float = Field(default=120.0, ge=2.0)
    daily_dose: int = Field(default=12, ge=0, le=100)
    """Shots a local day: animals get used to what comes often, and neighbours do not."""
    person_clear_s: float = Field(default=30.0, ge=PERSON_CLEAR_LEAST_S)
    on_s: float = Field(default=2.0, gt=0, le=MAX_ON_S)
    gone_within_s: float = Field(default=60.0, gt=0)
    not_back_within_s: float = Field(default=600.0, gt=0)
    control_share: float = Field(default=0.2, ge=0.0, le=0.5)
    """Share of attempts in which nothing is switched on, to learn what the stimuli really do.

    The chooser lowers it as it remembers more of them."""
    stop_pin: int | None = Field(default=None, ge=0, le=27)
    """BCM number of the emergency stop: a contact to ground that opens when pressed, or when its wire breaks."""
    line: BrokerSettings = Field(default_factory=BrokerSettings)
    """The broker of boxes (``kind = "remote"``) and of remote fire; best one on the field's own network."""
    fire_key_file: Path | None = None
    """The secret shared with whoever may fire from afar, in two signed steps; left out, nobody may."""
    chooser: ChooserSettings = Field(default_factory=ChooserSettings)
    timeline_file: Path | None = None
    """For tests and demonstrations: every change of an output as a JSON line, written by the process that owns it."""

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

    def far_enough(self, output: OutputSettings) -> bool:
        """Whether the neighbours may be asked to bear this output: a quiet one always, a loud one from afar."""
        return not output.is_loud or (self.dwelling_m is not None and self.dwelling_m >= self.loud_from_m)

    @model_validator(mode="after")
    def _armed_knows_its_site(self) -> "RepelSettings":
        if not self.armed:
            return self
        if not self.outputs:
            raise ValueError("armed = true needs at least one [[repel.outputs]]")
        if self.daylight_only and self.place is None:
            raise ValueError(
                "armed = true needs place = { latitude_deg = .., longitude_deg = .. } to know when the sun is up"
            )
        if not any(self.far_enough(output) for output in self.outputs):
            raise ValueError(
                f"every output is loud, and houses nearer than {self.loud_from_m:g} m or at an unknown distance"
                " forbid those: set dwelling_m to the distance measured on a map, or add a quiet output"
            )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "RepelSettings":
        check_apart(self.outputs, self.stop_pin)
        longest_s = max((output.max_on_s for output in self.outputs), default=0.0)
        if self.gap_s < 2 * longest_s:
            raise ValueError(
                f"gap_s must be at least {2 * longest_s:g}: an output rests as long as it may be on ({longest_s:g} s)"
            )
        for output in self.outputs:
            if output.stimulus in {CONTROL, NO_STIMULUS}:
                raise ValueError(
                    f"stimulus {output.stimulus!r} means that nothing is switched on: name what the output does"
                )
            if output.stimulus == REMOTE:
                raise ValueError(
                    f"stimulus {REMOTE!r} means that a person fired from afar: name what the output does"
                )
        return self
