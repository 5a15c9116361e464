"""Boxes of single pictures to animals that persist: overlap first, nearness second, votes for what they are. Pure.

Is: good for a few large, slow bodies at 1-10 pictures a second. Is not: an identity; two monkeys that pass each
other may swap numbers, and nothing here depends on who is who.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot, log

from edge.wildlife.boxes import BoxPx, overlap
from edge.wildlife.detections import Detections
from edge.wildlife.naming import MONKEY, Proof
from edge.wildlife.settings import EyeSettings

SAME_IOU = 0.15  # at 5 pictures a second a running monkey still overlaps its last box this much
SAME_DISTANCE = 1.0  # box sizes between centres when the boxes do not overlap: slow cameras, quick animals
SAME_ANIMAL_IOU = 0.6  # two classes for one body: the network is of two minds, not two animals
MOTION_WINDOW_S = 3.0
FOCAL_WIDTHS = 0.87  # focal length in picture widths of a camera that sees 60 degrees across, as most do
FEET_PER_S = (
    0.03  # body heights a second the feet must move down (up) the picture before growth means nearer (away)
)


@dataclass(frozen=True, slots=True)
class Motion:
    """On the ground, in body heights per second: ``sideways`` right positive, ``toward`` the camera positive."""

    sideways: float
    toward: float


@dataclass(slots=True)
class Track:
    """One animal, as long as it is seen. Boxes are x1, y1, x2, y2 in px."""

    number: int
    box: BoxPx
    first_s: float
    last_s: float
    votes: dict[str, float] = field(default_factory=dict)
    hits: deque[bool] = field(default_factory=deque)
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    path: deque[tuple[float, float, float, float]] = field(default_factory=deque)
    """(time s, centre x, feet y, height) of the last seconds, px."""
    focal_px: float = 1.0
    lasted: bool = False
    """Seen often and long enough to be there."""
    proof: Proof = field(default_factory=Proof)

    @property
    def voted(self) -> str:
        """The detector's class with the most votes, each weighing as much as its score."""
        return max(self.votes, key=lambda name: self.votes[name])

    @property
    def species(self) -> str:
        """What it is, as the detector's votes and the looks at its crops have it."""
        return self.proof.species(self.voted, sum(self.scores) / len(self.scores))

    @property
    def confirmed(self) -> bool:
        """Whether it may be told of: it lasted, and what the crops say does not speak against it."""
        return self.lasted and self.proof.holds(self.species)

    @property
    def confidence(self) -> float:
        """0..1: mean score of the last pictures, less votes for other classes; of a proven monkey the joint one."""
        if self.proof.monkey is not None and self.species == MONKEY:
            return min(1.0, self.proof.monkey)
        share = self.votes[self.voted] / sum(self.votes.values())
        return min(1.0, share * sum(self.scores) / len(self.scores))

    @property
    def seen_now(self) -> bool:
        """Whether the last picture showed it."""
        return bool(self.hits) and self.hits[-1]

    def motion(self) -> Motion | None:
        """From the older to the newer half of the last seconds; None while that is too short to tell.

        A body that sits down shrinks without going anywhere, so a change of size counts only when the feet agree.
        """
        if len(self.path) < 4 or self.path[-1][0] - self.path[0][0] < 0.5:
            return None
        half = len(self.path) // 2
        early, late = list(self.path)[:half], list(self.path)[half:]
        t0, x0, y0, h0 = (sum(values) / len(early) for values in zip(*early, strict=True))
        t1, x1, y1, h1 = (sum(values) / len(late) for values in zip(*late, strict=True))
        dt_s, height = t1 - t0, (h0 + h1) / 2
        growth, feet = log(h1 / h0) / dt_s, (y1 - y0) / height / dt_s
        goes = growth * feet > 0 and abs(feet) >= FEET_PER_S
        return Motion((x1 - x0) / height / dt_s, growth * self.focal_px / height if goes else 0.0)


class Tracker:
    """Follows animals from picture to picture; one per camera. People are not followed."""

    def __init__(
        self,
        settings: EyeSettings,
        monkey_threshold: float | None = None,
        least: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """``monkey_threshold``: mean joint score of a proven monkey; None where no second network names crops.

        ``least``: asked for the scores from which the detector is sure of a class.
        """
        self._settings = settings
        self._monkey_threshold = monkey_threshold
        self._least = least
        self._numbers = 0
        self._focal_px = 1.0
        self._scene = ""
        self.tracks: list[Track] = []

    def update(
        self,
        detections: Detections,
        now_s: float,
        scene: str = "",
        width_px: float = 640.0,
        looked_at: Callable[[BoxPx], bool] = lambda _: True,
    ) -> list[Track]:
        """Take the detections of one picture ``width_px`` wide; a new ``scene`` starts without memory.

        ``looked_at`` says whether an animal of such a box would have been seen: else its absence says nothing.
        Returns all living tracks.
        """
        self._focal_px = FOCAL_WIDTHS * width_px
        if scene != self._scene:
            self._scene, self.tracks = scene, []
        seen = _one_per_body((n, s, b) for n, s, b in detections if n != "person")
        unmatched = set(range(len(seen)))
        matched: set[int] = set()
        for track, n in self._pairs(seen):
            if n in unmatched and track.number not in matched:
                unmatched.discard(n)
                matched.add(track.number)
                self._hit(track, seen[n], now_s)
        for track in self.tracks:
            if track.number not in matched and looked_at(track.box):
                self._mark(track, hit=False)
        for n in sorted(unmatched):
            self._begin(seen[n], now_s)
        self.tracks = [t for t in self.tracks if now_s - t.last_s <= self._settings.lost_after_s]
        return self.tracks

    def _pairs(self, seen: list[tuple[str, float, BoxPx]]) -> list[tuple[Track, int]]:
        """Possible (track, detection) pairs, the best first."""
        pairs = [
            (closeness, track, n)
            for track in self.tracks
            for n, (_, _, box) in enumerate(seen)
            if (closeness := _closeness(track.box, box)) is not None
        ]
        pairs.sort(key=lambda pair: (-pair[0], pair[1].number, pair[2]))
        return [(track, n) for _, track, n in pairs]

    def _begin(self, seen: tuple[str, float, BoxPx], now_s: float) -> None:
        self._numbers += 1
        track = Track(
            self._numbers, seen[2], now_s, now_s, proof=Proof(self._monkey_threshold, self._least())
        )
        self._hit(track, seen, now_s)
        self.tracks.append(track)

    def _hit(self, track: Track, seen: tuple[str, float, BoxPx], now_s: float) -> None:
        species, score, box = seen
        track.votes[species] = track.votes.get(species, 0.0) + score
        track.scores.append(score)
        track.box, track.last_s = box, now_s
        track.focal_px = self._focal_px
        track.path.append((now_s, (box[0] + box[2]) / 2, box[3], max(1.0, box[3] - box[1])))
        while track.path[0][0] < now_s - MOTION_WINDOW_S:
            track.path.popleft()
        self._mark(track, hit=True)

    def _mark(self, track: Track, *, hit: bool) -> None:
        settings = self._settings
        track.hits.append(hit)
        while len(track.hits) > settings.confirm_of:
            track.hits.popleft()
        lasted_s = track.last_s - track.first_s
        if sum(track.hits) >= settings.confirm_hits and lasted_s >= settings.confirm_s:
            track.lasted = True


def _one_per_body(seen: Iterable[tuple[str, float, BoxPx]]) -> list[tuple[str, float, BoxPx]]:
    """Of boxes that cover one body under several names, the one with the highest score."""
    kept: list[tuple[str, float, BoxPx]] = []
    for candidate in seen:
        if all(overlap(candidate[2], other[2]) < SAME_ANIMAL_IOU for other in kept):
            kept.append(candidate)
    return kept


def _closeness(a: BoxPx, b: BoxPx) -> float | None:
    """1..2 for boxes that overlap enough, 0..1 for near ones of like size, None for what cannot be one animal."""
    iou = overlap(a, b)
    if iou >= SAME_IOU:
        return 1.0 + iou
    size_a, size_b = (max(1.0, hypot(x2 - x1, y2 - y1)) for x1, y1, x2, y2 in (a, b))
    if not 0.5 <= size_a / size_b <= 2.0:
        return None
    apart = hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]) / 2 / max(size_a, size_b)
    return 1.0 - apart / SAME_DISTANCE if apart < SAME_DISTANCE else None
