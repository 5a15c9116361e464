"""The file of a home: one radar, one voice, perhaps one button."""

from pydantic import Field

from edge.fall.settings import AskSettings, FallSettings, MountSettings
from edge.sensors.ti_radar_settings import RadarSettings
from edge.settings import DeviceSettings
from edge.voice import VoiceSettings


class HomeSettings(DeviceSettings):
    """``home.toml``; the device's name tells the city which home it is."""

    radar: RadarSettings
    mount: MountSettings = Field(default_factory=MountSettings)
    fall: FallSettings = Field(default_factory=FallSettings)
    ask: AskSettings = Field(default_factory=AskSettings)
    voice: VoiceSettings = Field(default_factory=VoiceSettings)
    button_pin: int | None = Field(default=None, ge=0, le=27)
    """BCM number of a button to ground that says "I am all right"; left out, there is none."""
