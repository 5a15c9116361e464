"""Random histories for the safety kernel, and a referee that writes down independently what must never be.

A history is a site (settings drawn at random) and some dozens of events: looks at troops, bears, people and empty
fields, blindness, mutes, the emergency stop, restarts, a clock that is set, lost or moved, remote shots right and
wrong. The kernel answers; the referee keeps its own notes of what really happened and holds every shot to the rules.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from edge.repel import safety
from edge.repel.output_kinds import OutputKind
from edge.repel.safety import Grant, Moment, SafetyState, Shot
from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings
from edge.repel.sun import daylight

ZONE = timezone(timedelta(hours=9))
VISIT = "01J00000000000000000000001"
FIRST_MS = 1_735_657_200_000  # 2025-01-01 00:00 in Japan
PERSON_CLEAR_S = 30.0
REMOTE_S = 30.0


@dataclass(slots=True)
class Played:
    """Of one history or many: shots granted, why others were not, and what broke a rule."""

    histories: int = 0
    looks: int = 0
    shots: int = 0
    remote_shots: int = 0
    vetoes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Played") -> None:
        """Take the other's counts in."""
        self.histories += other.histories
        self.looks += other.looks
        self.shots += other.shots
        self.remote_shots += other.remote_shots
        self.vetoes += other.vetoes
        self.broken += other.broken


def a_site(rng: random.Random) -> RepelSettings:
    """Settings as a technician might write them, sane and odd ones."""
    kinds = rng.choices([OutputKind.RELAY, OutputKind.STROBE, OutputKind.WATER], k=rng.randint(1, 3))
    outputs = [
        {
            "name": f"out-{pin}",
            "stimulus": kind.value,
            "kind": kind,
            "pin": pin,
            "max_on_s": rng.uniform(0.2, 10),
        }
        for pin, kind in enumerate(kinds)
    ]
    sun = rng.random() < 0.7
    start = rng.randint(0, 12)
    table = {
        "armed": rng.random() < 0.97,
        "outputs": outputs,
        "hours": {"from": f"{start:02}:00", "to": f"{rng.choice([*range(start + 1, 24), 0]):02}:00"},
        "daylight_only": sun,
        "place": {"latitude_deg": rng.uniform(24, 46), "longitude_deg": rng.uniform(123, 146)},
        "dwelling_m": rng.choice([50.0, 199.0, 200.0, 500.0]),
        "gap_s": rng.choice([20.0, 30.0, 120.0]),
        "daily_dose": rng.choice([0, 1, 2, 5, 12]),
        "person_clear_s": PERSON_CLEAR_S,
        "on_s": rng.uniform(0.1, 10),
    }
    if not any(kind is not OutputKind.RELAY for kind in kinds) and float(str(table["dwelling_m"])) < 200:
        table["armed"] = False
    return RepelSettings.model_validate(table)


@dataclass(slots=True)
class _World:
    """The truth beside the kernel: when what was there. Unlike the kernel it never forgets."""

    settings: RepelSettings
    at_s: float = 0.0
    unix_ms: int = FIRST_MS
    trusted: bool = True
    person_s: float = -math.inf
    blind_s: float = -math.inf
    bear_s: float = -math.inf
    shots_s: list[float] = field(default_factory=list)
    shots_on: Counter[date] = field(default_factory=Counter)
    muted_until_ms: int = 0
    stopped: bool = False
    challenges: dict[str, float] = field(default_factory=dict)
    """Issued and not yet used: when it was issued."""
    used: str = "never issued"

    @property
    def now(self) -> Moment:
        local = datetime.fromtimestamp(self.unix_ms / 1000, ZONE) if self.trusted else None
        return Moment(self.at_s, self.unix_ms, local)

    def pass_time(self, seconds: float) -> None:
        self.at_s += seconds
        self.unix_ms += round(seconds * 1000)

    def look(self, scene: Scene) -> None:
        if not scene.eye_ok:
            self.blind_s = self.at_s
            return
        if scene.person_in_view:
            self.person_s = self.at_s
        if scene.bear_in_view or scene.species == "bear":
            self.bear_s = self.at_s


class History:
    """One history; ``play`` runs it to its end."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._seed = seed
        self._settings = a_site(self._rng)
        self._world = _World(self._settings)
        # Most begin by day, where there is something to forbid.
        self._world.pass_time(86_400 * self._rng.randrange(365) + 3600 * self._rng.triangular(0, 24, 9))
        self._state = safety.booted(self._settings, SafetyState(), self._world.now)
        self._world.blind_s = self._world.at_s
        self._scene = self._a_scene()
        self.played = Played(histories=1)

    def play(self, looks: int = 40) -> Played:
        """Events one after another."""
        for _ in range(looks):
            self._world.pass_time(
                self._rng.choice((0.2, 1.0, 5.0, 29.0, 31.0, 130.0)) * self._rng.uniform(0.9, 1.1)
            )
            self._upset()
            self._scene = self._a_scene()
            # A caller that forgets to tell of a look must still be held to what that look itself shows.
            if self._rng.random() > 0.03:
                self._world.look(self._scene)
                self._state = safety.seen(self._state, self._scene)
            self.played.looks += 1
            self._try()
        return self.played

    def _a_scene(self) -> Scene:
        rng = self._rng
        count = rng.choice((0, 1, 2, 3))
        species = rng.choice(("monkey",) * 18 + ("bear", "boar")) if count else None
        return Scene(
            at_s=self._world.at_s,
            visit=VISIT if count else None,
            species=species,
            count=count,
            confirmed=bool(count) and rng.random() < 0.85,
            person_in_view=rng.random() < 0.03,
            eye_ok=rng.random() > 0.02,
            bear_in_view=rng.random() < 0.01,
        )

    def _upset(self) -> None:
        """What else happens in a field, each now and then; what keeps it quiet for long ends sooner than it began."""
        rng, world = self._rng, self._world
        if rng.random() < 0.015:
            self._restart()
        if rng.random() < 0.01:
            until_ms = world.unix_ms + rng.choice((-600_000, 60_000, 600_000))
            world.muted_until_ms = max(world.muted_until_ms, until_ms)
            self._state = safety.muted(self._state, until_ms)
        if rng.random() < (0.3 if world.stopped else 0.01):
            world.stopped = not world.stopped
            self._state = safety.stop(self._state, world.now, pressed=world.stopped)
        if rng.random() < (0.01 if world.trusted else 0.3):
            world.trusted = not world.trusted
        if rng.random() < 0.01:
            moved_ms = rng.choice((-86_400_000, -3_600_000, 7_200_000, 40_000_000))
            world.unix_ms = max(FIRST_MS, world.unix_ms + moved_ms)

    def _restart(self) -> None:
        """Only what the memory file holds goes on; the machine's monotonic clock may begin anew."""
        world = self._world
        kept = SafetyState(
            shots=self._state.shots,
            attempt_ms=self._state.attempt_ms,
            muted_until_ms=self._state.muted_until_ms,
            stopped=self._state.stopped,
        )
        down_s = self._rng.choice((0.5, 5.0, 40.0))
        world.pass_time(down_s)
        self._state = safety.booted(self._settings, kept, world.now)
        world.blind_s = world.at_s
        world.challenges.clear()

    def _try(self) -> None:
        dice = self._rng.random()
        if dice < 0.2:
            self._ask_from_afar()
        elif dice < 0.5:
            self._fire_from_afar()
        else:
            names = [one.name for one in self._settings.outputs if self._rng.random() < 0.7]
            # No name is the control arm, which may switch nothing.
            on_s = self._rng.choice((0.5, 3.0, 9.0, 60.0, math.inf, math.nan, -1.0))
            answer = safety.grant(self._settings, self._state, self._scene, self._world.now, names, on_s)
            self._take(answer, names, remote=False)

    def _ask_from_afar(self) -> None:
        genuine = self._rng.random() < 0.7
        challenge = f"{self._rng.getrandbits(64):x}"
        wanted = Shot(self._rng.choice(["out-0", "out-1", "siren"]), self._rng.choice((1.0, 99.0)))
        self._state, verdict = safety.offered(
            self._state, self._world.now, wanted, challenge, genuine=genuine
        )
        if verdict.fire:
            self._broken("the first step of a remote shot fired")
        self._world.challenges = {challenge: self._world.at_s} if genuine else self._world.challenges

    def _fire_from_afar(self) -> None:
        known = list(self._world.challenges)
        challenge = self._rng.choice([*known, *known, *known, self._world.used, "guessed"])
        genuine = self._rng.random() < 0.9
        answer = safety.redeemed(
            self._settings, self._state, self._scene, self._world.now, challenge, genuine=genuine
        )
        if answer.shots:
            asked_s = self._world.challenges.get(challenge, -math.inf)
            if not genuine or self._world.at_s - asked_s >= REMOTE_S:
                self._broken("a remote shot without a signature, without a first step, or after 30 s")
        if genuine:
            self._world.used = challenge if challenge in known else self._world.used
            self._world.challenges.pop(challenge, None)
        self._take(answer, ["out-0", "out-1", "siren"], remote=True)

    def _take(self, answer: Grant, names: list[str], *, remote: bool) -> None:
        self._state = answer.state
        if answer.verdict.reason is not None:
            self.played.vetoes[answer.verdict.reason.value] += 1
        if not answer.shots:
            return
        self.played.shots += 1
        self.played.remote_shots += remote
        for broken in judge_shot(self._world, self._scene, answer.shots, names, remote=remote):
            self._broken(broken)
        self._world.shots_s.append(self._world.at_s)
        self._world.shots_on[self._local().date()] += 1

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._world.unix_ms / 1000, ZONE)

    def _broken(self, what: str) -> None:
        self.played.broken.append(f"history {self._seed}: {what}")


def judge_shot(
    world: _World, scene: Scene, shots: tuple[Shot, ...], names: list[str], *, remote: bool
) -> list[str]:
    """Every rule as a person would state it, from the world's own notes; the names of those that are broken."""
    settings, local = world.settings, datetime.fromtimestamp(world.unix_ms / 1000, ZONE)
    outputs = {one.name: one for one in settings.outputs}
    rules = {
        "not armed": settings.armed,
        "a person in view or in the last 30 s": not scene.person_in_view
        and world.at_s - world.person_s >= PERSON_CLEAR_S,
        "a blind eye now or in the last 30 s": scene.eye_ok and world.at_s - world.blind_s >= PERSON_CLEAR_S,
        "a bear": scene.species != "bear" and world.at_s - world.bear_s >= PERSON_CLEAR_S,
        "no confirmed monkey": (scene.confirmed and scene.species == "monkey" and scene.count > 0)
        or (remote and scene.species in {None, "monkey"}),
        "outside the hours of the clock": world.trusted and _by_the_clock(settings, local),
        "outside the hours of the sun": not settings.daylight_only or _by_the_sun(settings, local),
        "dose": world.shots_on[local.date()] < settings.daily_dose,
        "gap": not world.shots_s or world.at_s - world.shots_s[-1] >= settings.gap_s - 1e-6,
        "mute": world.unix_ms >= world.muted_until_ms,
        "emergency stop": not world.stopped,
        "longer than the maximum": all(
            0 < one.on_s <= min(10.0, outputs[one.output].max_on_s) for one in shots
        ),
        "not asked for": all(one.output in names for one in shots),
        "loud and near": all(
            outputs[one.output].kind is not OutputKind.RELAY or (settings.dwelling_m or 0) >= 200
            for one in shots
        ),
    }
    return [rule for rule, kept in rules.items() if not kept]


def _by_the_clock(settings: RepelSettings, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    last = (settings.hours.end.hour * 60 + settings.hours.end.minute) or 24 * 60
    return settings.hours.start.hour * 60 + settings.hours.start.minute <= minute < last


def _by_the_sun(settings: RepelSettings, local: datetime) -> bool:
    if settings.place is None:
        return False
    sun = daylight(local.date(), settings.place.latitude_deg, settings.place.longitude_deg)
    return sun is not None and sun[0] <= local < sun[1]


def play(first: int, histories: int, looks: int = 40) -> Played:
    """Histories ``first`` to ``first + histories``: each number is its own seed."""
    total = Played()
    for seed in range(first, first + histories):
        total.add(History(seed).play(looks))
    return total
