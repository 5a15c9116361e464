"""Every body of a room watched for falls, and each fall asked about: scenes in, actions out.

Is: deterministic, without I/O and clocks of its own; what a restarted device needs is ``standing`` and ``uprights``.
Each body has its own watch, so a second person's fall is watched for while the first is asked about; at one place only one
incident stands at a time. Time runs on without scenes for what was asked, and only for that: a sensor that has stopped
proves nothing.
"""

from collections.abc import Sequence

from contract.ids import NewUlid, Ulid
from edge.fall import incident as asked
from edge.fall.bodies import BodiesWatch
from edge.fall.drop import Seen
from edge.fall.incident import Action, At, Incident, Note, Now, Open, Phase, Say, Tell
from edge.fall.lying import Lie
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.sitting import Scorers
from edge.fall.suspicion import Suspicion
from edge.fall.zones import ZoneSettings

__all__ = ["Action", "FallWatcher", "Incident", "Note", "Now", "Phase", "Say", "Tell"]

ENDED = (Phase.CANCELLED, Phase.RECOVERED)
"""Entered while time goes on only by standing up."""
STANDING = (Phase.ASKING, Phase.CONFIRMED, Phase.SITTING)


class FallWatcher:
    """The incidents in hand, and the bodies that may lead to one."""

    def __init__(
        self,
        fall: FallSettings,
        ask: AskSettings,
        zones: Sequence[ZoneSettings],
        new_ulid: NewUlid,
        scorers: Scorers | None = None,
    ) -> None:
        self._fall = fall
        self._ask = ask
        self._new_ulid = new_ulid
        self._bodies = BodiesWatch(fall, zones, scorers)
        self._open: list[Open] = []

    # --- what goes in -----------------------------------------------------------------------------

    def step(self, scene: Scene | None, now: Now) -> list[Action]:
        """One frame, or None when only time has passed; ``now`` must not fall."""
        actions: list[Action] = []
        if scene is not None:
            for why in self._bodies.see(scene, night=now.night):
                actions += self._suspect(why, now)
            if self._bodies.got_up:
                actions += self._got_up()
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
                self._bodies.judge.answered(open_.incident.place, now.s)
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
        self._bodies.after_gap(uprights, now.s)

    # --- what can be seen -------------------------------------------------------------------------

    @property
    def standing(self) -> tuple[Incident, ...]:
        """Incidents that a restarted device takes up again."""
        return tuple(o.incident for o in self._open if o.phase in STANDING)

    @property
    def open(self) -> tuple[Incident, ...]:
        """All incidents in hand, those that have just ended too."""
        return tuple(o.incident for o in self._open if o.phase is not Phase.SITTING)

    @property
    def fresh(self) -> Sequence[Body]:
        """The bodies of the last scene whose height is of that moment."""
        return self._bodies.fresh

    @property
    def shown(self) -> Incident | None:
        """The incident a page shows: one that asks before one that waits, and that before one that has ended."""
        order = (Phase.ASKING, Phase.CONFIRMED, Phase.RECOVERED, Phase.CANCELLED)
        return min(self.open, key=lambda incident: order.index(incident.phase), default=None)

    @property
    def phase(self) -> Phase:
        """Of what is shown; suspected while a drop is being held."""
        shown = self.shown
        if shown is not None:
            return shown.phase
        return Phase.SUSPECTED if self._bodies.holds else Phase.IDLE

    @property
    def uprights(self) -> tuple[Seen, ...]:
        """Where each body was last seen upright."""
        return self._bodies.uprights

    @property
    def on_floor(self) -> tuple[Lie, ...]:
        """Who lies on the floor outside every zone: since when, and where."""
        return self._bodies.on_floor

    # --- incidents --------------------------------------------------------------------------------

    def _suspect(self, why: Suspicion, now: Now) -> list[Action]:
        """Ask, unless an incident at this place stands already; who only sat there till now is asked anew."""
        near_m = self._fall.near_m
        here = [other for other in self._open if other.incident.place.distance_m(why.place) <= near_m]
        if any(other.phase is not Phase.SITTING for other in here):
            return []
        sat = min(here, key=lambda other: other.first_s, default=None)
        begun, actions = asked.begin(self._new_ulid(now.unix_ms), why, self._ask, now, sat)
        self._open = [other for other in self._open if other not in here]
        self._open.append(begun)
        self._bodies.asked(why.place, now.s)
        return actions

    def _got_up(self) -> list[Action]:
        notes: list[Action] = [
            Note("recovered_fall", {"drop_m": round(low.drop_m, 2), "down_s": round(down_s, 1)})
            for low, down_s in self._bodies.got_up
        ]
        self._bodies.got_up.clear()
        return notes

    def _carry_on(self, scene: Scene | None, now: Now, actions: list[Action]) -> None:
        still: list[Open] = []
        for before in self._open:
            seen = (
                asked.see(before, self._bodies.fresh, scene.at_s, self._fall) if scene is not None else before
            )
            after, following = self._further(seen, now)
            actions += following
            if after is not None and after.phase in ENDED and before.phase not in ENDED:
                self._bodies.risen(after.incident.place)
            if after is not None:
                still.append(after)
        self._open = still

    def _further(self, seen: Open, now: Now) -> asked.Step:
        def look(place: Place, since_s: float, before: bool) -> At:  # noqa: FBT001 - Look
            return self._bodies.judge.at(place, since_s, now.s, before=before)

        after, actions = asked.carry_on(seen, self._fall, self._ask, now, look)
        if after is not None and seen.phase is after.phase is Phase.SITTING:
            after, due = asked.sat(after, now, look)
            if after is not None and due:
                return asked.again(self._new_ulid(now.unix_ms), after, self._ask, now)
        return after, actions
