"""A field as one device: picture -> animals -> tracks -> visits -> repeller, and what the city is told of it.

Is: the order in which things happen, and the faults of camera, model and repeller as events. An eye that cannot be
trusted (no recent picture, a fault) is told to the repeller as such, which then keeps still.
Is not: a decision to fire (edge.repel), nor a store (edge.outbox).
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass, field

from contract.ids import NewUlid
from contract.messages import Answered, Box, LiveField, MuteRepeller, Sample
from edge.clock import Clock
from edge.device import Outgoing
from edge.fault_book import FaultBook
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.repel.scene import Scene
from edge.sensors.camera_watch import CameraWatch
from edge.sensors.readings import Picture, Sensor, SensorLostError, SensorSilentError
from edge.wildlife.detections import Detections, FindsAnimals
from edge.wildlife.evidence import jpeg
from edge.wildlife.self_test import self_test
from edge.wildlife.sightings import NOTHING, Sightings, View, heading, view
from edge.wildlife.tracker import BoxPx, Track, Tracker

log = logging.getLogger(__name__)

TELEMETRY_EVERY_S = 10.0
LIVE_EVERY_S = 0.25
LIVE_SIDE_PX = 480
LIVE_QUALITIES = (60, 45)  # some 20 kB a picture, 80 kB/s while somebody watches
STALE_S = 3.0  # an eye that saw nothing for so long cannot say that no person has walked in
REOPEN_EVERY_S = 10.0  # a stream over LTE takes some seconds to open; sooner would hang up on it
RETEST_EVERY_S = 60.0  # of a model that failed its self-test
TEST_EVERY_S = 86_400.0


@dataclass(slots=True)
class _Tally:
    """Since the last telemetry."""

    since_s: float
    frames: int = 0
    animals_most: int = 0
    people: int = 0
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=200))


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
    ) -> None:
        self._settings = settings
        self._camera = camera
        self._detector = detector
        self._repeller = repeller
        self._clock = clock
        self._tracker = Tracker(settings.eye)
        self._sightings = Sightings(settings.eye, new_ulid)
        self._faults = FaultBook(new_ulid)
        now_s = clock.monotonic_s()
        self._watch = CameraWatch(settings.camera, now_s)
        self._tally = _Tally(now_s)
        self._opened_s = now_s
        self._camera_open = False
        self._camera_lost: str | None = None
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
        self._image_size = (1, 1)
        self._looked_s = -1e9
        self._live_s = -1e9

    def open(self) -> None:
        self._repeller.open()
        self._test_model(self._clock.monotonic_s())
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
        outgoing = Outgoing()
        picture = self._read(timeout_s, outgoing)
        if self._clock.monotonic_s() >= self._retest_s:
            self._test_model(self._clock.monotonic_s())
        now_s, now_ms = self._clock.monotonic_s(), self._clock.unix_ms()
        if picture is not None and self._due(now_s):
            self._look(picture, now_s, now_ms, outgoing)
        elif now_s - self._looked_s > STALE_S:
            self._seen, self._tracks = NOTHING, []
            outgoing.events += self._sightings.wait(now_s)
        self._tell_faults(outgoing, now_s, now_ms)
        outgoing.events += self._repeller.update(self._scene_for_repeller(now_s))
        if now_s - self._tally.since_s >= TELEMETRY_EVERY_S:
            outgoing.samples += self._samples(now_s, now_ms)
        if picture is not None and self._settings.live and now_s - self._live_s >= LIVE_EVERY_S:
            self._live_s = now_s
            outgoing.live = self._live(picture, now_s)
        return outgoing

    # --- the camera -------------------------------------------------------------------------------

    def _open_camera(self) -> None:
        self._reopen_s = self._clock.monotonic_s() + REOPEN_EVERY_S
        try:
            self._camera.open()
            self._camera_open = True
        except SensorLostError as error:
            self._lose_camera(error)

    def _lose_camera(self, error: Exception) -> None:
        if self._camera_lost is None:
            log.warning("camera lost: %s", error)
        self._camera_lost = f"{error}"
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
        except (SensorLostError, SensorSilentError) as error:
            self._lose_camera(error)
            return None
        except EOFError:
            self._ended = True
            outgoing.events += self._sightings.end(self._clock.monotonic_s())
            self._seen, self._tracks = NOTHING, []
            return None
        if not pictures:
            return None
        # A stream that opens may still give nothing: only a picture proves the camera back.
        self._camera_lost = None
        picture = pictures[-1]
        self._watch.saw(picture.image, picture.scene, self._clock.monotonic_s())
        return picture

    def _due(self, now_s: float) -> bool:
        """A tenth of slack: a camera of exactly ``fps_max`` must not lose every second picture to jitter."""
        return now_s - self._looked_s >= 0.9 / self._settings.eye.fps_max

    # --- the eye ----------------------------------------------------------------------------------

    def _test_model(self, now_s: float) -> None:
        """At start, daily, and every minute while it fails: only passing restores trust."""
        try:
            self_test(self._detector, self._settings.eye.golden)
            self._model_untrusted = None
        except Exception as error:  # noqa: BLE001 - a model may fail in any way; the field reports it and goes on
            if self._model_untrusted is None:
                log.error("the model fails its self-test: %s", error)  # noqa: TRY400 - its message is the whole story
            self._model_untrusted = f"{error}"
        self._retest_s = now_s + (TEST_EVERY_S if self._model_untrusted is None else RETEST_EVERY_S)

    def _look(self, picture: Picture, now_s: float, now_ms: int, outgoing: Outgoing) -> None:
        if picture.scene != self._scene:
            self._scene = picture.scene
            self._person_s = None
            outgoing.events += self._sightings.end(now_s)
        self._looked_s = now_s
        detections = self._detect(picture)
        if detections is None:
            self._seen, self._tracks = NOTHING, []
            outgoing.events += self._sightings.wait(now_s)
            return
        self._people = [box for _, _, box in detections.of("person")]
        if self._people:
            self._person_s = now_s
            self._tally.people += 1
        self._image_size = picture.image.shape[1], picture.image.shape[0]
        self._tracks = self._tracker.update(detections, now_s, picture.scene, picture.image.shape[1])
        self._seen = view(self._tracks)
        self._tally.frames += 1
        self._tally.animals_most = max(self._tally.animals_most, self._seen.count)
        outgoing.events += self._sightings.look(
            self._seen, now_s, now_ms, lambda: self._evidence(picture, now_s)
        )

    def _detect(self, picture: Picture) -> Detections | None:
        began_s = self._clock.monotonic_s()
        try:
            detections = self._detector.detect(picture.image)
        except (
            Exception
        ) as error:  # the network's errors are of any type, and the field must go on without it
            if self._model_failed is None:
                log.exception("the model fails")
            self._model_failed = f"{type(error).__name__}: {error}"
            return None
        self._model_failed = None
        self._tally.latencies_ms.append((self._clock.monotonic_s() - began_s) * 1000.0)
        return detections

    def _person_in_view(self, now_s: float) -> bool:
        return self._person_s is not None and now_s - self._person_s < self._settings.eye.person_hold_s

    def _evidence(self, picture: Picture, now_s: float) -> bytes | None:
        """The picture for a sighting; none while a person is known to be near but not where."""
        if self._person_in_view(now_s) and not self._people:
            return None
        return jpeg(picture.image, self._people)

    def _scene_for_repeller(self, now_s: float) -> Scene:
        fresh = self._watch.age_s(now_s) <= STALE_S and now_s - self._looked_s <= STALE_S
        return Scene(
            at_s=now_s,
            visit=self._sightings.visit,
            species=self._seen.species or self._sightings.species,
            count=self._seen.count,
            confirmed=self._seen.count > 0,
            person_in_view=self._person_in_view(now_s),
            eye_ok=fresh and not self._eye_faults(now_s),
        )

    # --- what the city is told --------------------------------------------------------------------

    def _camera_faults(self, now_s: float) -> dict[str, str]:
        if self._camera_lost is not None:
            return {"sensor_lost": self._camera_lost}
        self._watch.refused(self._camera.counters().get("unreadable", 0.0), now_s)
        return dict.fromkeys(self._watch.faults(now_s), "")

    def _eye_faults(self, now_s: float) -> bool:
        return bool(self._model_faults()) or bool(self._camera_faults(now_s))

    def _model_faults(self) -> dict[str, str]:
        why = self._model_untrusted or self._model_failed
        return {} if why is None else {"model_failed": why}

    def _tell_faults(self, outgoing: Outgoing, now_s: float, now_ms: int) -> None:
        if not self._ended:
            outgoing.events += self._faults.now("camera", self._camera_faults(now_s), now_ms)
        outgoing.events += self._faults.now("model", self._model_faults(), now_ms)
        outgoing.events += self._faults.now("repeller", dict.fromkeys(self._repeller.faults(), ""), now_ms)

    def _samples(self, now_s: float, now_ms: int) -> list[Sample]:
        tally, self._tally = self._tally, _Tally(now_s)
        latencies = sorted(tally.latencies_ms) or [0.0]
        eye = {
            "fps": round(tally.frames / (now_s - tally.since_s), 2),
            "animals": float(tally.animals_most),
            "person_frames": float(tally.people),
            "latency_ms": round(latencies[len(latencies) // 2], 1),
            **{f"pictures_{name}": value for name, value in self._camera.counters().items()},
        }
        health = {"uptime_s": round(now_s - self._opened_s, 1), "faults": float(len(self.faults()))}
        return [Sample("eye", now_ms, eye), Sample("health", now_ms, health)]

    def _live(self, picture: Picture, now_s: float) -> LiveField:
        shown = None
        if not self._person_in_view(now_s):
            shown = jpeg(picture.image, [], LIVE_SIDE_PX, LIVE_QUALITIES)
        return LiveField(
            boxes=[_box(track, self._image_size) for track in self._tracks if track.seen_now],
            count_at_least=self._seen.count,
            direction=self._seen.direction,
            outputs_on=self._repeller.outputs_on(),
            heading_deg=heading(self._seen.direction, self._settings.eye.bearing_deg),
            picture=shown,
        )


def _box(track: Track, size: tuple[int, int]) -> Box:
    x1, y1, x2, y2 = track.box
    width, height = size
    return Box(
        species=track.species,
        score=round(track.scores[-1], 3),
        x=round(x1 / width, 4),
        y=round(y1 / height, 4),
        w=round((x2 - x1) / width, 4),
        h=round((y2 - y1) / height, 4),
        track=track.number,
        confirmed=track.confirmed,
    )
