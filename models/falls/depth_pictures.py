"""A folder of 16-bit depth pictures (PNG), perhaps with ``camera.toml``: one recording, read picture by picture."""

from collections.abc import Iterator
from pathlib import Path

from edge.clock import ManualClock
from edge.sensors.depth.files import DepthNotes
from edge.sensors.depth.sensor import FOLDER_PERIOD_S, DepthFolder
from edge.sensors.depth.settings import DepthSettings
from edge.sensors.readings import DepthFrame, SensorLostError
from models.falls.recording import DataError, Kind, Recording

PICTURES_MIN = 15
"""A second: fewer are stills, and say nothing over time."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _COLOUR = 24, 25
"""Where a PNG's header keeps its bits a sample, and 0 for grey."""


def is_depth_picture(head: bytes) -> bool:
    """Whether a file that begins so is a 16-bit grey PNG."""
    return head.startswith(_SIGNATURE) and len(head) > _COLOUR and (head[_BITS], head[_COLOUR]) == (16, 0)


def read_depth_pictures(folder: Path, name: str) -> list[Recording]:
    """The folder's recording; raises DataError for stills and for notes that are no use."""
    count = sum(path.suffix.lower() == ".png" for path in folder.iterdir())
    if count < PICTURES_MIN:
        raise DataError(f"{folder}: {count} depth pictures are stills: {PICTURES_MIN} in a row are needed")
    try:
        period_s = DepthNotes.of(folder).period_s or FOLDER_PERIOD_S
    except SensorLostError as error:
        raise DataError(f"{error}") from error
    recording = Recording(
        name=name,
        file=name,
        kind=Kind.DEPTH,
        duration_s=count * period_s,
        readings=lambda: _frames(folder),
        unit=name,
    )
    return [recording]


def _frames(folder: Path) -> Iterator[DepthFrame]:
    source = DepthFolder(DepthSettings(kind="folder", source=str(folder)), ManualClock(0))
    source.open()
    try:
        while True:
            yield from source.read(0.0)
    except EOFError:
        return
    finally:
        source.close()
