"""A folder's recordings measured with the committed settings, and grouped as a report shows them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from edge.fall.settings import FallSettings, MountSettings
from models.falls.kinds import SETUPS, Setup
from models.falls.mounting import measured_mount
from models.falls.opening import Found
from models.falls.recording import LIES, Kind, Recording
from models.falls.scoring import Alarm, Result, Tally, score, tally, together
from models.falls.watching import Installed, watch_all

FAST = frozenset(
    {"forward", "back", "side", "trip", "faint", "off_chair", "in_bath", "at_door", "recovered",
     "sideways", "towards the sensor", "away from the sensor", "fall"}
)  # fmt: skip
"""Kinds of fall, of simulated homes and of labels, that are over within some 1.5 s."""
UNKNOWN = "cause unknown"
STILL = "lying still"
"""What somebody or something does that is seldom the cause of anything."""
Progress = Callable[[str], None]
ANSWERED_S = 8.0
"""Where nothing is labelled, a question is answered after this: acted falls come seconds apart, and each should show."""


@dataclass(slots=True)
class Measured:
    """Everything a report says; ``notes`` are sentences about what was left out and why."""

    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    setups: dict[str, str] = field(default_factory=dict)
    answers: tuple[float, float] | None = None
    """Of simulated homes: the share of questions that somebody awake answers, and of sleepers the share that wakes."""

    def as_recorded(self) -> list[Result]:
        """Without the deliberate errors."""
        return [result for result in self.results if not result.variant]

    def by(self, key: Callable[[Result], str]) -> dict[str, Tally]:
        """Tallies by any name, in the order of first meeting; variants count apart."""
        groups: dict[str, list[Result]] = {}
        for result in self.results:
            name = f"{key(result)}, {result.variant}" if result.variant else key(result)
            groups.setdefault(name, []).append(result)
        return {name: tally(results) for name, results in groups.items()}

    def by_cause(self) -> dict[str, list[Alarm]]:
        """Needless questions by what moved and had begun last when they were asked, most frequent first."""
        groups: dict[str, list[Alarm]] = {}
        for result in self.as_recorded():
            for alarm in result.alarms if result.truth.complete else ():
                moving = [cause for cause in alarm.causes if not cause.endswith(STILL)]
                groups.setdefault((*moving, *alarm.causes, UNKNOWN)[0], []).append(alarm)
        return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))

    def by_fall_kind(self) -> dict[str, Tally]:
        """Recall and latency by the kind of fall, as labels name it."""
        tallies: dict[str, Tally] = {}
        for result in self.as_recorded():
            for event in result.events:
                if event.fall.kind == LIES:
                    continue
                one = tallies.setdefault(event.fall.kind, Tally())
                one.count(event)
        fast = [one for kind, one in tallies.items() if kind in FAST]
        shown = dict(sorted(tallies.items()))
        if len(fast) > 1:
            shown["fast falls"] = together(fast)
        return shown


def measure(
    found: Found,
    *,
    setups: Mapping[Kind, Setup] = SETUPS,
    fall: FallSettings | None = None,
    progress: Progress | None = None,
) -> Measured:
    """Every recording of ``found``; ``fall`` stands in for the kinds' own settings when settings are being chosen."""
    measured = Measured(notes=list(found.refused))
    for recording in found.recordings:
        setup = setups.get(recording.kind)
        if setup is None:
            measured.notes.append(
                f"{recording.name}: no mount is known for {recording.kind}: give one in notes.json"
            )
            continue
        if progress is not None:
            progress(recording.name)
        mount, source = mounted(recording, setup, found.mounts.get(recording.file))
        measured.results.append(measure_one(recording, setup.installed(mount, fall)))
        name = f"{recording.kind}, {recording.file}" if setup.calibrates else recording.kind
        measured.setups[name] = f"{mount.height_m:g} m, {mount.tilt_deg:g} deg down: {source}"
    if found.unknown:
        measured.notes.append("not a recording of a known format: " + ", ".join(found.unknown_in_words()))
    return measured


def measure_one(recording: Recording, installed: Installed) -> Result:
    """One recording, from its readings to its score."""
    known = recording.truth.complete or recording.truth.falls
    answered_s = None if known else ANSWERED_S
    watched = watch_all(recording.readings(), installed, falls=recording.truth.falls, answered_s=answered_s)
    return score(recording, watched)


def mounted(recording: Recording, setup: Setup, noted: MountSettings | None) -> tuple[MountSettings, str]:
    """A recording's mount and where it comes from: written down, measured from its walks, or its kind's."""
    if noted is not None:
        return noted, "from the notes beside it"
    if not setup.calibrates:
        return setup.mount, setup.source
    mount, how = measured_mount(recording, setup.mount.tilt_deg)
    return (setup.mount, f"{setup.source} (its own: {how})") if mount is None else (mount, how)


def evaluable(results: Iterable[Result]) -> bool:
    """Whether there is anything in it that a figure could be made of."""
    return any(result.watched.frames for result in results)
