"""What a room looks like without anybody in it, pixel by pixel, learnt while people come and go. Pure.

Is: fast where it sees farther than before (nothing can be seen through a wall: something has gone away), slow where
something new stands before it, and never where told that a person is. So a moved chair becomes room, and a person who lies
still does not.
Is not: able to know a person who was there, motionless, when it began; who stirs is seen from then on.
"""

import numpy as np
from numpy.typing import NDArray

from edge.depth.view import FARTHEST_M, Floats

Mask = NDArray[np.bool_]

WARM_UP_S = 1.0
NOTHING_M = FARTHEST_M + 1.0
"""Where nothing ever came back: whatever is seen there is nearer."""
NOISE_M, NOISE_PER_M2 = 0.03, 0.007
"""Four times the noise of structured light (1.5 mm times the square of the distance), and a carpet's pile."""
FOLLOW_S = 5.0
GONE_S = 0.4
"""What has gone must stay away this long: the edges of things flicker for some frames."""
THING_S = 20.0
"""A bag that was put down belongs to the room after this."""


class Background:
    """The far end of every pixel, in m; None of it leaves this object but as masks."""

    def __init__(self, depth_m: Floats) -> None:
        shape = depth_m.shape
        self._age_s = 0.0
        self._far = np.zeros(shape, np.float32)
        self._gone_s = np.zeros(shape, np.float32)
        self._here_s = np.zeros(shape, np.float32)
        self._here_m = np.zeros(shape, np.float32)
        self._limit = np.zeros(shape, np.float32)
        self.warm_up(depth_m, 0.0)

    @property
    def warm(self) -> bool:
        """Whether it has seen enough of the room to be compared with."""
        return self._age_s >= WARM_UP_S

    @property
    def depth_m(self) -> Floats:
        """(H, W), NOTHING_M where nothing ever came back; only valid once warm."""
        return self._far

    def warm_up(self, depth_m: Floats, elapsed_s: float) -> None:
        """One of the first frames: the farthest of each pixel is kept."""
        np.maximum(self._far, depth_m, out=self._far)
        self._age_s += elapsed_s
        if self.warm:
            self._far[self._far == 0.0] = NOTHING_M
            self._set_limits()

    def compare(self, depth_m: Floats) -> tuple[Mask, Mask]:
        """(nearer, farther): where something stands before the room, and where the room has gone."""
        nearer = (depth_m < self._far - self._limit) & (depth_m > 0.0)
        farther = depth_m > self._far + self._limit
        return nearer, farther

    def learn(self, depth_m: Floats, nearer: Mask, farther: Mask, people: Mask, elapsed_s: float) -> None:
        """One frame further; nothing is learnt under ``people``."""
        same = ~(nearer | farther) & (depth_m > 0.0)
        share = np.float32(min(1.0, elapsed_s / FOLLOW_S))
        self._far += np.where(same, (depth_m - self._far) * share, np.float32(0.0))
        self._take(self._gone_s, farther & ~people, depth_m, elapsed_s, GONE_S)
        if nearer.any() or self._here_s.any():
            here = nearer & ~people
            moved = np.abs(depth_m - self._here_m) > self._limit
            self._here_s[moved & here] = 0.0
            self._here_m[moved & here] = depth_m[moved & here]
            # A hole is no proof that a thing has gone: only what shows the room again is.
            self._here_s[same | people] = 0.0
            self._take(self._here_s, here, depth_m, elapsed_s, THING_S, keep=True)

    def _take(
        self,
        since_s: Floats,
        where: Mask,
        depth_m: Floats,
        elapsed_s: float,
        after_s: float,
        *,
        keep: bool = False,
    ) -> None:
        if not keep:
            since_s[~where] = 0.0
        since_s[where] += np.float32(elapsed_s)
        ripe = where & (since_s >= after_s)
        if ripe.any():
            self._far[ripe] = depth_m[ripe]
            since_s[ripe] = 0.0
            self._set_limits()

    def _set_limits(self) -> None:
        self._limit = (NOISE_M + NOISE_PER_M2 * self._far * self._far).astype(np.float32)
        self._limit[self._far >= NOTHING_M] = 0.0
