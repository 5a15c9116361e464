"""One followed body: where it is, how high its last reflections are, and how high it stood before.

Is: medians of the last few reflections, from at least two frames, so that a ghost of one frame moves nothing.
Is not: stillness from silence; a track without reflections keeps what was last known of it.
"""

from bisect import bisect_right
from collections import deque
from math import copysign, hypot

from edge.fall.place import Place
from edge.fall.scene import Body, Reflection

POINTS = 4
"""Reflections behind one height: one frame's worth of an IWRL6432, 0.1-0.3 s of a sparse IWR6843."""
POINTS_MIN = 3
FRAMES_MIN = 2
WINDOW_S = 0.35
"""Where more reflections come, all of this time count: elevation errs by a quarter metre, a fall takes twice as long."""
FRESH_S = 0.8
"""Older reflections are of another moment; three frames at 3.8 Hz."""
SPARSE_S = 30.0
"""Who lies still is seen once in some seconds: so long reflections are gathered that alone are too few for a height."""
SPARSE_POINTS = 4
SPARSE_FRAMES = 3
SPARSE_LOW = 0.75
"""Share of them near the floor that makes them a lying body's; a standing one's few are of any height."""
KEPT_FRAMES = 16
LOW_M = 0.5
"""At or below this a body is near the floor."""
GAIN = 0.3
"""Of the place filter, for one reflection: azimuth errs by 0.2 m at 4 m."""
SPEED_MAX_MPS = 2.5
STANDING_RISE_S = 1.5
"""The upright height follows the body up this fast, and down only while it walks, and slowly."""
STANDING_FALL_S = 20.0
WALKS_MPS = 0.3
MEAN_GAIN = 0.1
AGEING = 0.85
"""Twice a second: reflections of 3 s ago count a third."""
SETTLED = 8
SETTLE_S = 120.0
"""A body that lies still stirs a few times in two minutes; chance gives one or two reflections at one place."""
FLAT_M = 1.0
"""Told as the height of a body whose height is unknown: never near the floor."""


class Track:
    """What is remembered of one body; places and heights in the room frame, m and s.

    ``alone`` counts its reflections while nothing nearer to the sensor moved, ``proven`` says that it is no mirror image
    of something, ``shown`` that it may be told of; ``lively`` is its reflections of late, ``sunk`` those near the floor
    since many last told a height at ``dense_s``, ``far_m`` how far it has ever
    been from where it began, ``mean_m`` its height over some ten measures. A ``flat`` one is of a sensor without heights.
    """

    __slots__ = (
        "alone", "born", "dense_s", "far_m", "first_s", "flat", "height_m", "heights_m", "lively", "low_behind", "mean_m",
        "measured_s", "number", "place", "points", "proven", "range_m", "recent", "seen_s", "settled", "shown",
        "speed_mps", "spread_m", "standing_m", "sunk", "told", "top_m", "vx", "vy", "x", "y",
    )  # fmt: skip

    def __init__(self, number: int, frames: list[tuple[float, list[Reflection]]]) -> None:
        self.number = number
        self.recent: deque[tuple[float, list[Reflection]]] = deque(maxlen=KEPT_FRAMES)
        first = [point for _, points in frames for point in points]
        self.x = sum(point[0] for point in first) / len(first)
        self.y = sum(point[1] for point in first) / len(first)
        self.vx = self.vy = 0.0
        self.born = self.place = Place(self.x, self.y)
        self.first_s = self.seen_s = frames[0][0]
        self.measured_s = self.dense_s = float("-inf")
        self.sunk = 0
        self.points = self.low_behind = self.alone = 0
        self.lively = 0.0
        self.far_m = self.speed_mps = self.spread_m = 0.0
        self.height_m = self.top_m = self.range_m = self.mean_m = 0.0
        self.standing_m: float | None = None
        self.heights_m: tuple[float, ...] = ()
        self.told: Body | None = None
        self.proven = self.flat = self.settled = False
        self.shown = True
        for at_s, points in frames:
            self.see(at_s, points)

    def see(self, at_s: float, points: list[Reflection]) -> None:
        """This frame's reflections of the body, at least one."""
        self._follow(at_s, points)
        self.recent.append((at_s, points))
        self.heights_m = tuple([point[2] for point in points])
        self.points += len(points)
        self.lively += len(points)
        self.range_m = points[0][4]
        self.seen_s = at_s
        self.told = None
        self._measure(at_s)

    def silent(self, at_s: float) -> None:
        """A frame without a reflection of the body: it is where it was, and no longer known to move."""
        if self.heights_m:
            self.heights_m, self.told = (), None
        if self.speed_mps and at_s - self.seen_s > FRESH_S:
            self.vx = self.vy = self.speed_mps = 0.0
            self.told = None

    def ahead(self, at_s: float) -> tuple[float, float]:
        """Where the body should be by now; only a moment ahead, because people turn."""
        wait_s = min(at_s - self.seen_s, FRESH_S)
        return self.x + self.vx * wait_s, self.y + self.vy * wait_s

    def age(self, at_s: float) -> None:
        """Twice a second: old reflections count less, and enough of them in two minutes make a body worth remembering."""
        self.lively *= AGEING
        if not self.settled:
            since_s = at_s - SETTLE_S
            self.settled = sum([len(points) for when_s, points in self.recent if when_s > since_s]) >= SETTLED

    def body(self) -> Body:
        """What is told of it; made once for as long as nothing changes."""
        if self.told is None:
            self.told = self._flat_body() if self.flat else self._body()
        return self.told

    def _flat_body(self) -> Body:
        return Body(
            self.number, self.place, FLAT_M, FLAT_M, (), 0, self.speed_mps, 0.0, self.first_s, self.seen_s
        )

    def _body(self) -> Body:
        return Body(
            self.number,
            self.place,
            self.height_m,
            self.top_m,
            self.heights_m,
            self.low_behind,
            self.speed_mps,
            self.spread_m,
            self.first_s,
            self.seen_s,
            self.standing_m,
            self.measured_s,
        )

    def _follow(self, at_s: float, points: list[Reflection]) -> None:
        """An alpha-beta filter over the middle of each frame's reflections."""
        count = len(points)
        mx = my = 0.0
        for point in points:
            mx += point[0]
            my += point[1]
        wait_s = at_s - self.seen_s
        px, py = self.ahead(at_s)
        ex, ey = mx / count - px, my / count - py
        gain = GAIN * count / (GAIN * count + 1.0 - GAIN)
        if wait_s > FRESH_S:
            gain, self.vx, self.vy = max(gain, 0.6), 0.0, 0.0
        elif wait_s > 0.0:
            # Critically damped, so that a body that stops is not overshot.
            rate = min(gain * gain / (2.0 - gain) / wait_s, 1.5)
            self.vx += rate * ex
            self.vy += rate * ey
            if abs(self.vx) > SPEED_MAX_MPS:
                self.vx = copysign(SPEED_MAX_MPS, self.vx)
            if abs(self.vy) > SPEED_MAX_MPS:
                self.vy = copysign(SPEED_MAX_MPS, self.vy)
        self.x, self.y = px + gain * ex, py + gain * ey
        self.speed_mps = hypot(self.vx, self.vy)
        far_m = hypot(self.x - self.born.x_m, self.y - self.born.y_m)
        self.far_m = max(self.far_m, far_m)

    def _measure(self, at_s: float) -> None:
        """The newest whole frames, of WINDOW_S or more of them until they make POINTS; old values if all are too few."""
        latest: list[list[Reflection]] = []
        count = 0
        enough_s, old_s = at_s - WINDOW_S, at_s - FRESH_S
        for when_s, points in reversed(self.recent):
            if when_s <= old_s or (when_s < enough_s and count >= POINTS and len(latest) >= FRAMES_MIN):
                break
            latest.append(points)
            count += len(points)
        if count < POINTS_MIN or len(latest) < FRAMES_MIN:
            latest = self._sparse(at_s)
            if not latest:
                return
        else:
            self.dense_s = at_s
        self._take_middle(latest)
        self._stand(at_s)
        self.measured_s = at_s

    def _take_middle(self, frames: list[list[Reflection]]) -> None:
        """Place, heights and width, from the middle and the ends of what these frames hold."""
        xs: list[float] = []
        ys: list[float] = []
        zs: list[float] = []
        for points in frames:  # a plain loop: for so few, zip and comprehensions take half as long again
            for x, y, z, _, _ in points:
                xs.append(x)
                ys.append(y)
                zs.append(z)
        xs.sort()
        ys.sort()
        zs.sort()
        count = len(zs)
        half = count // 2
        self.place = Place(xs[half], ys[half])
        middle = zs[half] if count % 2 else (zs[half - 1] + zs[half]) / 2
        self.height_m = max(0.0, middle)
        self.mean_m += (self.height_m - self.mean_m) * (MEAN_GAIN if self.standing_m is not None else 1.0)
        self.top_m = zs[9 * count // 10]
        self.low_behind = bisect_right(zs, LOW_M)
        self.spread_m = hypot(xs[-1] - xs[0], ys[-1] - ys[0])

    def _sparse(self, at_s: float) -> list[list[Reflection]]:
        """Frames of the few reflections since many last told a height, if nearly all of them are near the floor."""
        since_s = max(at_s - SPARSE_S, self.dense_s + FRESH_S)
        frames = [points for when_s, points in self.recent if when_s > since_s]
        few = [point for points in frames for point in points]
        self.sunk = sum([point[2] <= LOW_M for point in few])
        if self.height_m <= LOW_M and self.sunk == len(few) > 0:
            # Who lay there and is seen near the floor again lies there still.
            self.measured_s = at_s
        if len(frames) < SPARSE_FRAMES or len(few) < SPARSE_POINTS or self.sunk < SPARSE_LOW * len(few):
            return []
        return frames

    def _stand(self, at_s: float) -> None:
        if self.standing_m is None:
            self.standing_m = self.height_m
            return
        above_m = self.height_m - self.standing_m
        wait_s = min(at_s - self.measured_s, FRESH_S)
        if above_m > 0:
            self.standing_m += above_m * min(1.0, wait_s / STANDING_RISE_S)
        elif self.speed_mps > WALKS_MPS and self.height_m > LOW_M:
            self.standing_m += above_m * min(1.0, wait_s / STANDING_FALL_S)
