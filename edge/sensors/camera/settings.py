"""The ``[camera]`` table of a field's file."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.configuration import Settings

URL_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")


class CameraSettings(Settings):
    """Where pictures come from, and when their absence or sameness is a fault.

    Every limit is below 30 s, so that a dead camera is reported within half a minute.
    """

    source: Annotated[int, Field(ge=0)] | str
    """V4L2 index (0) or node (/dev/video0), RTSP or HTTP address, a video file, or a folder of pictures."""
    follow: bool = False
    """The folder grows (a camera uploads into it): the newest complete picture wins, older ones are skipped."""
    rotate_deg: Literal[0, 90, 180, 270] = 0
    """Clockwise, for a camera mounted on its side or head."""
    period_s: float = Field(default=0.2, gt=0.0, le=10.0)
    """Between pictures of a folder that does not grow."""
    silent_after_s: float = Field(default=10.0, ge=1.0, le=25.0)
    frozen_after_s: float = Field(default=20.0, ge=2.0, le=25.0)
    """A running encoder repeats itself for a few seconds in a still night, never for this long."""
    garbage_after_s: float = Field(default=10.0, ge=1.0, le=25.0)

    @model_validator(mode="after")
    def _only_a_folder_can_be_followed(self) -> Self:
        if self.follow and (isinstance(self.source, int) or self.source.startswith(URL_SCHEMES)):
            raise ValueError("follow = true is for a folder: remove it, a live camera is always followed")
        return self

    @property
    def is_live(self) -> bool:
        """Whether the source is a running camera and not a file or folder."""
        if isinstance(self.source, int):
            return True
        return self.source.startswith((*URL_SCHEMES, "/dev/"))

    @property
    def path(self) -> Path:
        """The file or folder of a source that is not live."""
        return Path(str(self.source))
