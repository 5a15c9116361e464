"""One mount and one set of settings for each kind of recording, for all recordings of the kind, with where it comes from.

No recording states its mount rightly (the chirp files beside them contradict the walks in them), so a kind's mount is an
estimate from the recordings themselves. A home's mount is measured; ``notes.json`` beside own recordings gives theirs.
"""

from dataclasses import dataclass, field
from types import MappingProxyType

from edge.fall.settings import FallSettings, MountSettings
from models.falls.recording import Kind


@dataclass(frozen=True, slots=True)
class Setup:
    """What a kind is evaluated with, and why."""

    mount: MountSettings
    source: str
    fall: FallSettings = field(default_factory=FallSettings)


_IWR6843 = Setup(
    MountSettings(height_m=1.4, tilt_deg=17.0),
    "line through the walks of the recordings: 17 degrees down, antenna 0.25-0.5 m above the body's middle",
)

SETUPS = MappingProxyType(
    {
        Kind.IWR6843: _IWR6843,
        Kind.IWR6843_OUT_OF_BOX: _IWR6843,
        Kind.IWRL6432: Setup(
            MountSettings(height_m=1.25, tilt_deg=0.0),
            "lying bodies reflect at -1.05 m, standing ones around -0.2 m: level, 1.25 m above the floor",
        ),
        Kind.IWR1843_FRONT: Setup(
            MountSettings(height_m=0.8, tilt_deg=0.0), "stated by the recordings' authors: 0.8 m, level"
        ),
        Kind.IWR1843_SIDE: Setup(
            MountSettings(height_m=2.45, tilt_deg=0.0),
            "stated by the recordings' authors: 2.45 m, turned sideways",
        ),
        Kind.IWR1843_TOP: Setup(
            MountSettings(height_m=2.45, tilt_deg=45.0),
            "stated by the recordings' authors: 2.45 m, straight down",
        ),
        Kind.DEPTH_FEATURES: Setup(MountSettings(), "heights in the file are above the floor already"),
    }
)
