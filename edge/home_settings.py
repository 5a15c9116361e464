"""The file of a home: one sensor, one voice, perhaps a button."""

from typing import Self

from pydantic import Field, model_validator

from edge.fall.answers import ListenSettings
from edge.fall.people_settings import PeopleSettings
from edge.fall.settings import AskSettings, FallSettings, MountSettings, SensorKind
from edge.fall.zones import ZoneSettings
from edge.sensors.depth.settings import DepthSettings
from edge.sensors.modules.settings import ModuleSettings
from edge.sensors.ti.settings import RadarSettings
from edge.settings import DeviceSettings
from edge.voice import VoiceSettings

CEILING_FROM_DEG = 60.0
"""A radar that looks down more steeply than this hangs below the ceiling."""


class HomeSettings(DeviceSettings):
    """``home.toml``; the device's name tells the city which home it is."""

    button_pin: int | None = Field(default=None, ge=0, le=27)
    """BCM number of a button to ground that says "I am all right"; left out, there is none."""
    light_pin: int | None = Field(default=None, ge=0, le=27)
    """BCM number of a lamp that blinks while the device asks; left out, there is none."""
    radar: RadarSettings | None = None
    module: ModuleSettings | None = None
    depth: DepthSettings | None = None
    mount: MountSettings = Field(default_factory=MountSettings)
    zones: list[ZoneSettings] = Field(default_factory=list)
    room: PeopleSettings = Field(default_factory=PeopleSettings)
    fall: FallSettings = Field(default_factory=FallSettings)
    ask: AskSettings = Field(default_factory=AskSettings)
    listen: ListenSettings = Field(default_factory=ListenSettings)
    voice: VoiceSettings = Field(default_factory=VoiceSettings)

    @model_validator(mode="after")
    def _one_sensor(self) -> Self:
        if sum(table is not None for table in (self.radar, self.module, self.depth)) != 1:
            raise ValueError("a home has one sensor: keep exactly one of [radar], [module], [depth]")
        return self

    @model_validator(mode="after")
    def _two_pins(self) -> Self:
        if self.button_pin is not None and self.button_pin == self.light_pin:
            raise ValueError("button_pin and light_pin must differ: give the lamp a pin of its own")
        return self

    @property
    def component(self) -> str:
        """The table of its sensor, which names it in faults and telemetry."""
        if self.depth is not None:
            return "depth"
        return "radar" if self.radar is not None else "module"

    @property
    def silent_after_s(self) -> float:
        """Its sensor's."""
        sensor = self.radar or self.module or self.depth
        assert sensor is not None  # noqa: S101 - the validator's promise, told to the type checker
        return sensor.silent_after_s

    @property
    def sensor_kind(self) -> SensorKind:
        """What decides where [fall] says nothing."""
        if self.depth is not None:
            return SensorKind.DEPTH
        if self.room.dense:
            return SensorKind.DENSE_RADAR
        ceiling = self.mount.tilt_deg >= CEILING_FROM_DEG
        return SensorKind.CEILING_RADAR if ceiling else SensorKind.WALL_RADAR
