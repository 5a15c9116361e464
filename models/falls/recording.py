"""A recording as evaluation sees it: readings of one sensor over time, and what is known of what happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge.fall.scene import Scene
from edge.sensors.readings import DepthFrame, PointCloud


class DataError(ValueError):
    """A file that cannot be evaluated; the message says why and what would help."""


class Kind(StrEnum):
    """Sensor and the way it hangs: what one setting holds for."""

    IWR6843 = "iwr6843"
    """People tracking firmware, on a wall."""
    IWR6843_OUT_OF_BOX = "iwr6843_out_of_box"
    IWRL6432 = "iwrl6432"
    IWR1843_FRONT = "iwr1843_front"
    IWR1843_SIDE = "iwr1843_side"
    IWR1843_TOP = "iwr1843_top"
    DEPTH = "depth"
    DEPTH_FEATURES = "depth_features"
    SIMULATED = "simulated"


LIES = "lies there"


@dataclass(frozen=True, slots=True)
class TrueFall:
    """A fall that happened; ``at_s`` is when balance was lost, as well as the labels know.

    A suspicion before ``since_s`` or after ``latest_s`` is not of this fall: the person was not down yet, or up again.
    Of the kind LIES nobody falls: somebody lies on the floor from the start. ``seen`` is False where the sensor cannot
    look: such a fall counts apart.
    """

    at_s: float
    kind: str = "fall"
    latest_s: float = float("inf")
    why: str = ""
    since_s: float | None = None
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """What went on between two moments, s: the likely cause of an alarm that should not have been."""

    from_s: float
    to_s: float
    what: str


@dataclass(frozen=True, slots=True)
class Truth:
    """``complete``: every fall is listed, so any other alarm is a false one. ``source`` names who says so."""

    falls: tuple[TrueFall, ...] = ()
    complete: bool = False
    source: str = "unlabelled"
    spans: tuple[Span, ...] = ()

    def during(self, at_s: float, before_s: float = 4.0) -> list[str]:
        """What went on in the seconds up to ``at_s``, without repeats, latest first."""
        met = [span for span in self.spans if span.from_s <= at_s and span.to_s >= at_s - before_s]
        return list(dict.fromkeys(span.what for span in sorted(met, key=lambda span: -span.from_s)))


Reading = PointCloud | DepthFrame | Scene


@dataclass(frozen=True, slots=True)
class Recording:
    """One stretch of one sensor. ``unit`` is what must not be split between choosing and checking.

    ``readings`` may be called more than once. ``variant`` names a deliberate error (a floor measured wrong), "" for
    the recording as it is; variants count apart.
    """

    name: str
    file: str
    kind: Kind
    duration_s: float
    readings: Callable[[], Iterable[Reading]] = field(repr=False)
    truth: Truth = Truth()
    unit: str = ""
    variant: str = ""

    def known(self, truth: Truth) -> "Recording":
        """The same recording with what somebody wrote down about it."""
        return replace(self, truth=truth)
