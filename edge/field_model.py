"""The networks of a field and how far they are trusted: tested at start, after a change, every night; swapped when new.

Is: what stands between a network that fails in any way and the repeller. Is not: a judge of accuracy; that is measured
before a model is installed.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from edge.clock import Clock
from edge.wildlife.boxes import BoxPx
from edge.wildlife.detections import Carded, FindsAnimals
from edge.wildlife.eye import Eye, Look
from edge.wildlife.naming import Namer
from edge.wildlife.self_test import golden_beside, self_test
from edge.wildlife.settings import EyeSettings

log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")

RETEST_EVERY_S = 60.0  # of a model that failed its self-test
LOOK_FOR_NEW_S = 10.0


class Networks(NamedTuple):
    """What finds, and what names crops, if anything does."""

    detector: FindsAnimals
    namer: Namer | None = None


class NewModels(Protocol):
    """Where another model may have been put while the field runs."""

    def changed(self) -> bool:
        """Whether there is one that has not been loaded; cheap."""
        ...

    def load(self) -> Networks:
        """The networks as they lie there now; may raise anything."""
        ...

    def refused(self, why: str) -> None:
        """The networks of the last ``load`` failed their self-test."""
        ...


@runtime_checkable
class Stored(Protocol):
    """A detector whose model is one of several installed ones, and that gives up a new one for the one before."""

    @property
    def card_path(self) -> Path:
        """Of the model in use."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why a model was given up; None when none was."""
        ...


class FieldModel:
    """The eye with its networks, and the faults of both."""

    def __init__(
        self,
        settings: EyeSettings,
        clock: Clock,
        timezone: str,
        networks: Networks,
        new_models: NewModels | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._new_models = new_models
        self._failed: str | None = None
        self._untrusted: str | None = "not tested yet"
        self._test_s = clock.monotonic_s()
        self._new_s = self._test_s + LOOK_FOR_NEW_S
        self.eye = self._eye_of(networks)

    def _eye_of(self, networks: Networks) -> Eye:
        return Eye(self._settings, networks.detector, networks.namer)

    def tend(self) -> None:
        """Take a new model, test what is due; call it every step."""
        now_s = self._clock.monotonic_s()
        if self._new_models is not None and now_s >= self._new_s:
            self._new_s = now_s + LOOK_FOR_NEW_S
            if self._new_models.changed():
                self._take_new(self._new_models)
        if now_s >= self._test_s:
            self.test()

    def test(self) -> None:
        """Only passing restores trust. A failure is tried again every minute, a pass every night."""
        eye = self.eye
        card = eye.detector.card_path if isinstance(eye.detector, Stored) else self._settings.model
        golden = self._settings.golden or golden_beside(card)
        _, why = _tried(lambda: self_test(eye.detector, golden, eye.namer))
        if why is not None and self._untrusted is None:
            log.error("the model fails its self-test: %s", why)
        self._untrusted = why
        now_s = self._clock.monotonic_s()
        self._test_s = now_s + (RETEST_EVERY_S if why is not None else self._until_night_s())

    def glance(self, image: NDArray[np.uint8], scene: str, now_s: float) -> Look | None:
        """What the eye sees in ``image`` (H, W, 3) uint8 BGR; None for nothing to look at, and for a failure."""
        failed_before = self._failed
        look, why = _tried(lambda: self.eye.glance(image, scene, now_s))
        if why is not None and failed_before is None:
            log.error("the model fails: %s", why)
        if look is not None or why is not None:
            self._failed = why
        return look

    def people_closely(self, image: NDArray[np.uint8], look: Look) -> list[BoxPx]:
        """As Eye's; a failure hides the whole of ``image`` (H, W, 3), for then nobody knows."""
        found, why = _tried(lambda: self.eye.people_closely(image, look))
        if found is None:
            self._failed = why
            return [(0.0, 0.0, float(image.shape[1]), float(image.shape[0]))]
        return found

    def faults(self) -> dict[str, str]:
        """Code -> why, while the model cannot be trusted."""
        why = self._untrusted or self._failed
        return {} if why is None else {"model_failed": why}

    def troubles(self) -> dict[str, str]:
        """Code -> why, of what a technician should know and the field can live with."""
        detector = self.eye.detector
        why = detector.trouble if isinstance(detector, Stored) else None
        return {"model_given_up": why} if why else {}

    @property
    def name_and_sha256(self) -> tuple[str, str]:
        """Of the detector in use."""
        detector = self.eye.detector
        return (detector.card.name, detector.card.sha256) if isinstance(detector, Carded) else ("", "")

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self.eye.thresholds

    def _take_new(self, new_models: NewModels) -> None:
        networks, why = _tried(new_models.load)
        if networks is None:
            log.error("a new model cannot be used, the old one goes on: %s", why)
            new_models.refused(why or "")
            return
        before, self.eye = self.eye, self._eye_of(networks)
        self.test()
        if self._untrusted is None:
            log.info("a new model is in use: %s", " ".join(self.name_and_sha256))
            self._failed = None
            return
        new_models.refused(self._untrusted)
        # The old one was good a moment ago; a field without eyes would be worse than one with yesterday's.
        self.eye = before
        self.test()

    def _until_night_s(self) -> float:
        now = datetime.fromtimestamp(self._clock.unix_ms() / 1000, self._zone)
        return seconds_until(now, self._settings.golden_at)


def seconds_until(now: datetime, at: time) -> float:
    """From ``now`` (local, with its zone) to the next time the clock shows ``at``: more than 0, a day at most."""
    due = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if due <= now:
        due += timedelta(days=1)
    return (due - now).total_seconds()


def _tried(ask: Callable[[], AnswerT]) -> tuple[AnswerT | None, str | None]:
    """(answer, None) or (None, why not): a model may fail in any way, and the field must go on without it."""
    try:
        return ask(), None
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common type
        return None, f"{type(error).__name__}: {error}"
