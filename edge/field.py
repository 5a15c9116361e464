"""A field as one device: picture -> animals -> tracks -> visits -> repeller, and what the city is told of it.

Is: the order in which things happen, and the faults of camera, model and repeller as events. An eye that cannot be
trusted (no recent picture, a fault) is told to the repeller as such, which then keeps still.
Is not: a decision to fire (edge.repel), nor a store (edge.outbox).
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from contract.ids import NewUlid
from contract.messages import Answered, LiveField, MuteRepeller
from edge.clock import Clock
from edge.device import Outgoing
from edge.fault_book import FaultBook
from edge.field_memory import FieldMemory
from edge.field_report import FieldReport, live
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.repel.scene import Scene
from edge.sensors.camera.watch import CameraWatch
from edge.sensors.readings import Picture, Sensor, SensorError, SensorSilentError
from edge.wildlife.detections import FindsAnimals
from edge.wildlife.evidence import jpeg
from edge.wildlife.self_test import self_test
from edge.wildlife.sightings import NOTHING, Sightings, View, view
from edge.wildlife.tracker import BoxPx, Track, Tracker

log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")

STALE_S = 3.0  # an eye that saw nothing for so long cannot say that no person has walked in
REOPEN_EVERY_S = 10.0  # a stream over LTE takes some seconds to open; sooner would hang up on it
RETEST_EVERY_S = 60.0  # of a model that failed its self-test
TEST_EVERY_S = 86_400.0


class Field:
    """The Device of a field; see edge.device for what each method promises."""

    kind = "field"

    def __init__(
        self,
        settings: FieldSettings,
        camera: Sensor[Picture],
        detector: FindsAnimals,
        repeller: Repeller,
        clock: Clock,
        new_ulid: NewUlid,
        *,
        memory: FieldMemory | None = None,
    ) -> None:
        self._settings = settings
        self._memory = memory or FieldMemory(None)
        self._camera = camera
        self._detector = detector
        self._repeller = repeller
        self._clock = clock
        self._tracker = Tracker(settings.eye)
        self._sightings = Sightings(settings.eye, new_ulid)
        self._faults = FaultBook(new_ulid)
        now_s = clock.monotonic_s()
        self._watch = CameraWatch(settings.camera, now_s)
        self._report = FieldReport(now_s)
        self._camera_open = False
        self._camera_lost: dict[str, str] = {}
        self._reopen_s = now_s
        self._model_failed: str | None = None
        self._model_untrusted: str | None = None
        self._retest_s = now_s
        self._ended = False
        self._seen: View = NOTHING
        self._scene = ""
        self._tracks: list[Track] = []
        self._people: list[BoxPx] = []
        self._person_s: float | None = None
        self._looked_s = now_s - 2 * STALE_S

    def open(self) -> None:
        self._repeller.open()
        now_s = self._clock.monotonic_s()
        kept = self._memory.read()
        if kept is not None:
            log.info("going on with visit %s", kept.id)
            self._sightings.resume(kept, now_s, self._clock.unix_ms())
        self._test_model(now_s)
        self._open_camera()

    def close(self) -> None:
        self._repeller.close()
        self._camera.close()

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        if isinstance(body, MuteRepeller):
            self._repeller.mute(body.until_ms)
        return Outgoing()

    def faults(self) -> list[str]:
        return self._faults.codes()

    def step(self, timeout_s: float) -> Outgoing:
        if self._ended:
            raise EOFError("the recording has ended")
        # What the step before told is in the outbox by now. An end is kept only then: killed earlier, it is told again.
        self._remember()
        outgoing = Outgoing()
        picture = self._read(timeout_s, outgoing)
        now_s, now_ms = self._clock.monotonic_s(), self._clock.unix_ms()
        if now_s >= self._retest_s:
            self._test_model(now_s)
        looked_at = picture if picture is not None and self._due(now_s) else None
        if looked_at is not None:
            self._look(looked_at, now_s, now_ms, outgoing)
        elif now_s - self._looked_s > STALE_S:
            self._see_nothing(now_s, outgoing)
        self._tell_faults(outgoing, now_s, now_ms)
        outgoing.events += self._repeller.update(self._scene_for_repeller(now_s))
        outgoing.samples += self._report.samples(
            now_s, now_ms, self._camera.counters(), len(self._faults.codes())
        )
        if looked_at is not None and self._settings.live and self._report.live_due(now_s):
            outgoing.live = self._live(looked_at, now_s)
        if self._sightings.visit is not None:
            self._remember()  # before it is told, so that a kill in between starts no second visit
        return outgoing

    def _remember(self) -> None:
        self._memory.keep(self._sightings.kept(self._clock.monotonic_s(), self._clock.unix_ms()))

    # --- the camera -------------------------------------------------------------------------------

    def _open_camera(self) -> None:
        self._reopen_s = self._clock.monotonic_s() + REOPEN_EVERY_S
        try:
            self._camera.open()
            self._camera_open = True
        except SensorError as error:
            self._lose_camera(error)

    def _lose_camera(self, error: SensorError) -> None:
        if not self._camera_lost:
            log.warning("camera lost: %s", error)
        code = "sensor_silent" if isinstance(error, SensorSilentError) else "sensor_lost"
        self._camera_lost = {code: f"{error}"}
        self._camera_open = False

    def _read(self, timeout_s: float, outgoing: Outgoing) -> Picture | None:
        """The newest picture, or None; loses, reopens and ends the camera as needed."""
        now_s = self._clock.monotonic_s()
        silent = "sensor_silent" in self._watch.faults(now_s)
        if (not self._camera_open or silent) and now_s >= self._reopen_s:
            self._camera.close()
            self._open_camera()
        if not self._camera_open:
            threading.Event().wait(timeout_s)  # else the loop spins while the camera is away
            return None
        try:
            pictures = self._camera.read(timeout_s)
        except SensorError as error:
            self._lose_camera(error)
            return None
        except EOFError:
            self._ended = True
            outgoing.events += self._sightings.end(self._clock.monotonic_s())
            self._see_nothing(self._clock.monotonic_s(), outgoing)
            return None
        if not pictures:
            return None
        # A stream that opens may still give nothing: only a picture proves the camera back.
        self._camera_lost = {}
        picture = pictures[-1]
        self._watch.saw(picture.image, picture.scene, self._clock.monotonic_s())
        return picture

    def _due(self, now_s: float) -> bool:
        """A tenth of slack: a camera of exactly ``fps_max`` must not lose every second picture to jitter."""
        return now_s - self._looked_s >= 0.9 / self._settings.eye.fps_max

    # --- the eye ----------------------------------------------------------------------------------

    def _test_model(self, now_s: float) -> None:
        """At start, daily, and every minute while it fails: only passing restores trust."""
        _, why = _tried(lambda: self_test(self._detector, self._settings.eye.golden))
        if why is not None and self._model_untrusted is None:
            log.error("the model fails its self-test: %s", why)
        self._model_untrusted = why
        self._retest_s = now_s + (TEST_EVERY_S if why is None else RETEST_EVERY_S)

    def _look(self, picture: Picture, now_s: float, now_ms: int, outgoing: Outgoing) -> None:
        if picture.scene != self._scene:
            self._scene = picture.scene
            self._person_s = None
            outgoing.events += self._sightings.end(now_s)
        self._looked_s = now_s
        detections, why = _tried(lambda: self._detector.detect(picture.image))
        if why is not None and self._model_failed is None:
            log.error("the model fails: %s", why)
        self._model_failed = why
        if detections is None:
            self._see_nothing(now_s, outgoing)
            return
        self._people = [box for _, _, box in detections.of("person")]
        self._person_s = now_s if self._people else self._person_s
        wide_px = picture.image.shape[1]
        self._tracks = self._tracker.update(detections, now_s, picture.scene, wide_px)
        self._seen = view(self._tracks)
        latency_ms = (self._clock.monotonic_s() - now_s) * 1000.0
        self._report.looked(self._seen.count, latency_ms, person=bool(self._people))
        outgoing.events += self._sightings.look(
            self._seen, now_s, now_ms, lambda: self._evidence(picture, now_s)
        )

    def _see_nothing(self, now_s: float, outgoing: Outgoing) -> None:
        """No picture that can be judged: nothing is in view as far as anyone knows."""
        self._seen, self._tracks = NOTHING, []
        outgoing.events += self._sightings.wait(now_s)

    def _person_in_view(self, now_s: float) -> bool:
        return self._person_s is not None and now_s - self._person_s < self._settings.eye.person_hold_s

    def _evidence(self, picture: Picture, now_s: float) -> bytes | None:
        """The picture for a sighting; none while a person may be in it and nobody knows where."""
        if self._model_faults() or (self._person_in_view(now_s) and not self._people):
            return None
        return jpeg(picture.image, self._people)

    def _live(self, looked_at: Picture, now_s: float) -> LiveField:
        """Of a picture the eye has judged: in any other there may be a person."""
        return live(
            looked_at,
            self._tracks,
            self._seen,
            self._repeller.outputs_on(),
            self._settings.eye.bearing_deg,
            withheld=self._person_in_view(now_s) or bool(self._model_faults()),
        )

    def _scene_for_repeller(self, now_s: float) -> Scene:
        fresh = self._watch.age_s(now_s) <= STALE_S and now_s - self._looked_s <= STALE_S
        return Scene(
            at_s=now_s,
            visit=self._sightings.visit,
            species=self._seen.species or self._sightings.species,
            count=self._seen.count,
            confirmed=self._seen.count > 0,
            person_in_view=self._person_in_view(now_s),
            eye_ok=fresh and not self._model_faults() and not self._camera_faults(now_s),
        )

    # --- what does not work -----------------------------------------------------------------------

    def _camera_faults(self, now_s: float) -> dict[str, str]:
        if self._camera_lost:
            return self._camera_lost
        self._watch.refused(self._camera.counters().get("unreadable", 0.0), now_s)
        return dict.fromkeys(self._watch.faults(now_s), "")

    def _model_faults(self) -> dict[str, str]:
        why = self._model_untrusted or self._model_failed
        return {} if why is None else {"model_failed": why}

    def _tell_faults(self, outgoing: Outgoing, now_s: float, now_ms: int) -> None:
        if not self._ended:
            outgoing.events += self._faults.now("camera", self._camera_faults(now_s), now_ms)
        outgoing.events += self._faults.now("model", self._model_faults(), now_ms)
        outgoing.events += self._faults.now("repeller", dict.fromkeys(self._repeller.faults(), ""), now_ms)


def _tried(ask: Callable[[], AnswerT]) -> tuple[AnswerT | None, str | None]:
    """(answer, None) or (None, why not): a model may fail in any way, and the field must go on without it."""
    try:
        return ask(), None
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common type
        return None, f"{type(error).__name__}: {error}"
