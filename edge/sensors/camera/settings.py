"""The ``[camera]`` table of a field's file."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from contract.configuration import Settings

URL_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")


class DayHours(Settings):
    """Local time in which a dark picture is a fault even of a camera without infrared light."""

    model_config = ConfigDict(populate_by_name=True)

    start: time = Field(default=time(8), alias="from")
    end: time = Field(default=time(15), alias="to")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end <= self.start:
            raise ValueError('"to" must be later than "from": give the hours in which it is surely light')
        return self

    def hold(self, at: time) -> bool:
        """Whether ``at`` (local) is inside."""
        return self.start <= at < self.end


class CameraSettings(Settings):
    """Where pictures come from, and when their absence or sameness is a fault.

    Every limit is below 30 s, so that a dead camera is reported within half a minute.
    """

    source: Annotated[int, Field(ge=0)] | str | None = None
    """V4L2 index (0) or node (/dev/video0), RTSP or HTTP address, a video file, or a folder of pictures."""
    command: tuple[str, ...] = ()
    """Instead of a source: program and arguments that write JPEG after JPEG, as rpicam-vid does for a CSI camera."""
    size_px: tuple[Annotated[int, Field(ge=160)], Annotated[int, Field(ge=120)]] | None = None
    """Width and height asked of a V4L2 camera; unset, what it gives by itself."""
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
    dark_after_s: float = Field(default=20.0, ge=2.0, le=25.0)
    covered_after_s: float = Field(default=20.0, ge=2.0, le=25.0)
    moved_after_s: float = Field(default=20.0, ge=2.0, le=25.0)
    day: DayHours = Field(default_factory=DayHours)
    sees_at_night: bool = False
    """The camera has infrared light: then darkness is a fault at any hour, else only by day."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.source is None) == (not self.command):
            raise ValueError("give source or command, one of them: where the pictures come from")
        return self

    @model_validator(mode="after")
    def _only_a_folder_can_be_followed(self) -> Self:
        if self.follow and self.is_live:
            raise ValueError("follow = true is for a folder: remove it, a live camera is always followed")
        return self

    @property
    def is_live(self) -> bool:
        """Whether the source is a running camera and not a file or folder."""
        if self.source is None or isinstance(self.source, int):
            return True
        return self.source.startswith((*URL_SCHEMES, "/dev/"))

    @property
    def path(self) -> Path:
        """The file or folder of a source that is not live."""
        return Path(str(self.source))
