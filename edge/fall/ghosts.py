"""Mirror images behind walls: they move with a body, never without it, and are always farther away than it. Pure."""

from edge.fall.tracks import Track

NEARER_M = 0.3
"""A reflected path is longer than the straight one; this is the error of range and of a body's own depth."""
TOGETHER_S = 0.5
ALONE_S = 1.0
PROVEN = 6
"""Reflections seen while no nearer body moved that make a suspect somebody."""
STRONG = 0.4
"""A mirror image loses most of its power: suspects with this share of the nearer body's reflections are people."""
STRONG_POINTS = 20


class Ghosts:
    """Keeps which tracks are under suspicion of being a mirror image, and of what."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[Track, int, int, int]] = {}

    def judge(self, new: Track, tracks: list[Track]) -> None:
        """A new track that appears behind a body that is just moving is not shown until it has proved itself."""
        reach_m = _range_m(new)
        for track in tracks:
            together = new.seen_s - track.seen_s <= TOGETHER_S
            if together and not track.bodiless and _range_m(track) < reach_m + NEARER_M:
                new.bodiless = True
                self._of[new.number] = (track, track.points, new.points, 0)
                return

    def update(self, tracks: list[Track]) -> None:
        """Sets free those who moved while the other did not, or who reflect nearly as much."""
        numbers = {track.number for track in tracks}
        for track in tracks:
            if not track.bodiless:
                continue
            body, body_points, last_points, alone = self._of[track.number]
            if body.number not in numbers or track.seen_s - body.seen_s > ALONE_S:
                alone += track.points - last_points
            self._of[track.number] = (body, body_points, track.points, alone)
            since = body.points - body_points
            strong = track.points >= STRONG_POINTS and track.points >= STRONG * since
            if alone >= PROVEN or strong:
                track.bodiless = False
        for number in [number for number in self._of if number not in numbers]:
            del self._of[number]


def _range_m(track: Track) -> float:
    return (track.x * track.x + track.y * track.y) ** 0.5
