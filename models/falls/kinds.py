"""One mount and one set of settings for each kind of recording, for all recordings of the kind, with where it comes from.

No recording states its mount rightly (the chirp files beside them contradict the walks in them), so a kind's mount is an
estimate from the recordings themselves, and where the shipped calibration can measure one from a recording's own walks,
that is taken instead. A home's mount is measured; ``notes.json`` beside own recordings gives theirs.
"""

from dataclasses import dataclass, field
from types import MappingProxyType

from edge.fall.people_settings import Antenna, PeopleSettings
from edge.fall.settings import FallSettings, MountSettings, SensorKind
from edge.fall_scorer import scorers_from
from models.falls.recording import Kind
from models.falls.three_radars import ROOM_HEIGHT_M
from models.falls.watching import Installed


@dataclass(frozen=True, slots=True)
class Setup:
    """What a kind is evaluated with, and why. ``calibrates``: its recordings' own walks may give a better mount."""

    sensor: SensorKind
    mount: MountSettings
    source: str
    fall: FallSettings = field(default_factory=FallSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    calibrates: bool = False

    def installed(self, mount: MountSettings | None = None, fall: FallSettings | None = None) -> Installed:
        """As a device of this kind would be set up."""
        mount = mount or self.mount
        scored = self.sensor in (SensorKind.WALL_RADAR, SensorKind.CEILING_RADAR)
        scorers = scorers_from(mount, self.people.antenna) if scored else None
        return Installed(mount, (fall or self.fall).for_sensor(self.sensor), self.people, scorers=scorers)


def _wall(
    height_m: float,
    tilt_deg: float,
    source: str,
    *,
    antenna: Antenna = Antenna.IWR6843,
    calibrates: bool = False,
) -> Setup:
    mount = MountSettings(height_m=height_m, tilt_deg=tilt_deg)
    people = PeopleSettings(antenna=antenna)
    return Setup(SensorKind.WALL_RADAR, mount, source, people=people, calibrates=calibrates)


_THREE = Setup(
    SensorKind.DENSE_RADAR,
    MountSettings(height_m=ROOM_HEIGHT_M, tilt_deg=0.0),
    "the recordings are in the room's frame already (all three radars agree on places and heights)",
    people=PeopleSettings(antenna=Antenna.IWR1843),
)

SETUPS = MappingProxyType(
    {
        Kind.IWR6843: _wall(
            1.2,
            10.0,
            "middle of what the walks of four takes of the same board give (0.95-1.4 m, 4-18 degrees)",
            calibrates=True,
        ),
        Kind.IWR6843_OUT_OF_BOX: _wall(
            1.0,
            4.0,
            "line through the walks of the one recording at hand",
            calibrates=True,
        ),
        Kind.IWRL6432: _wall(
            1.25,
            0.0,
            "lying bodies reflect at -1.05 m, standing ones around -0.2 m: level, 1.25 m above the floor",
            antenna=Antenna.IWRL6432,
        ),
        Kind.IWR1843_FRONT: _THREE,
        Kind.IWR1843_SIDE: _THREE,
        Kind.IWR1843_TOP: _THREE,
        Kind.DEPTH: Setup(SensorKind.DEPTH, MountSettings(), "the floor is found in the pictures themselves"),
        Kind.DEPTH_FEATURES: Setup(
            SensorKind.DEPTH, MountSettings(), "heights in the files are above the floor already"
        ),
    }
)
