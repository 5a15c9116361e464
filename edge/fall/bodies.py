"""All bodies of a room, each followed by its own watch: scenes in, suspicions out. No I/O, no clock of its own.

Is: one memory for each track, handed on to the track that goes on where one broke off. Is not: a judge of what the sensor
shows; ghosts and tracks are perception's.
"""

from collections.abc import Sequence
from math import inf

from contract.messages import Evidence
from edge.fall.drop import WAIT_S, Low, Seen
from edge.fall.followed import Followed
from edge.fall.judge import JUDGED_S, Judge
from edge.fall.lying import Came, Lie, lies_low
from edge.fall.place import Place
from edge.fall.scene import Body, Reflection, Scene
from edge.fall.settings import FallSettings
from edge.fall.sitting import Scorers
from edge.fall.stay import BathStay
from edge.fall.suspicion import FallKind, Suspicion, of_descent, of_drop, of_lie
from edge.fall.zones import RESTING, SOFT, ZoneKind, Zones, ZoneSettings

FRESH_S = 0.8
"""A height older than this is of another moment; three frames at 3.8 Hz."""
GAP_S = 30.0
"""A body last seen upright longer before a restart than this may have lain down in peace."""
AFTER_GAP_S = 60.0
"""Somebody who lies still gives some reflections a second: time to see that they are near the floor."""
ADOPT_S = 30.0
"""A vanished track's memory waits so long for the track that goes on with it: a bare cloud breaks tracks in falls."""
SILENT_S = 60.0
"""A body far off that lies still may give too few reflections for a height for so long."""
BED_S = 120.0
"""Somebody still in bed gives no reflections: so long after one was last seen there, the floor beside it is its end."""
BESIDE_M = 1.2
"""From the bed's edge to the middle of somebody who slid out."""
BESIDE_S = 60.0
"""Whoever slides out of a bed the scorer has mostly found by then; who folds washing beside it has risen."""
COMPANY_M = 4.0
"""Somebody upright within this can see the one who fell."""
ROSE_S = 10.0
"""Upright so soon after a drop that was let go makes it a fall somebody got up from."""
UNSEEN_S = 10.0
"""Of two tracks of one lying body one goes silent for good when it rises; one that lies there is seen again by then."""
ROSE_M = 0.8
"""A new track this near to somebody who lay there is them, risen; farther off it is somebody else."""
MODULE_CONFIDENCE = 0.6
"""A ready-made module's own verdict: nobody here has measured it."""


class BodiesWatch:
    """Every body of every scene; ``fresh`` are those of the last one whose height is of that moment."""

    def __init__(
        self, fall: FallSettings, zones: Sequence[ZoneSettings], scorers: Scorers | None = None
    ) -> None:
        self._fall = fall
        self.judge = Judge(fall, scorers)
        self._zones = Zones(zones)
        self._zoned = bool(zones)
        self._bath = BathStay(fall.bath_max_s) if self._zones.has(ZoneKind.BATH) else None
        self._verdict = False
        self.followed: dict[int, Followed] = {}
        self.fresh: list[Body] = []
        self.got_up: list[tuple[Low, float]] = []
        """Drops that met a fall's bounds and ended with standing before any question, and how long they took."""

    @property
    def uprights(self) -> tuple[Seen, ...]:
        """Where each body was last seen upright."""
        return tuple([body.upright for body in self.followed.values() if body.upright is not None])

    @property
    def on_floor(self) -> tuple[Lie, ...]:
        """Who lies on the floor outside every zone, as far as it is a person's size."""
        return tuple(
            [f.lie for f in self.followed.values() if f.lie is not None and self._of_a_person(f, f.lie)]
        )

    @property
    def holds(self) -> bool:
        """Whether a drop is being held just now."""
        return any(body.drop.low for body in self.followed.values())

    def after_gap(self, uprights: Sequence[Seen], now_s: float) -> None:
        """After a restart: who was upright just before and lies there now has fallen in between."""
        for n, upright in enumerate(uprights):
            if 0.0 <= now_s - upright.at_s <= GAP_S:
                before = Followed(-1 - n, upright.place, now_s)
                # Two, because a drop needs two moments of a standing body.
                before.kept, before.kept_until_s = (upright, upright), now_s + AFTER_GAP_S
                before.own_m, before.gone = upright.height_m, True
                self.followed[before.track] = before

    def asked(self, place: Place, at_s: float) -> None:
        """Whoever lies there has been asked about: not again for a long while."""
        for followed in self.followed.values():
            if followed.lie is not None and followed.place.distance_m(place) <= self._fall.near_m:
                followed.lie.told_s = at_s

    def risen(self, place: Place) -> None:
        """Who was asked about has stood up: nobody is remembered lying there; who still does is seen again."""
        for followed in self.followed.values():
            if followed.lie is not None and followed.place.distance_m(place) <= self._fall.near_m:
                followed.lie = None

    def see(self, scene: Scene, *, night: bool) -> list[Suspicion]:
        """One frame; returns what has just become a suspicion. ``got_up`` is what came to nothing in it."""
        at_s, fall = scene.at_s, self._fall
        self.judge.seen_s = at_s
        if not scene.bodies and not self.followed and scene.fallen is None and self._bath is None:
            self.fresh = []
            return []
        found: list[Suspicion] = []
        fresh = self.fresh = [body for body in scene.bodies if at_s - _measured_s(body) < FRESH_S]
        for body in fresh:
            self._see(body, at_s)
        self.judge.take(scene)
        if self.judge.scores:
            found += self._score(scene, night=night)
        for followed in self.followed.values():
            if followed.drop.low is not None:
                found += self._dropped(followed, scene, night=night)
            if followed.lie is not None and followed.lie.lasts(at_s, fall):
                found += self._lain(followed, followed.lie, at_s, night=night)
        if len(self.followed) > len(fresh):
            self._forget(at_s, {body.track for body in scene.bodies})
        if self._bath is not None:
            found += self._bathing(at_s, night=night)
        if scene.fallen is not None:
            found += self._module(scene)
        return found

    def _score(self, scene: Scene, *, night: bool) -> list[Suspicion]:
        """What the scorer makes of bodies that were upright and are not seen so any more."""
        at_s, fall, found = scene.at_s, self._fall, []
        for body in scene.bodies:
            followed = self.followed.get(body.track)
            descent = followed.descent if followed is not None else None
            if followed is None or descent is None or not descent.due(at_s) or followed.zone in SOFT:
                continue
            values, shift_m = self.judge.look(descent, body, at_s), followed.shift_m(fall)
            if self.judge.fell(descent, values, body, shift_m):
                tags = self._tags(followed, night=night)
                found.append(of_descent(descent, body, values, fall.standing_m + shift_m, at_s, tags))
                followed.descent = None
        return found

    def _dropped(self, followed: Followed, scene: Scene, *, night: bool) -> list[Suspicion]:
        """A drop that is being held."""
        fall, at_s = self._fall, scene.at_s
        followed.drop.beside(_beside(scene))
        held = followed.drop.held(at_s, fall, AFTER_GAP_S if followed.kept else WAIT_S)
        if held is None or followed.zone in SOFT or not self._borne_out(followed):
            return []
        followed.kept = ()
        return [of_drop(held, fall, at_s, self._tags(followed, night=night))]

    def _lain(self, followed: Followed, lie: Lie, at_s: float, *, night: bool) -> list[Suspicion]:
        """A lie that has lasted."""
        fall, shift_m = self._fall, followed.shift_m(self._fall)
        if self.judge.scores:
            if at_s - lie.judged_s < JUDGED_S or (
                lie.came is Came.OUT_OF_BED and at_s - lie.since_s < BESIDE_S
            ):
                return []
            lie.judged_s = at_s
        believed = lie.came is not Came.DOWN or self._borne_out(followed)
        if not (believed and self._of_a_person(followed, lie) and self.judge.lies(lie, at_s, shift_m)):
            return []
        return [of_lie(lie, fall, at_s, shift_m, self._tags(followed, night=night))]

    def _borne_out(self, followed: Followed) -> bool:
        return bool(followed.kept) or self.judge.bears_out(followed.descent, followed.place, followed.seen_s)

    def _see(self, body: Body, at_s: float) -> None:
        fall = self._fall
        followed = self.followed.get(body.track) or self._begin(body, at_s)
        followed.descend(body, at_s)
        height_m = body.height_m
        if height_m >= fall.standing_m:
            followed.stand(body, at_s)
            if followed.rose is not None:
                self._got_up(followed, at_s)
        followed.see(body.place, at_s)
        if self._zoned:
            followed.zone = self._zones.kind_at(body.place)
            if followed.zone is ZoneKind.BED:
                followed.bed_s = at_s
        shift_m = followed.shift_m(fall)
        if followed.kept and at_s >= followed.kept_until_s:
            followed.kept = ()
        ended = followed.drop.see(body, at_s, fall, shift_m, followed.kept)
        if ended is not None and ended.lies(fall):
            followed.rose = (ended, at_s)
        if followed.lie is not None:
            if followed.zone in RESTING or not followed.lie.see(
                body, at_s, fall, shift_m, person=followed.person
            ):
                followed.lie = None
        elif body.heights_m and lies_low(body, fall, shift_m) and followed.zone not in RESTING:
            followed.lie = self._lie(followed, body, at_s)

    def _begin(self, body: Body, at_s: float) -> Followed:
        """A new track goes on with what a vanished one near by was at."""
        low = body.height_m <= self._fall.floor_m
        near = [
            (far_m, other.track)
            for other in self.followed.values()
            if (other.seen_s < at_s or other.gone)
            and not self._is_past(other, at_s)
            and (far_m := other.place.distance_m(body.place))
            <= (self._fall.moved_max_m if low or other.lie is None else ROSE_M)
        ]
        best = min(near, default=None)
        if best is not None:
            followed = self.followed.pop(best[1])
            followed.track = body.track
            if low and self._fall.pets:
                followed.tall = 0  # the pet that lies down where somebody has just gone
        else:
            followed = Followed(body.track, body.place, at_s)
        self.followed[body.track] = followed
        return followed

    def _lie(self, followed: Followed, body: Body, at_s: float) -> Lie:
        fall, upright = self._fall, followed.upright
        if at_s - followed.bed_s <= BED_S and (upright is None or upright.at_s < followed.bed_s):
            beside = self._zones.distance_m(ZoneKind.BED, body.place) <= BESIDE_M
            came = Came.OUT_OF_BED if beside else Came.UNSEEN
        else:
            # Silence says nothing: somebody upright and then hardly seen may have lain there all the while.
            down = upright is not None and at_s - upright.at_s <= fall.slow_within_s + min(
                followed.silent_s, SILENT_S
            )
            came = Came.DOWN if down else Came.UNSEEN
        lie = Lie(at_s, body.place, came, upright, at_s, body.height_m, spread_m=body.spread_m)
        lie.see(body, at_s, fall, followed.shift_m(fall), person=followed.person)
        return lie

    def _of_a_person(self, followed: Followed, lie: Lie) -> bool:
        return followed.person or (not self._fall.pets and lie.spread_m >= self._fall.person_m)

    def _got_up(self, followed: Followed, at_s: float) -> None:
        assert followed.rose is not None  # noqa: S101 - asked by the caller
        low, let_go_s = followed.rose
        followed.rose = None
        if at_s - let_go_s <= ROSE_S:
            self.got_up.append((low, at_s - low.first.at_s))

    def _forget(self, at_s: float, known: set[int]) -> None:
        """Let go of vanished tracks that nothing hangs on any more."""
        gone = [followed for followed in self.followed.values() if at_s - followed.seen_s >= FRESH_S]
        for followed in gone:
            lie = followed.lie
            if lie is not None and self._stood_on(followed, lie, at_s):
                lie = followed.lie = None
            if followed.track in known and at_s - followed.seen_s < ADOPT_S + SILENT_S:
                continue
            if lie is not None and at_s - lie.seen_s < 2 * self._fall.long_lie_s:
                continue
            # Somebody who fell at the door is known until perception has given up waiting for them.
            left = self._may_have_left(followed)
            keep_s = BED_S if followed.zone is ZoneKind.BED else ADOPT_S
            if (at_s - followed.seen_s >= keep_s or left) and at_s >= followed.kept_until_s:
                del self.followed[followed.track]

    def _is_past(self, followed: Followed, at_s: float) -> bool:
        """Whether nobody else's track may be the rest of this one's."""
        unseen_s = at_s - followed.seen_s
        left = unseen_s >= FRESH_S and self._may_have_left(followed)
        keep_s = BED_S if followed.zone is ZoneKind.BED else ADOPT_S
        return left or (followed.lie is None and unseen_s >= keep_s and at_s >= followed.kept_until_s)

    def _may_have_left(self, followed: Followed) -> bool:
        return followed.zone is ZoneKind.DOOR and followed.drop.low is None

    def _stood_on(self, followed: Followed, lie: Lie, at_s: float) -> bool:
        """Whether somebody stands where what was never tall has not been seen lying for a while: it is them, risen."""
        if followed.person or at_s - lie.seen_s < UNSEEN_S:
            return False
        return any(
            b.height_m >= self._fall.standing_m and b.place.distance_m(followed.place) <= ROSE_M
            for b in self.fresh
        )

    def _tags(self, followed: Followed, *, night: bool) -> tuple[Evidence, ...]:
        """Where and when it was, and who else is there."""
        tags: list[Evidence] = []
        if followed.zone is ZoneKind.BATH:
            tags.append(Evidence("in_bath", 1.0, "flag"))
        if night:
            tags.append(Evidence("at_night", 1.0, "flag"))
        others = sum(
            body.track != followed.track
            and body.height_m >= self._fall.standing_m
            and body.place.distance_m(followed.place) <= COMPANY_M
            for body in self.fresh
        )
        if others:
            tags.append(Evidence("others", float(others), "person"))
        return tuple(tags)

    def _bathing(self, at_s: float, *, night: bool) -> list[Suspicion]:
        assert self._bath is not None  # noqa: S101 - asked by the caller
        in_bath = [f for f in self.followed.values() if f.zone is ZoneKind.BATH]
        upright_outside = any(
            b.height_m >= self._fall.standing_m and self._zones.kind_at(b.place) is not ZoneKind.BATH
            for b in self.fresh
        )
        return self._bath.see(in_bath, at_s, out=upright_outside, fall=self._fall, night=night)

    def _module(self, scene: Scene) -> list[Suspicion]:
        """A ready-made module's verdict counts when it begins; it must end before it counts again."""
        begins = bool(scene.fallen) and not self._verdict
        self._verdict = bool(scene.fallen)
        if not begins:
            return []
        lowest = min(self.fresh, key=lambda body: body.height_m, default=None)
        place = lowest.place if lowest is not None else Place(0.0, 0.0)
        evidence = (Evidence("module_verdict", 1.0, "flag"),)
        return [
            Suspicion(
                FallKind.MODULE_VERDICT,
                scene.at_s,
                place,
                self._fall.standing_m,
                MODULE_CONFIDENCE,
                0.0,
                evidence,
            )
        ]


def _measured_s(body: Body) -> float:
    """When its height was last measured; a perception that does not say measures whenever it sees."""
    return body.measured_s if body.measured_s > -inf else body.seen_s


def _beside(scene: Scene) -> list[Reflection]:
    """What no body that is told of has."""
    told = {body.track for body in scene.bodies}
    return [one for track, seen in scene.seen.items() if track not in told for one in seen]
