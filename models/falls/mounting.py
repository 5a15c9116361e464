"""The mount of one recording, measured from its own walks by the shipped calibration; labels play no part."""

from edge.fall.calibration import measure_frames
from edge.fall.mount_fit import CalibrationError
from edge.fall.settings import MountSettings
from edge.sensors.readings import PointCloud
from models.falls.recording import Recording


def measured_mount(recording: Recording) -> tuple[MountSettings | None, str]:
    """The mount, None where the calibration refuses; the second value says how sure, or why not."""
    clouds = (reading for reading in recording.readings() if isinstance(reading, PointCloud))
    try:
        found = measure_frames((cloud.at_s, cloud.points) for cloud in clouds)
        mount = found.mount()
    except CalibrationError as refused:
        return None, f"{refused}"
    return mount, (
        f"measured from its own {found.walks} walks: {found.height_m:.2f} +- {found.height_sd_m:.2f} m,"
        f" {found.tilt_deg:.1f} +- {found.tilt_sd_deg:.1f} deg"
    )
