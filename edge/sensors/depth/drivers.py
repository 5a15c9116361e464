"""Live depth cameras behind one small protocol; each vendor's package is imported only when its camera is asked for."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sensors.depth.files import Millimetres, Pair, lens, to_mm
from edge.sensors.depth.settings import DepthSettings
from edge.sensors.readings import SensorLostError

WAIT_MS = 2000
"""Longest wait for one picture; without a limit a camera that was unplugged holds its thread for ever."""
Y16 = cv2.VideoWriter.fourcc("Y", "1", "6", " ")
Z16 = cv2.VideoWriter.fourcc("Z", "1", "6", " ")


class Grabbed(NamedTuple):
    """One picture in mm and the lens that drew it."""

    depth_mm: Millimetres
    focal_px: Pair
    centre_px: Pair


class Driver(Protocol):
    """One opened camera; used by one thread."""

    def grab(self) -> Grabbed | None:
        """The next picture, waiting at most WAIT_MS; None when none came; raises SensorLostError when the camera is gone."""
        ...

    def close(self) -> None: ...


def open_driver(settings: DepthSettings) -> Driver:
    """Opens the camera of the settings; raises SensorLostError with the mend."""
    if settings.kind == "openni":
        return OpenNi(settings)
    if settings.kind == "v4l2":
        return V4l2(settings)
    return RealSense(settings) if settings.kind == "realsense" else Oak(settings)


def _vendor(module: str, camera: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SensorLostError(
            f"{camera} needs the package {module}, which is not installed: pip install {module}"
        ) from error


class OpenNi:
    """Kinect, Xtion, Astra and others through OpenNI2, as far as this OpenCV was built with it."""

    def __init__(self, settings: DepthSettings) -> None:
        if not cv2.videoio_registry.hasBackend(cv2.CAP_OPENNI2):
            raise SensorLostError(
                "this OpenCV was built without OpenNI2: install one built with -D WITH_OPENNI2=ON (the wheels are not), "
                'or use kind = "v4l2" if the camera shows up as /dev/video*'
            )
        self._settings = settings
        self._capture = cv2.VideoCapture(int(settings.source), cv2.CAP_OPENNI2)
        if not self._capture.isOpened():
            self._capture.release()
            raise SensorLostError(
                f"OpenNI2 finds no camera number {settings.source}: check the cable and OPENNI2_REDIST"
            )
        focal_px = self._capture.get(cv2.CAP_OPENNI_DEPTH_GENERATOR | cv2.CAP_PROP_OPENNI_FOCAL_LENGTH)
        self._focal = settings.focal_px or (focal_px if focal_px > 0 else None)

    def grab(self) -> Grabbed | None:
        if not self._capture.grab():
            raise SensorLostError("the depth camera has stopped: check its cable and power")
        good, counts = self._capture.retrieve(flag=cv2.CAP_OPENNI_DEPTH_MAP)
        if not good:
            return None
        depth = to_mm(np.asarray(counts).view(np.uint16), self._settings.scale_mm or 1.0)
        return Grabbed(depth, *lens(depth.shape, self._focal, self._settings.centre_px))

    def close(self) -> None:
        self._capture.release()


class V4l2:
    """A camera that Linux knows as /dev/video*, in one of the 16-bit formats Z16 and Y16."""

    def __init__(self, settings: DepthSettings) -> None:
        source = settings.source
        node = Path(f"/dev/video{source}") if isinstance(source, int) else Path(source)
        if not node.exists():
            raise SensorLostError(f"{node}: no such camera: plug it in, or mend source in [depth]")
        self._settings, self._node = settings, node
        self._capture = cv2.VideoCapture(source, cv2.CAP_V4L2)
        for fourcc in (Z16, Y16):
            self._capture.set(cv2.CAP_PROP_FOURCC, fourcc)
            if int(self._capture.get(cv2.CAP_PROP_FOURCC)) == fourcc:
                break
        self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)  # else 16 bits become 8
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        if not self._capture.isOpened():
            self._capture.release()
            raise SensorLostError(f"{node}: cannot be opened: is another program using it?")

    def grab(self) -> Grabbed | None:
        good, counts = self._capture.read()
        if not good:
            raise SensorLostError(f"{self._node}: the depth camera has stopped: check its cable and power")
        width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)) or self._settings.width
        depth = to_mm(sixteen_bits(np.asarray(counts), width, self._node), self._settings.scale_mm or 1.0)
        return Grabbed(depth, *lens(depth.shape, self._settings.focal_px, self._settings.centre_px))

    def close(self) -> None:
        self._capture.release()


def sixteen_bits(counts: NDArray[Any], width: int, node: Path) -> NDArray[np.uint16]:
    """(H, W) uint16 of what V4L2 gives: 16-bit rows, or their bytes; raises SensorLostError for colour."""
    if counts.dtype == np.uint16:
        return counts.reshape(-1, width)
    if (
        counts.dtype == np.uint8
        and counts.size % (2 * width) == 0
        and (counts.ndim < 3 or counts.shape[2] == 2)
    ):
        return np.ascontiguousarray(counts).reshape(-1).view("<u2").reshape(-1, width)
    raise SensorLostError(
        f"{node}: gives {counts.dtype} {counts.shape} and no 16-bit depth: it is the colour camera; try the next number"
    )


class RealSense:
    """An Intel RealSense through pyrealsense2."""

    def __init__(self, settings: DepthSettings) -> None:
        self._rs: Any = _vendor("pyrealsense2", "a RealSense camera")
        config = self._rs.config()
        if settings.source:
            config.enable_device(str(settings.source))
        rate = min(
            (6, 15, 30, 60, 90), key=lambda r: (r < settings.frames_per_s, r)
        )  # the rates that these cameras have
        config.enable_stream(
            self._rs.stream.depth, settings.width, settings.height, self._rs.format.z16, rate
        )
        self._pipeline = self._rs.pipeline()
        try:
            profile = self._pipeline.start(config)
        except RuntimeError as error:
            raise SensorLostError(
                f"RealSense: {error}: check the USB 3 cable, source, width and height"
            ) from error
        self._scale_mm = 1000.0 * profile.get_device().first_depth_sensor().get_depth_scale()
        drawn = profile.get_stream(self._rs.stream.depth).as_video_stream_profile().get_intrinsics()
        self._focal, self._centre = (drawn.fx, drawn.fy), (drawn.ppx, drawn.ppy)

    def grab(self) -> Grabbed | None:
        try:
            depth = self._pipeline.wait_for_frames(WAIT_MS).get_depth_frame()
        except RuntimeError as error:
            raise SensorLostError(f"RealSense: {error}: check its cable") from error
        if not depth:
            return None
        counts = np.array(depth.get_data(), dtype=np.uint16)  # a copy: the camera takes its memory back
        return Grabbed(to_mm(counts, round(self._scale_mm, 6)), self._focal, self._centre)

    def close(self) -> None:
        self._pipeline.stop()


class Oak:
    """A Luxonis OAK-D through depthai 3: stereo depth, aligned with its right camera."""

    def __init__(self, settings: DepthSettings) -> None:
        dai: Any = _vendor("depthai", "an OAK camera")
        if hasattr(dai.node, "XLinkOut"):
            raise SensorLostError(
                "OAK cameras are driven by depthai 3, version 2 is installed: pip install 'depthai>=3'"
            )
        size = (settings.width, settings.height)
        sockets = dai.CameraBoardSocket.CAM_B, dai.CameraBoardSocket.CAM_C
        try:
            device = dai.Device(str(settings.source)) if settings.source else dai.Device()
            self._pipeline = dai.Pipeline(device)
            left, right = (
                self._pipeline.create(dai.node.Camera)
                .build(socket)
                .requestOutput(size, type=dai.ImgFrame.Type.GRAY8, fps=settings.frames_per_s)
                for socket in sockets
            )
            stereo = self._pipeline.create(dai.node.StereoDepth).build(left, right)
            self._queue = stereo.depth.createOutputQueue(maxSize=2, blocking=False)
            matrix = device.readCalibration().getCameraIntrinsics(sockets[1], *size)
            self._pipeline.start()
        except RuntimeError as error:
            raise SensorLostError(
                f"OAK: {error}: check the cable, its power, and the udev rule for 03e7"
            ) from error
        self._focal, self._centre = (matrix[0][0], matrix[1][1]), (matrix[0][2], matrix[1][2])

    def grab(self) -> Grabbed | None:
        try:
            picture = self._queue.get()
        except RuntimeError as error:
            raise SensorLostError(f"OAK: {error}: check its cable") from error
        counts = np.array(picture.getFrame(), dtype=np.uint16)
        return Grabbed(counts, self._focal, self._centre)

    def close(self) -> None:
        self._pipeline.stop()
