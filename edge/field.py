"""A field as one device: picture -> animals -> tracks -> visits -> repeller, and what the city is told of it.

Is: the order in which things happen, and the faults of camera, model and repeller as events. An eye that cannot be
trusted (no recent picture, a fault) is told to the repeller as such, which then keeps still.
Is not: a decision to fire (edge.repel), nor a store (edge.outbox).
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from contract.ids import NewUlid
from contract.messages import Answered, LiveField, MuteRepeller
from edge.clock import Clock
from edge.device import Outgoing
from edge.fault_book import FaultBook
from edge.field_memory import FieldMemory
from edge.field_model import FieldModel, Networks, NewModels
from edge.field_pictures import FieldPictures
from edge.field_report import FieldReport, live
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.repel.scene import Scene
from edge.sensors.camera.view import KnownView
from edge.sensors.camera.watch import CameraWatch
from edge.sensors.readings import Picture, Sensor, SensorError, SensorSilentError
from edge.wildlife.detections import FindsAnimals
from edge.wildlife.eye import Look
from edge.wildlife.keeping import Keeping
from edge.wildlife.naming import Namer
from edge.wildlife.sightings import NOTHING, Sightings, View, view
from edge.wildlife.tracker import Track

log = logging.getLogger(__name__)

STALE_S = 3.0  # an eye that saw nothing for so long cannot say that no person has walked in
REOPEN_EVERY_S = 10.0  # a stream over LTE takes some seconds to open; sooner would hang up on it
EYE_SHUT = "camera_dark"
"""Every night of a camera without infrared light: the eye is shut, and nothing is wrong."""


@dataclass(frozen=True, slots=True)
class FieldParts:
    """What a field may have beside what it needs; a replay and most tests have none of it."""

    memory: FieldMemory | None = None
    namer: Namer | None = None
    new_models: NewModels | None = None
    known_view: KnownView | None = None
    keeping: Keeping | None = None


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
        parts: FieldParts | None = None,
    ) -> None:
        self._settings = settings
        parts = parts or FieldParts()
        self._memory = parts.memory or FieldMemory(None)
        self._known_view = parts.known_view
        self._camera = camera
        self._repeller = repeller
        self._clock = clock
        self._hung = settings.eye.hung()
        self._zone = ZoneInfo(settings.repel.timezone)
        networks = Networks(detector, parts.namer)
        self._model = FieldModel(settings.eye, clock, settings.repel.timezone, networks, parts.new_models)
        self._pictures = FieldPictures(self._model, parts.keeping)
        self._sightings = Sightings(settings.eye, new_ulid)
        self._faults = FaultBook(new_ulid)
        now_s = clock.monotonic_s()
        self._watch = CameraWatch(settings.camera, now_s, parts.known_view)
        self._report = FieldReport(now_s)
        self._opened_s = now_s
        self._camera_open = False
        self._camera_lost: dict[str, str] = {}
        self._reopen_s = now_s
        self._ended = False
        self._seen: View = NOTHING
        self._scene = ""
        self._look_now: Look | None = None
        self._person_s: float | None = None
        self._taken_s = now_s - 2 * STALE_S
        self._looked_s = now_s - 2 * STALE_S

    def open(self) -> None:
        self._repeller.open()
        now_s = self._clock.monotonic_s()
        kept = self._memory.read()
        if kept is not None:
            log.info("going on with visit %s", kept.id)
            self._sightings.resume(kept, now_s, self._clock.unix_ms())
        self._model.test()
        self._open_camera()

    def close(self) -> None:
        self._repeller.close()
        self._camera.close()
        if self._known_view is not None:
            self._known_view.save()

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
        self._model.tend()
        looked_at = None
        if picture is not None and self._due(now_s) and self._glance(picture, now_s, now_ms, outgoing):
            looked_at = picture
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
        return now_s - self._taken_s >= 0.9 / self._settings.eye.fps_max

    # --- the eye ----------------------------------------------------------------------------------

    def _glance(self, picture: Picture, now_s: float, now_ms: int, outgoing: Outgoing) -> bool:
        """Show the picture to the eye; whether it had a reason to look."""
        self._taken_s = now_s
        if picture.scene != self._scene:
            self._scene = picture.scene
            self._person_s = None
            outgoing.events += self._sightings.end(now_s)
        look = self._model.glance(picture.image, picture.scene, now_s)
        self._report.taken()
        if look is None:
            if self._model.faults():
                self._looked_s = now_s
                self._see_nothing(now_s, outgoing)
                return True
            outgoing.events += self._sightings.wait(now_s)
            return False
        self._looked_s = now_s
        self._judge(picture, look, now_s, now_ms, outgoing)
        return True

    def _judge(self, picture: Picture, look: Look, now_s: float, now_ms: int, outgoing: Outgoing) -> None:
        self._look_now = look
        self._person_s = now_s if look.people else self._person_s
        shape = float(picture.image.shape[1]), float(picture.image.shape[0])
        self._seen = view(look.tracks, self._hung, shape)
        latency_ms = (self._clock.monotonic_s() - now_s) * 1000.0
        self._report.looked(self._seen.count, latency_ms, person=bool(look.people))
        outgoing.events += self._sightings.look(
            self._seen, now_s, now_ms, lambda: self._evidence(picture, now_s)
        )
        self._pictures.keep(
            picture,
            look,
            now_s,
            now_ms,
            since_person_s=now_s - (self._opened_s if self._person_s is None else self._person_s),
            visit=self._sightings.visit or "",
            person_lately=self._person_in_view(now_s),
        )

    def _see_nothing(self, now_s: float, outgoing: Outgoing) -> None:
        """No picture that can be judged: nothing is in view as far as anyone knows."""
        self._seen, self._look_now = NOTHING, None
        outgoing.events += self._sightings.wait(now_s)

    def _person_in_view(self, now_s: float) -> bool:
        return self._person_s is not None and now_s - self._person_s < self._settings.eye.person_hold_s

    def _evidence(self, picture: Picture, now_s: float) -> bytes | None:
        look, lately = self._look_now, self._person_in_view(now_s)
        return None if look is None else self._pictures.evidence(picture, look, person_lately=lately)

    def _live(self, looked_at: Picture, now_s: float) -> LiveField:
        """Of a picture the eye has judged: in any other there may be a person."""
        return live(
            looked_at,
            [track for track in self._tracks() if self._shown(track)],
            self._seen,
            self._repeller.outputs_on(),
            self._settings.eye.bearing_deg,
            self._look_now.veiled() if self._look_now else (),
            withheld=self._person_in_view(now_s) or bool(self._model.faults()),
        )

    def _tracks(self) -> list[Track]:
        return self._look_now.tracks if self._look_now else []

    def _shown(self, track: Track) -> bool:
        """Whether who watches is shown its box: not for what only the second network asked to see."""
        least = self._model.thresholds.get(track.voted, 0.0)
        return track.confirmed or track.scores[-1] >= least

    def _scene_for_repeller(self, now_s: float) -> Scene:
        fresh = self._watch.age_s(now_s) <= STALE_S and now_s - self._looked_s <= STALE_S
        return Scene(
            at_s=now_s,
            visit=self._sightings.visit,
            species=self._seen.species or self._sightings.species,
            count=self._seen.count,
            confirmed=self._seen.count > 0,
            person_in_view=self._person_in_view(now_s),
            eye_ok=fresh and not self._model.faults() and not self._camera_faults(now_s),
            bear_in_view=any(
                track.voted == "bear" and track.seen_now
                for track in (self._look_now.tracks if self._look_now else [])
            ),
        )

    # --- what does not work -----------------------------------------------------------------------

    def _camera_faults(self, now_s: float) -> dict[str, str]:
        if self._camera_lost:
            return self._camera_lost
        self._watch.refused(self._camera.counters().get("unreadable", 0.0), now_s)
        return dict.fromkeys(self._watch.faults(now_s), "")

    def _told_camera_faults(self, now_s: float) -> dict[str, str]:
        faults = self._camera_faults(now_s)
        if EYE_SHUT in faults and not self._dark_is_wrong():
            return {}
        return faults

    def _dark_is_wrong(self) -> bool:
        camera = self._settings.camera
        local = datetime.fromtimestamp(self._clock.unix_ms() / 1000, self._zone).time()
        return camera.sees_at_night or (self._clock.synced() and camera.day.hold(local))

    def _tell_faults(self, outgoing: Outgoing, now_s: float, now_ms: int) -> None:
        if not self._ended:
            outgoing.events += self._faults.now("camera", self._told_camera_faults(now_s), now_ms)
        model_faults = {**self._model.faults(), **self._model.troubles()}
        outgoing.events += self._faults.now("model", model_faults, now_ms)
        outgoing.events += self._faults.now("repeller", dict.fromkeys(self._repeller.faults(), ""), now_ms)
