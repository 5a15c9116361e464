"""Running cameras: a V4L2 device, a network stream, or a program that writes JPEG after JPEG.

Is: a thread that grabs all the time and keeps only the newest frame; a source that ends, hangs or breaks is told as lost.
Is not: a second try; whoever reads closes and opens again.
"""

import logging
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

import cv2
import numpy as np

from edge.sensors.camera.files import Image, Tally, decode_picture
from edge.sensors.camera.settings import URL_SCHEMES, CameraSettings
from edge.sensors.readings import SensorLostError

log = logging.getLogger(__name__)

PATIENCE_MS = 5000  # OpenCV's own limit for opening and reading a stream; without it a read may hang for ever
HANG_UP_S = 0.2  # the loop that calls must go on turning, whatever a driver does
PIECE_BYTES = 65_536
PICTURE_BYTES_MOST = 16_000_000
"""Of a 4K JPEG at full quality; more is no picture but a program that writes rubbish."""
_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"


class Grabs(Protocol):
    """One open source."""

    def grab(self) -> Image | None:
        """The next frame, waiting for it; None at the end. A picture that cannot be read raises ValueError."""
        ...

    def close(self) -> None:
        """Let it go; wakes a ``grab`` that waits, where the source can."""
        ...


def live_source(settings: CameraSettings, tally: Tally) -> "Live":
    """The running source of a file. Raises SensorLostError at once for a device node or a program that is not there."""
    if settings.command:
        return Live(settings.command[0], lambda: _Program(settings.command), tally)
    source = settings.source
    assert source is not None  # noqa: S101 - the settings' promise, told to the type checker
    if isinstance(source, str) and source.startswith(URL_SCHEMES):
        return Live(hidden(source), lambda: _Capture(_stream(source)), tally)
    node = Path(f"/dev/video{source}") if isinstance(source, int) else Path(source)
    if not node.exists():
        raise SensorLostError(f"{node}: no such camera: plug it in, or mend source in [camera]")
    return Live(str(node), lambda: _Capture(_device(source, settings)), tally)


class Live:
    """Grabbed by a thread of its own, so that neither a slow network nor a slow detector delays the other."""

    def __init__(self, name: str, open_source: Callable[[], Grabs], tally: Tally) -> None:
        self._name = name
        self._open = open_source
        self._tally = tally
        self._fresh = threading.Condition()
        self._image: Image | None = None
        self._lost: str | None = None
        self._source: Grabs | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def newest(self, timeout_s: float) -> Image | None:
        """The newest frame not given before, or None. Raises SensorLostError once the source has ended."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._image is not None or self._lost is not None, timeout_s)
            image, self._image = self._image, None
            if image is None and self._lost is not None:
                raise SensorLostError(self._lost)
            if image is not None:
                self._tally.frames += 1
            return image

    def close(self) -> None:
        """A thread that hangs in the driver is left behind; it lets the device go when it comes back."""
        self._stop.set()
        source = self._source
        if isinstance(source, _Program):
            source.close()
        self._thread.join(timeout=HANG_UP_S)
        if self._thread.is_alive():
            log.warning("the camera's driver does not answer; going on without it")

    def _run(self) -> None:
        try:
            source = self._source = self._open()
        except SensorLostError as error:
            self._tell_lost(f"{self._name}: {error}")
            return
        try:
            self._grab(source)
        finally:
            source.close()

    def _grab(self, source: Grabs) -> None:
        while not self._stop.is_set():
            try:
                image = source.grab()
            except ValueError:
                self._tally.unreadable += 1
                continue
            if image is None:
                self._tell_lost(f"{self._name}: the camera has stopped: check cable and network")
                return
            with self._fresh:
                if self._image is not None:
                    self._tally.skipped += 1
                self._image = image
                self._fresh.notify_all()

    def _tell_lost(self, why: str) -> None:
        with self._fresh:
            self._lost = why
            self._fresh.notify_all()


class _Capture:
    """What OpenCV reads."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        """Raises SensorLostError when it is not open."""
        self._capture = capture
        if not capture.isOpened():
            capture.release()
            raise SensorLostError("cannot be opened: check cable, address and password")

    def grab(self) -> Image | None:
        good, image = self._capture.read()
        return np.asarray(image, np.uint8) if good else None

    def close(self) -> None:
        self._capture.release()


def _device(source: int | str, settings: CameraSettings) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(source, cv2.CAP_V4L2)
    # MJPEG: raw pictures of a large camera do not fit through USB 2 more than some times a second.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if settings.size_px is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.size_px[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.size_px[1])
    # The driver's own queue holds pictures of a second ago.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _stream(source: str) -> cv2.VideoCapture:
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, PATIENCE_MS),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, PATIENCE_MS),
    ]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)


class _Program:
    """A program whose output is JPEG after JPEG: how a CSI camera of a Raspberry Pi gives its pictures."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Raises SensorLostError when there is no such program."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the technician's own command, no shell
                command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise SensorLostError(f"{error.strerror}: install it, or mend command in [camera]") from error
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._pictures = _jpegs(self._process.stdout)

    def grab(self) -> Image | None:
        data = next(self._pictures, None)
        if data is None:
            return None
        image = decode_picture(data)
        if image is None:
            raise ValueError("not a whole picture")
        return image

    def close(self) -> None:
        """End the program; one that does not listen is killed."""
        self._process.terminate()
        try:
            self._process.wait(HANG_UP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _jpegs(pipe: IO[bytes]) -> Iterator[bytes]:
    """Each JPEG of a stream of them; what lies between is passed over. The pipe is closed at the end."""
    rest = b""
    with pipe:
        while piece := _piece(pipe):
            rest += piece
            *whole, rest = _parted(rest)
            yield from whole
            if len(rest) > PICTURE_BYTES_MOST:
                rest = b""


def _piece(pipe: IO[bytes]) -> bytes:
    try:
        return pipe.read1(PIECE_BYTES)  # type: ignore[attr-defined, no-any-return] # a BufferedReader, says Popen
    except ValueError:  # closed meanwhile by the other thread
        return b""


def _parted(data: bytes) -> list[bytes]:
    """The whole JPEGs at the beginning of ``data``, and what remains."""
    parts = []
    while (begin := data.find(_BEGIN)) >= 0:
        # A thumbnail inside would end early: cameras that stream write none.
        end = data.find(_END, begin)
        if end < 0:
            break
        parts.append(data[begin : end + len(_END)])
        data = data[end + len(_END) :]
    return [*parts, data]


def hidden(source: str) -> str:
    """The source without the name and password a stream's address may carry."""
    scheme, mark, rest = source.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if mark else source
