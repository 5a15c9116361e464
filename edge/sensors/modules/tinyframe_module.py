"""The TinyFrame modules as parsers: bytes in any pieces -> PointClouds. Pure."""

from struct import unpack

from edge.sensors.framing import Scanner
from edge.sensors.modules import tinyframe_shapes as say
from edge.sensors.modules.settings import ModuleKind
from edge.sensors.modules.tinyframe import Continuity, Message, TinyFrameLayout
from edge.sensors.modules.view import ModuleCounters, ModuleView, along, as_points
from edge.sensors.readings import PointCloud, Target

UNCONTRADICTED_S = 2.0
"""A fall that only one frame tells of is believed after this much silence; modules send several frames a second."""

PLACES_DUE_S = 1.0
"""Modules that give places do so several times a second."""


class TinyFrameModule:
    """Bytes of one module -> its readings.

    ``fallen`` turns true only when a second frame bears it out: the next id in sequence (then nothing was lost, so
    nothing was spliced), or the same verdict again, or silence. One lost stretch of ten bytes is enough to turn the
    head of a verdict and "somebody is there" into a fall, and no checksum sees it.
    """

    def __init__(self, kind: ModuleKind) -> None:
        self._shapes = say.SHAPES[kind]
        self._scanner = Scanner(TinyFrameLayout(self._shapes))
        self._continuity = Continuity()
        self.counters = ModuleCounters()
        self._view = ModuleView(self.counters)
        self._number = 0
        self._doubted_s: float | None = None
        self._places_s: float | None = None
        self._held_back: set[int] = set()

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]:
        """The readings that ``data`` completes, oldest first, each stamped ``at_s``; never raises.

        No data says that time has passed.
        """
        return self._take(self._scanner.feed(data), at_s)

    def finish(self, at_s: float = 0.0) -> list[PointCloud]:
        """The stream has ended or broken off: nothing is kept."""
        clouds = self._take(self._scanner.finish(), at_s)
        if self._view.waiting:
            clouds.append(self._view.cloud(self._number, at_s))
        return clouds

    def _take(self, messages: list[Message], at_s: float) -> list[PointCloud]:
        clouds: list[PointCloud] = []
        for message in messages:
            told = len(clouds)
            news = self._continuity.follows(message.number) and self._believe()
            if message.kind in self._shapes:
                self._hear(message, at_s, clouds)
            else:
                self.counters.frames_foreign += 1
            if news and len(clouds) == told:
                self._give(message.number, at_s, clouds)
        if self._doubted_s is not None and at_s - self._doubted_s >= UNCONTRADICTED_S and self._believe():
            self._give(self._number, at_s, clouds)
        scan = self._scanner.counters
        self.counters.frames = scan.frames
        self.counters.frames_corrupt = scan.frames_corrupt
        self.counters.bytes_skipped = scan.bytes_skipped
        self.counters.frames_missing = self._continuity.missing
        return clouds

    def _believe(self) -> bool:
        """Take a doubted fall for true; whether there was one."""
        if self._doubted_s is None:
            return False
        self._view.fallen, self._doubted_s = True, None
        return True

    def _hear(self, message: Message, at_s: float, clouds: list[PointCloud]) -> None:
        """Take in one message; a moment ends with the module's last word of a round."""
        places = {say.TARGETS: "targets", say.POINTS: "points"}.get(message.kind)
        if places in self._view.waiting:  # the round before had no last word
            self._give(self._number, at_s, clouds)
        self._number = message.number
        if places is None:
            if self._verdict(message, at_s) and not self._waits(message.kind, at_s):
                self._give(message.number, at_s, clouds)
            return
        self._places_s = at_s
        if places == "points":
            self._points(message, at_s)
            return
        self._targets(message, at_s)
        self._give(message.number, at_s, clouds)

    def _waits(self, kind: int, at_s: float) -> bool:
        """Whether a verdict goes out with the places that are due: else every second cloud of a module had none."""
        if kind == say.FALL or kind in self._held_back:
            return False
        due = self._places_s is not None and at_s - self._places_s < PLACES_DUE_S
        if due:
            self._held_back.add(kind)
        return due

    def _give(self, number: int, at_s: float, clouds: list[PointCloud]) -> None:
        self._held_back.clear()
        clouds.append(self._view.cloud(number, at_s))

    def _verdict(self, message: Message, at_s: float) -> bool:
        """Whether the message says something of the room."""
        data, view = message.data, self._view
        match message.kind:
            case say.FALL:
                self._fall(fallen=data[0] == 1, at_s=at_s)
            case say.PRESENCE | say.ZONES:
                view.presence = any(data)
            case say.BREATH if len(data) == 4:
                view.vital("breaths_per_min", unpack("<f", data)[0], at_s)
            case say.HEART:
                view.vital("heartbeats_per_min", unpack("<f", data)[0], at_s)
            case say.DISTANCE:
                valid, distance_m = unpack("<If", data)
                view.vital("distance_m", distance_m if valid else None, at_s)
            case say.PHASES if len(data) == 12:
                return True
            case _:
                return False
        return True

    def _fall(self, *, fallen: bool, at_s: float) -> None:
        if not fallen:
            self._view.fallen, self._doubted_s = False, None
        elif self._doubted_s is not None:
            self._believe()
        elif not self._view.fallen:
            self._view.fallen, self._doubted_s = False, at_s

    def _targets(self, message: Message, at_s: float) -> None:
        targets = []
        for x, y, z, doppler, cluster in _target_rows(message.data):
            place_m = (x, y, z)
            targets.append(Target(cluster, place_m, along(place_m, doppler * say.DOPPLER_STEP_MPS)))
        self._view.targets(tuple(targets), message.data, at_s)

    def _points(self, message: Message, at_s: float) -> None:
        found = say.rows(message.data)
        if found is not None and found[1] == say.POINT_3D.size:
            rows = [(x, y, z, speed) for _, x, y, z, speed in say.POINT_3D.iter_unpack(message.data[4:])]
        else:
            rows = [
                (x, y, z, doppler * say.DOPPLER_STEP_MPS)
                for x, y, z, doppler, _ in _target_rows(message.data)
            ]
        self._view.points(as_points(rows), message.data, at_s)


def _target_rows(data: bytes) -> list[tuple[float, float, float, int, int]]:
    """x, y, z in m (z 0 where the module has two dimensions), doppler index, cluster."""
    found = say.rows(data)
    if found is None or found[0] == 0:
        return []
    if found[1] == say.TARGET_3D.size:
        return list(say.TARGET_3D.iter_unpack(data[4:]))
    return [(x, y, 0.0, doppler, cluster) for x, y, doppler, cluster in say.TARGET_2D.iter_unpack(data[4:])]
