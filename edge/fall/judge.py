"""What two scorers make of bodies and places, by what was lately seen there, and who has said that all is well. No I/O.

Is: odds held against the bounds of ``[fall]``. Is not: a memory of bodies; without scorers, or before a sensor that tells
no fine speeds, it speaks against nothing.
"""

from collections.abc import Sequence

from edge.fall import sitting
from edge.fall.descent import BEFORE_S, NEAR_M, Descent, numbers, quick, seen_low
from edge.fall.drop import SLACK_M
from edge.fall.incident import At
from edge.fall.lying import Came, Lie
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import FallSettings
from edge.fall.sitting import Scorers
from edge.fall.traces import Traces

WELL_S, WELL_ODDS = 600.0, 2.0
"""For so long after an answer it takes so much more to ask again there: washing is folded for some minutes."""
SITS_M, SITS_S, SITS_SHARE = 0.7, 30.0, 0.35
"""Around a lie, lately, no more than this share is seen above the floor's bound: of a sitter it is half and more."""
STILL_ODDS = 2.0
UNSEEN_ODDS = 1.0
"""So much surer where nobody was seen to come down: a pet or a vacuum cleaner lies there for long, looked at often."""
JUDGED_S = 2.0
"""Between two looks of the second scorer at one lie."""
FRAME_S = 0.8
"""A lie that has just lasted long enough may be a frame short of what a posture takes."""
STOPPED_S = 5.0
"""A frame comes every second at least; a sensor that has stopped shows neither a sitter nor an empty place."""
ASKED_S, BUSY_POINTS = 60.0, 30
"""As long as a question stands; fewer reflections in it show nobody at work."""


class Judge:
    """One room's."""

    def __init__(self, fall: FallSettings, scorers: Scorers | None) -> None:
        self._fall = fall
        self._scorers = scorers
        self._traces = Traces()
        self._answered: list[tuple[Place, float]] = []
        self.seen_s = float("-inf")
        """Of the last frame, with or without reflections."""

    @property
    def scores(self) -> bool:
        """Whether it has scorers, and a sensor that tells them speeds."""
        return self._scorers is not None and self._traces.told

    def take(self, scene: Scene) -> None:
        """One frame."""
        if scene.seen and self._scorers is not None:
            self._traces.take(scene)

    def answered(self, place: Place, at_s: float) -> None:
        """Somebody there said that all is well: whatever they do, they go on with it for a while."""
        self._answered = [one for one in self._answered if one[1] > at_s]
        self._answered.append((place, at_s + WELL_S))

    def look(self, descent: Descent, body: Body, at_s: float) -> list[float]:
        """Score a descent, whose ``score`` it becomes; returns ``descent.numbers``. Only where it ``scores``."""
        near = self._traces.near(
            body.track, (descent.place, body.place), NEAR_M, descent.at_s - BEFORE_S, at_s
        )
        values = numbers(descent, body, near, at_s)
        if self._scorers is not None:
            descent.score = self._scorers.descent(values)
        return values

    def fell(self, descent: Descent, values: Sequence[float], body: Body, shift_m: float) -> bool:
        """Whether the score is enough: less of it for who came down quickly, and for others only if seen near the floor."""
        fall, more = self._fall, self._more(body.place, body.seen_s)
        if quick(values):
            return descent.score >= fall.score_quick + more
        floor_m = fall.floor_m + shift_m + SLACK_M
        return descent.score >= fall.score_min + more and seen_low(values, descent, body, floor_m)

    def bears_out(self, descent: Descent | None, place: Place, seen_s: float) -> bool:
        """Whether the score, where there is one, does not speak against what the rules found."""
        if not self.scores:
            return True
        least = self._fall.score_least + self._more(place, seen_s)
        return descent is not None and descent.score >= least

    def lies(self, lie: Lie, at_s: float, shift_m: float) -> bool:
        """Whether what is seen is somebody who lies, not one who sits on the floor: two bodies to a coarse antenna."""
        odds = self._lying_odds(lie.place, lie.since_s, at_s)
        if odds is not None:
            unseen = UNSEEN_ODDS if lie.came is Came.UNSEEN else 0.0
            return odds >= self._fall.score_lies + unseen + self._more(lie.place, lie.seen_s)
        around = self._traces.around(lie.place, SITS_M, max(lie.since_s, at_s - SITS_S))
        high_m = self._fall.floor_m + shift_m
        return sum([row[3] > high_m for row in around]) <= SITS_SHARE * len(around)

    def at(self, place: Place, since_s: float, now_s: float, *, before: bool) -> At:
        """What was seen of a place since then, a minute at most; DOWN without a scorer, or of a sensor that has stopped.

        Of somebody who sat there ``before`` it takes more to say that they do no longer: one look in many errs.
        """
        if not self.scores or now_s - self.seen_s > STOPPED_S:
            return At.DOWN
        since_s = max(since_s, now_s - ASKED_S)
        if now_s - since_s >= ASKED_S and not self._traces.around(place, sitting.REACH_M, since_s):
            return At.NOBODY
        odds = self._lying_odds(place, since_s, now_s, BUSY_POINTS)
        sits = odds is not None and odds <= self._fall.sits_max + (STILL_ODDS if before else 0.0)
        return At.SITS if sits else At.DOWN

    def _more(self, place: Place, at_s: float) -> float:
        """How much surer a scorer must be where somebody has just said that all is well."""
        near_m = self._fall.near_m
        well = any(at_s < until_s and place.distance_m(where) <= near_m for where, until_s in self._answered)
        return WELL_ODDS if well else 0.0

    def _lying_odds(self, place: Place, since_s: float, now_s: float, points_min: int = 0) -> float | None:
        """What the second scorer says of who was at a place since then; None without one, or where too little was seen."""
        if self._scorers is None or not self._traces.told:
            return None
        since_s = max(since_s, now_s - ASKED_S)
        around = self._traces.around(place, sitting.REACH_M, since_s)
        if now_s - since_s < sitting.BUSY_S - FRAME_S or len(around) < points_min:
            return None
        return self._scorers.sitting(sitting.numbers(around, place, since_s, now_s))
