"""The mount of one recording, measured from its own walks by the shipped calibration; labels play no part."""

from edge.fall.calibration import Measured, measure_frames
from edge.fall.mount_fit import CalibrationError
from edge.fall.settings import MountSettings
from edge.sensors.readings import PointCloud
from models.falls.recording import Recording


def measured_mount(recording: Recording, level_deg: float) -> tuple[MountSettings | None, str]:
    """The mount, None where the calibration refuses; the second value says how sure, or why not.

    Walks that do not tell a tilt may still tell the height at the kind's, ``level_deg``.
    """
    clouds = [reading for reading in recording.readings() if isinstance(reading, PointCloud)]
    frames = [(cloud.at_s, cloud.points) for cloud in clouds]
    try:
        found = measure_frames(frames)
        return found.mount(), _words(found)
    except CalibrationError as refused:
        why = f"{refused}"
    try:
        found = measure_frames(frames, level_deg=level_deg)
        return found.mount(), f"{_words(found)}, the tilt being the kind's"
    except CalibrationError:
        return None, why


def _words(found: Measured) -> str:
    return (
        f"measured from its own {found.walks} walks: {found.height_m:.2f} +- {found.height_sd_m:.2f} m,"
        f" {found.tilt_deg:.1f} +- {found.tilt_sd_deg:.1f} deg"
    )
