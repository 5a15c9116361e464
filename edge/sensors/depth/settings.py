"""The ``[depth]`` table of a home's file."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.configuration import Settings
from edge.depth.settings import DepthPeopleSettings

Kind = Literal["openni", "v4l2", "realsense", "oak", "folder"]
Pixels = Annotated[float, Field(gt=0.0, le=10000.0)]

LENS_UNKNOWN: frozenset[Kind] = frozenset({"v4l2", "folder"})
"""Sources that do not say how their lens draws."""


class DepthSettings(Settings):
    """Which depth camera, and how its counts become millimetres."""

    kind: Kind
    source: Annotated[int, Field(ge=0)] | str = 0
    """V4L2 or OpenNI2 index, V4L2 node, serial number of a RealSense or OAK (0: the first found), or a folder of PNG."""
    width: int = Field(default=640, ge=80, le=1920)
    height: int = Field(default=480, ge=60, le=1200)
    frames_per_s: float = Field(default=15.0, ge=1.0, le=60.0)
    """At most so many are looked at; what comes between is skipped. A fall takes 0.5 s."""
    scale_mm: float | None = Field(default=None, gt=0.0, le=100.0)
    """Millimetres that one count stands for, where the source does not say; else 1. A recording in which 65535 stands
    for 6000 mm has 6000 / 65535 = 0.0915541."""
    focal_px: Pixels | tuple[Pixels, Pixels] | None = None
    """Focal length in pixels of the picture as it comes; where neither this nor the source says, a view 57 degrees wide."""
    centre_px: tuple[float, float] | None = None
    """Where the lens looks, from the top left; left out, the middle."""
    silent_after_s: float = Field(default=10.0, ge=1.0, le=25.0)
    mount: DepthPeopleSettings = Field(default_factory=DepthPeopleSettings)

    @model_validator(mode="after")
    def _source_fits(self) -> Self:
        if self.kind == "folder" and isinstance(self.source, int):
            raise ValueError(
                'source must be the folder\'s path for kind = "folder": write source = "/path/to/pictures"'
            )
        if self.kind == "openni" and not isinstance(self.source, int):
            raise ValueError('source must be a number for kind = "openni": write 0 for the first camera')
        return self

    @property
    def folder(self) -> Path:
        """The folder of kind "folder"."""
        return Path(str(self.source))
