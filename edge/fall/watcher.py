"""Every body of a room watched for falls, and each fall asked about: scenes in, actions out.

Is: deterministic, without I/O and clocks of its own; what a restarted device needs is ``standing`` and ``uprights``.
Each body has its own watch, so a second person's fall is watched for while the first is asked about; at one place only one
incident stands at a time. Time runs on without scenes for what was asked, and only for that: a sensor that has stopped
proves nothing.
Is not: a judge of what the sensor shows; ghosts and tracks are perception's.
"""

from collections.abc import Sequence
from math import inf

from contract.ids import NewUlid, Ulid
from contract.messages import Evidence
from edge.fall import incident as asked
from edge.fall.drop import WAIT_S, Seen
from edge.fall.followed import Followed
from edge.fall.incident import Action, Incident, Note, Now, Open, Phase, Say, Tell
from edge.fall.lying import Came, Lie
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.stay import BathStay
from edge.fall.suspicion import FallKind, Suspicion, of_drop, of_lie
from edge.fall.zones import RESTING, SOFT, ZoneKind, Zones, ZoneSettings

__all__ = ["Action", "FallWatcher", "Incident", "Note", "Now", "Phase", "Say", "Tell"]

FRESH_S = 0.8
"""A height older than this is of another moment; three frames at 3.8 Hz."""
GAP_S = 30.0
"""A body last seen upright longer before a restart than this may have lain down in peace."""
AFTER_GAP_S = 60.0
"""Somebody who lies still gives some reflections a second: time to see that they are near the floor."""
ADOPT_S = 30.0
"""A vanished track's memory waits so long for the track that goes on with it: a bare cloud breaks tracks in falls."""
BED_S = 120.0
"""Somebody still in bed gives no reflections: so long after one was last seen there, the floor beside it is its end."""
BESIDE_M = 1.2
"""From the bed's edge to the middle of somebody who slid out."""
COMPANY_M = 4.0
"""Somebody upright within this can see the one who fell."""
ROSE_S = 10.0
"""Upright so soon after a drop that was let go makes it a fall somebody got up from."""
ROSE_M = 0.8
"""A new track this near to somebody who lay there is them, risen; farther off it is somebody else."""
PET_SPREAD_M = 0.3
"""What was never tall and is smaller than this along the floor is no person lying there."""
MODULE_CONFIDENCE = 0.6
"""A ready-made module's own verdict: nobody here has measured it."""


class FallWatcher:
    """The rules over all bodies, and the incidents in hand."""

    def __init__(
        self, fall: FallSettings, ask: AskSettings, zones: Sequence[ZoneSettings], new_ulid: NewUlid
    ) -> None:
        self._fall = fall
        self._ask = ask
        self._zones = Zones(zones)
        self._zoned = bool(zones)
        self._new_ulid = new_ulid
        self._followed: dict[int, Followed] = {}
        self._open: list[Open] = []
        self._bath = BathStay(fall.bath_max_s) if self._zones.has(ZoneKind.BATH) else None
        self._verdict = False
        self._fresh: list[Body] = []

    # --- what goes in -----------------------------------------------------------------------------

    def step(self, scene: Scene | None, now: Now) -> list[Action]:
        """One frame, or None when only time has passed; ``now`` must not fall."""
        actions: list[Action] = []
        if scene is not None:
            if scene.bodies or self._followed or scene.fallen is not None or self._bath is not None:
                for why in self._watch(scene, now, actions):
                    actions += self._suspect(why, now)
            elif self._fresh:
                self._fresh = []
        if self._open:
            self._carry_on(scene, now, actions)
        return actions

    def button(self, now: Now) -> list[Action]:
        """The resident pressed the button."""
        return self.answered("button", now)

    def knock(self, now: Now) -> list[Action]:
        """The resident knocked as they were asked to."""
        return self.answered("knock", now)

    def answered(self, by: str, now: Now) -> list[Action]:
        """A question is answered: the one asked first, because one answer is one person's."""
        for n, open_ in enumerate(self._open):
            if open_.phase is Phase.ASKING:
                after, actions = asked.cancel(open_, by, now)
                self._open[n] = after or open_
                return actions
        return []

    def loud(self) -> list[Action]:
        """A voice was heard while it asked, and nobody can say which words: it goes with the alert."""
        self._open = [asked.loud(open_) for open_ in self._open]
        return []

    def closed(self, incident: Ulid) -> bool:
        """People have ended a confirmed incident: watch anew, with nothing more to tell."""
        before = len(self._open)
        self._open = [o for o in self._open if o.incident.id != incident or o.phase is not Phase.CONFIRMED]
        return len(self._open) < before

    def resume(self, incidents: Sequence[Incident], now: Now) -> list[Action]:
        """After a restart: go on with what stood."""
        actions: list[Action] = []
        for incident in incidents:
            open_, told = asked.resume(incident, self._ask, now)
            self._open.append(open_)
            actions += told
        return actions

    def after_gap(self, uprights: Sequence[Seen], now: Now) -> None:
        """After a restart: who was upright just before and lies there now has fallen in between."""
        for n, upright in enumerate(uprights):
            if 0.0 <= now.s - upright.at_s <= GAP_S:
                before = Followed(-1 - n, upright.place, now.s)
                # Two, because a drop needs two moments of a standing body.
                before.kept, before.kept_until_s = (upright, upright), now.s + AFTER_GAP_S
                before.own_m, before.gone = upright.height_m, True
                self._followed[before.track] = before

    # --- what can be seen -------------------------------------------------------------------------

    @property
    def standing(self) -> tuple[Incident, ...]:
        """Incidents that a restarted device takes up again."""
        return tuple(o.incident for o in self._open if o.phase in (Phase.ASKING, Phase.CONFIRMED))

    @property
    def open(self) -> tuple[Incident, ...]:
        """All incidents in hand, those that have just ended too."""
        return tuple(o.incident for o in self._open)

    @property
    def fresh(self) -> Sequence[Body]:
        """The bodies of the last scene whose height is of that moment."""
        return self._fresh

    @property
    def shown(self) -> Incident | None:
        """The incident a page shows: one that asks before one that waits, and that before one that has ended."""
        order = (Phase.ASKING, Phase.CONFIRMED, Phase.RECOVERED, Phase.CANCELLED)
        return min(
            (o.incident for o in self._open), key=lambda incident: order.index(incident.phase), default=None
        )

    @property
    def phase(self) -> Phase:
        """Of what is shown; suspected while a drop is being held."""
        if self.shown is not None:
            return self.shown.phase
        held = any(body.drop.low for body in self._followed.values())
        return Phase.SUSPECTED if held else Phase.IDLE

    @property
    def uprights(self) -> tuple[Seen, ...]:
        """Where bodies were last seen upright, those that went down since not."""
        return tuple(body.upright for body in self._followed.values() if body.upright is not None)

    # --- bodies -----------------------------------------------------------------------------------

    def _watch(self, scene: Scene, now: Now, actions: list[Action]) -> list[Suspicion]:
        at_s, fall = scene.at_s, self._fall
        found: list[Suspicion] = []
        fresh = self._fresh = [body for body in scene.bodies if at_s - _measured_s(body) < FRESH_S]
        for body in fresh:
            self._see(body, at_s, actions)
        for followed in self._followed.values():
            low = followed.drop.low
            if low is not None:
                held = followed.drop.held(at_s, fall, AFTER_GAP_S if followed.kept else WAIT_S)
                if held is not None and followed.zone not in SOFT:
                    found.append(of_drop(held, fall, at_s, self._tags(followed, now)))
                    followed.kept = ()
            lie = followed.lie
            if lie is not None and lie.lasts(at_s, fall) and self._of_a_person(followed, lie):
                tags = self._tags(followed, now)
                found.append(of_lie(lie, fall, at_s, followed.shift_m(fall), tags))
        if len(self._followed) > len(fresh):
            self._forget(at_s)
        if self._bath is not None:
            found += self._bathing(at_s, now)
        if scene.fallen is not None:
            found += self._module(scene)
        return found

    def _see(self, body: Body, at_s: float, actions: list[Action]) -> None:
        fall = self._fall
        followed = self._followed.get(body.track) or self._begin(body, at_s)
        height_m = body.height_m
        if height_m >= fall.standing_m:
            followed.stand(body, at_s)
            if followed.rose is not None:
                self._got_up(followed, at_s, actions)
        followed.seen_s, followed.place, followed.gone = at_s, body.place, False
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
        elif height_m <= fall.lying_m + shift_m and body.heights_m and followed.zone not in RESTING:
            followed.lie = self._lie(followed, body, at_s)

    def _begin(self, body: Body, at_s: float) -> Followed:
        """A new track goes on with what a vanished one near by was at."""
        low = body.height_m <= self._fall.floor_m
        near = [
            (far_m, other.track)
            for other in self._followed.values()
            if (other.seen_s < at_s or other.gone)
            and (far_m := other.place.distance_m(body.place))
            <= (self._fall.moved_max_m if low or other.lie is None else ROSE_M)
        ]
        best = min(near, default=None)
        if best is not None:
            followed = self._followed.pop(best[1])
            followed.track = body.track
        else:
            followed = Followed(body.track, body.place, at_s)
        self._followed[body.track] = followed
        return followed

    def _lie(self, followed: Followed, body: Body, at_s: float) -> Lie:
        fall, upright = self._fall, followed.upright
        if at_s - followed.bed_s <= BED_S and (upright is None or upright.at_s < followed.bed_s):
            beside = self._zones.distance_m(ZoneKind.BED, body.place) <= BESIDE_M
            came = Came.OUT_OF_BED if beside else Came.UNSEEN
        else:
            down = upright is not None and at_s - upright.at_s <= fall.slow_within_s
            came = Came.DOWN if down else Came.UNSEEN
        lie = Lie(at_s, body.place, came, upright, at_s, body.height_m, spread_m=body.spread_m)
        lie.see(body, at_s, fall, followed.shift_m(fall), person=followed.person)
        return lie

    @staticmethod
    def _of_a_person(followed: Followed, lie: Lie) -> bool:
        return followed.person or lie.spread_m >= PET_SPREAD_M

    def _got_up(self, followed: Followed, at_s: float, actions: list[Action]) -> None:
        assert followed.rose is not None  # noqa: S101 - asked by the caller
        low, let_go_s = followed.rose
        followed.rose = None
        if at_s - let_go_s <= ROSE_S:
            fields = {"drop_m": round(low.drop_m, 2), "down_s": round(at_s - low.first.at_s, 1)}
            actions.append(Note("recovered_fall", fields))

    def _forget(self, at_s: float) -> None:
        """Let go of vanished tracks that nothing hangs on any more."""
        gone = [followed for followed in self._followed.values() if at_s - followed.seen_s >= FRESH_S]
        for followed in gone:
            if followed.lie is not None:
                lie = followed.lie
                if at_s - lie.seen_s < 2 * self._fall.long_lie_s:
                    continue
            left = followed.zone is ZoneKind.DOOR and followed.drop.low is None
            keep_s = BED_S if followed.zone is ZoneKind.BED else ADOPT_S
            if (at_s - followed.seen_s >= keep_s or left) and at_s >= followed.kept_until_s:
                del self._followed[followed.track]

    def _tags(self, followed: Followed, now: Now) -> tuple[Evidence, ...]:
        """Where and when it was, and who else is there."""
        tags: list[Evidence] = []
        if followed.zone is ZoneKind.BATH:
            tags.append(Evidence("in_bath", 1.0, "flag"))
        if now.night:
            tags.append(Evidence("at_night", 1.0, "flag"))
        others = sum(
            body.track != followed.track
            and body.height_m >= self._fall.standing_m
            and body.place.distance_m(followed.place) <= COMPANY_M
            for body in self._fresh
        )
        if others:
            tags.append(Evidence("others", float(others), "person"))
        return tuple(tags)

    def _bathing(self, at_s: float, now: Now) -> list[Suspicion]:
        assert self._bath is not None  # noqa: S101 - asked by the caller
        in_bath = [f for f in self._followed.values() if f.zone is ZoneKind.BATH]
        upright_outside = any(
            b.height_m >= self._fall.standing_m and self._zones.kind_at(b.place) is not ZoneKind.BATH
            for b in self._fresh
        )
        return self._bath.see(in_bath, at_s, out=upright_outside, fall=self._fall, night=now.night)

    def _module(self, scene: Scene) -> list[Suspicion]:
        """A ready-made module's verdict counts when it begins; it must end before it counts again."""
        begins = bool(scene.fallen) and not self._verdict
        self._verdict = bool(scene.fallen)
        if not begins:
            return []
        lowest = min(self._fresh, key=lambda body: body.height_m, default=None)
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

    # --- incidents --------------------------------------------------------------------------------

    def _suspect(self, why: Suspicion, now: Now) -> list[Action]:
        """Ask, unless an incident at this place stands already."""
        near_m = self._fall.near_m
        if any(other.incident.place.distance_m(why.place) <= near_m for other in self._open):
            return []
        begun, actions = asked.begin(self._new_ulid(now.unix_ms), why, self._ask, now)
        self._open.append(begun)
        for followed in self._followed.values():
            if followed.lie is not None and followed.place.distance_m(why.place) <= self._fall.near_m:
                followed.lie.told_s = now.s
        return actions

    def _carry_on(self, scene: Scene | None, now: Now, actions: list[Action]) -> None:
        still: list[Open] = []
        for before in self._open:
            seen = asked.see(before, self._fresh, scene.at_s, self._fall) if scene is not None else before
            after, following = asked.carry_on(seen, self._fall, self._ask, now)
            actions += following
            if after is not None:
                still.append(after)
        self._open = still


def _measured_s(body: Body) -> float:
    """When its height was last measured; a perception that does not say measures whenever it sees."""
    return body.measured_s if body.measured_s > -inf else body.seen_s
