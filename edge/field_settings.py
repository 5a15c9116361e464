"""The file of a field: one camera, one eye, one repeller."""

from pydantic import Field

from edge.repel.settings import RepelSettings
from edge.sensors.camera.settings import CameraSettings
from edge.settings import DeviceSettings
from edge.wildlife.settings import EyeSettings


class FieldSettings(DeviceSettings):
    """``field.toml``; the device's name tells the city which field it is."""

    camera: CameraSettings
    eye: EyeSettings
    repel: RepelSettings = Field(default_factory=RepelSettings)
    """Left out, the repeller is disarmed and has no outputs."""
