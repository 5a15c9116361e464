"""An IP camera: serves MJPEG over RTSP (RFC 2326, RFC 2435), interleaved in one TCP connection, to any number of players.

Is: what an edge device's RTSP source talks to in tests and demonstrations. Is not: an RTSP server for the world; one
stream, no authentication, no UDP.
"""

import socketserver
import struct
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

_CLOCK_HZ = 90_000
_PAYLOAD_MAX = 1400
_JPEG_TYPE_420 = 1
_SSRC = 0x4D494D41
_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=field\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track0\r\n"


class RtspCamera:
    """Shows what ``picture()`` (H, W, 3 uint8 BGR, sides divisible by 8) gives, ``fps`` times a second, until closed."""

    def __init__(self, picture: Callable[[], NDArray[np.uint8]], *, port: int = 0, fps: float = 10.0) -> None:
        self._stop = threading.Event()
        stop = self._stop

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _serve(self, picture, fps, stop)

        self._server = _Server(("127.0.0.1", port), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/field"

    def close(self) -> None:
        """Hang up on everybody."""
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _serve(
    session: socketserver.StreamRequestHandler,
    picture: Callable[[], NDArray[np.uint8]],
    fps: float,
    stop: threading.Event,
) -> None:
    try:
        while (request := _request(session)) is not None:
            method, headers = request
            session.wfile.write(_answer(method, headers.get("cseq", "0"), headers.get("transport", "")))
            if method == "PLAY":
                _play(session, picture, fps, stop)
                return
            if method == "TEARDOWN":
                return
    except OSError:  # the player has gone
        return


def _request(session: socketserver.StreamRequestHandler) -> tuple[str, dict[str, str]] | None:
    first = session.rfile.readline(4096).decode("latin-1").split()
    if not first:
        return None
    headers = {}
    while line := session.rfile.readline(4096).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return first[0], headers


def _answer(method: str, sequence: str, transport: str) -> bytes:
    head = ["RTSP/1.0 200 OK", f"CSeq: {sequence}"]
    body = ""
    if method == "OPTIONS":
        head.append("Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
    elif method == "DESCRIBE":
        body = _SDP
        head += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    elif method == "SETUP":
        if "interleaved" not in transport:
            head[0] = "RTSP/1.0 461 Unsupported Transport"
        head += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
    elif method == "PLAY":
        head += ["Session: 1", "Range: npt=0.000-"]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def _play(
    session: socketserver.StreamRequestHandler,
    picture: Callable[[], NDArray[np.uint8]],
    fps: float,
    stop: threading.Event,
) -> None:
    number, begun_s = 0, time.monotonic()
    while not stop.wait(1.0 / fps):
        stamp = int((time.monotonic() - begun_s) * _CLOCK_HZ) & 0xFFFFFFFF
        for packet in _packets(picture(), number, stamp):
            session.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
            number = (number + 1) & 0xFFFF


def _packets(image: NDArray[np.uint8], number: int, stamp: int) -> list[bytes]:
    """RTP packets of one frame; the tables travel in the first, the JPEG's own headers do not."""
    tables, scan = _parts(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())
    high, wide = image.shape[:2]
    packets: list[bytes] = []
    at = 0
    while at < len(scan):
        head = struct.pack(">I", at)[1:] + bytes((_JPEG_TYPE_420, 255, wide // 8, high // 8))
        head = b"\0" + head
        if at == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        piece = scan[at : at + _PAYLOAD_MAX - len(head)]
        last = at + len(piece) >= len(scan)
        sequence = (number + len(packets)) & 0xFFFF
        packets.append(
            struct.pack(">BBHII", 0x80, 26 | (0x80 if last else 0), sequence, stamp, _SSRC) + head + piece
        )
        at += len(piece)
    return packets


def _parts(jpeg: bytes) -> tuple[bytes, bytes]:
    """(quantisation tables, scan) of a baseline JPEG with the usual Huffman tables."""
    tables, at = b"", 2
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        part = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            while part:
                tables, part = tables + part[1:65], part[65:]
        if marker == 0xDA:
            return tables, jpeg[at:-2]
