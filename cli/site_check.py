"""What a technician wants to know before leaving: does everything the device's file names really work?"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from cli.listening import Listener
from edge.clock import SystemClock
from edge.field_settings import FieldSettings
from edge.home_settings import HomeSettings

if TYPE_CHECKING:
    from edge.repel.output_settings import OutputSettings


class Trial(NamedTuple):
    """One thing tried."""

    what: str
    good: bool
    words: str


def trials(settings: HomeSettings | FieldSettings, patience_s: float) -> Iterator[Trial]:
    """Each part in turn; a part that fails does not keep the others from being tried."""
    yield _tried("outbox", lambda: _outbox(settings))
    yield _tried("broker", lambda: _broker(settings, patience_s))
    if isinstance(settings, HomeSettings):
        yield _tried(settings.component, lambda: _sensor(settings, patience_s))
        yield _tried("voice", lambda: _voice(settings))
    else:
        yield _tried("model", lambda: _model(settings))
        yield _tried("camera", lambda: _camera(settings, patience_s))
        yield _tried("repeller", lambda: _repeller(settings))


def _tried(what: str, attempt: Callable[[], str]) -> Trial:
    try:
        return Trial(what, good=True, words=attempt())
    except (OSError, ValueError, LookupError, RuntimeError) as error:
        return Trial(what, good=False, words=str(error))


def _outbox(settings: HomeSettings | FieldSettings) -> str:
    from edge.assembly import outbox_file
    from edge.outbox import Outbox

    outbox = Outbox(outbox_file(settings))
    waiting = outbox.backlog()
    outbox.close()
    return f"{settings.data_directory} can be written; {waiting.events} events wait for the gateway"


def _broker(settings: HomeSettings | FieldSettings, patience_s: float) -> str:
    where = f"{settings.broker.host}:{settings.broker.port}"
    with Listener(settings.broker, ()) as listener:
        if not listener.wait_connected(patience_s):
            raise ConnectionError(f"no answer at {where}: check [broker] host, port, user and password")
    return f"{where} takes this device"


def _sensor(settings: HomeSettings, patience_s: float) -> str:
    from edge.assembly import home_sensor

    sensor = home_sensor(settings, SystemClock())
    sensor.open()
    try:
        frames = points = 0
        until_s = time.monotonic() + patience_s
        while time.monotonic() < until_s and frames < 40:
            for reading in sensor.read(0.5):
                frames += 1
                points += len(getattr(reading, "points", ()))
        counted = sensor.counters()
        trouble = getattr(sensor, "trouble", lambda: None)()
    finally:
        sensor.close()
    if not frames:
        raise TimeoutError(_no_frame(settings, counted, patience_s, trouble))
    if settings.depth is not None:
        return f"{frames} depth frames"
    skipped = counted.get("bytes_skipped", 0.0)
    return f"{frames} frames, {points / frames:.1f} points a frame, {skipped:g} bytes skipped"


def _no_frame(
    settings: HomeSettings, counted: dict[str, float], patience_s: float, trouble: str | None
) -> str:
    if settings.radar is None:
        return trouble or f"the [{settings.component}] is open and gave no frame in {patience_s:g} s"
    return (
        f"{settings.radar.port} is open and gave {counted['bytes_read']:g} bytes but no frame in"
        f" {patience_s:g} s: {trouble or 'is the baud rate right, and was the chirp file sent?'}"
    )


def _voice(settings: HomeSettings) -> str:
    from edge.voice import speaker_from

    if not settings.voice.command:
        return "silent: no [voice] command"
    program = settings.voice.command[0]
    if shutil.which(program) is None:
        raise FileNotFoundError(f"{program}: no such program: install it, or mend [voice] command")
    speaker = speaker_from(settings.voice)
    speaker.say("ask_ok")
    time.sleep(4.0)
    speaker.close()
    return "the question has been spoken: did you hear it?"


def _model(settings: FieldSettings) -> str:
    """As the field itself would: with its providers, its verifier and its golden pictures."""
    import numpy as np

    from edge.assembly import field_networks
    from edge.field_model import FieldModel

    clock = SystemClock()
    networks = field_networks(settings.eye, clock)
    model = FieldModel(settings.eye, clock, settings.repel.timezone, networks)
    model.test()
    if model.faults():
        raise RuntimeError(f"is not to be trusted: {model.faults()['model_failed']}")
    begun_s = time.monotonic()
    networks.detector.detect(np.full((360, 640, 3), 114, np.uint8))
    took_ms = 1000 * (time.monotonic() - begun_s)
    proved = "with a verifier" if networks.namer else "without a verifier"
    on = ", ".join(settings.eye.providers)
    return f"{model.name_and_sha256[0]} on {on}, {proved}: golden pictures known, one picture in {took_ms:.0f} ms"


def _camera(settings: FieldSettings, patience_s: float) -> str:
    from edge.sensors.camera.sensor import Camera

    camera = Camera(settings.camera, SystemClock())
    camera.open()
    try:
        until_s = time.monotonic() + patience_s
        while time.monotonic() < until_s:
            for picture in camera.read(0.5):
                high, wide = picture.image.shape[:2]
                return f"{wide} x {high} px"
    finally:
        camera.close()
    raise TimeoutError(f"{settings.camera.source} gave no picture in {patience_s:g} s: check the camera")


def _repeller(settings: FieldSettings) -> str:
    """The process that owns the outputs is started and ended; nothing is switched on."""
    from edge.repel.output_kinds import OutputKind
    from edge.repel.switchboard import switchboard_from

    for one in settings.repel.outputs:
        if one.kind is OutputKind.SOUND:
            _sounds(one)
    board = switchboard_from(settings.repel)
    board.open()
    board.tend()
    held, stopped = board.ok, board.stopped
    board.close()
    if not held:
        raise RuntimeError(
            "the pins cannot be reached: stop the device's service if it runs; on a Raspberry Pi install the"
            " [pi] extra (lgpio)"
        )
    if stopped:
        raise RuntimeError(
            "the emergency stop is pressed, or its wire is broken: pull it out, look at stop_pin"
        )
    armed = "armed" if settings.repel.armed else "not armed"
    factory = os.environ.get("GPIOZERO_PIN_FACTORY", "of this board")
    return f"{len(settings.repel.outputs)} outputs, all off, {armed}; pins {factory}"


def _sounds(one: "OutputSettings") -> None:
    if shutil.which("aplay") is None:
        raise FileNotFoundError(f"output {one.name} needs aplay: apt install alsa-utils")
    for file in one.files:
        if not file.exists():
            raise FileNotFoundError(f"output {one.name}: {file}: no such sound: mend [[repel.outputs]] files")
