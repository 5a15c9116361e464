"""From a picture to animals: how much of the time the network itself takes, how fast beside ultralytics, and memory.

The reference runs in a process and an environment of its own, on the very network that is measured, wrapped so that it
reads as one of its own kind. It is AGPL and is neither imported here nor shipped.
"""

import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.falls import resident_kib
from edge.wildlife.detector import Detector

REFERENCE = Path(__file__).with_name("ultralytics_reference.py")
SIZES = {"640 x 360": (640, 360), "1920 x 1080": (1920, 1080)}
FRAMES = 40
"""A round: half a second or more, and short enough that what else runs on the machine falls on both sides."""
WARM_UP = 5

Frames = NDArray[np.uint8]


class TimedSession:
    """An inference session that adds up the processor time spent in ``run``."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.seconds = 0.0

    def run(self, *arguments: Any) -> Any:
        began_s = time.process_time()
        try:
            return self._session.run(*arguments)
        finally:
            self.seconds += time.process_time() - began_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of processor a frame: the whole, the network alone, and the reference if it runs."""

    whole_s: float
    network_s: float
    reference_s: float | None


def pictures(width: int, height: int, count: int = FRAMES) -> Frames:
    """(count, height, width, 3) uint8: blotches of all sizes, so that nothing compresses and a few boxes are found."""
    rng = np.random.default_rng(0)
    frames = np.empty((count, height, width, 3), np.uint8)
    for frame in frames:
        frame[:] = 128
        for cells in (4, 16, 64):
            small = rng.integers(-40, 41, (cells, cells, 3)).astype(np.float32)
            frame[:] = np.clip(frame + cv2.resize(small, (width, height)), 0, 255).astype(np.uint8)
    return frames


def measured(card: Path, size: tuple[int, int], rounds: int, reference: "Reference | None") -> list[Round]:
    """The detector of ``card`` on pictures of ``size``, one processor, ours and the reference in turn."""
    frames = pictures(*size)
    detector = Detector(card)
    session = TimedSession(detector._session)  # noqa: SLF001 - what runs inside is what is measured
    detector._session = session  # type: ignore[assignment] # noqa: SLF001
    for frame in frames[:WARM_UP]:
        detector.detect(frame)
    if reference is not None:
        reference.take(frames)
    found = []
    for _ in range(rounds):
        gc.collect()
        session.seconds = 0.0
        began_s = time.process_time()
        for frame in frames:
            detector.detect(frame)
        whole_s = time.process_time() - began_s
        other_s = None if reference is None else reference.run() / len(frames)
        found.append(Round(whole_s / len(frames), session.seconds / len(frames), other_s))
    return found


def lines(name: str, found: Sequence[Round]) -> list[str]:
    """What the rounds gave, in words."""
    whole, shares = [one.whole_s for one in found], sorted(one.network_s / one.whole_s for one in found)
    told = [
        f"{name}: {1000 * median(whole):.2f} ms a picture, {1 / median(whole):.1f} pictures/s on one core",
        f"  in session.run: {100 * median(shares):.1f} % ({100 * shares[0]:.1f}-{100 * shares[-1]:.1f}) of the time",
    ]
    pairs = [(one.reference_s, one.whole_s) for one in found if one.reference_s is not None]
    if pairs:
        ratios = sorted(theirs / ours for theirs, ours in pairs)
        theirs = median(one for one, _ in pairs)
        told.append(
            f"  ultralytics predict, same network: {1000 * theirs:.2f} ms; ours is"
            f" {median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) x as fast"
        )
    return told


def beside(card: Path, rounds: int, python: Path | None) -> Iterator[str]:
    """Lines for each size of picture, as they are measured; ``python``: the reference's interpreter, or none."""
    with one_processor():
        reference = None if python is None else Reference(python, card)
        try:
            for name, size in SIZES.items():
                yield from lines(name, measured(card, size, rounds, reference))
        finally:
            if reference is not None:
                reference.close()


@contextmanager
def one_processor() -> Iterator[None]:
    """This process, and those it starts, on one processor: else threads of one side would count as speed."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Reference:
    """ultralytics in its own process; ``python`` is the interpreter of an environment that has it."""

    def __init__(self, python: Path, card: Path) -> None:
        """Raises RuntimeError with its last words if it does not start."""
        self._folder = tempfile.TemporaryDirectory(prefix="mimamori-reference-")
        onnx = Path(self._folder.name) / "wrapped.onnx"
        side = wrap(card, onnx)
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own interpreter
            [str(python), str(REFERENCE), str(onnx), str(side)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def take(self, frames: Frames) -> None:
        """Hand these pictures over, and let it warm up."""
        file = Path(self._folder.name) / "frames.npy"
        np.save(file, frames)
        self._ask({"frames": str(file)})

    def run(self) -> float:
        """Seconds of processor for all pictures once."""
        return float(self._ask({"run": 1})["seconds"])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - opened above
        assert self._process.stdout is not None  # noqa: S101
        assert self._process.stderr is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise RuntimeError(f"the reference ended: {self._process.stderr.read()[-2000:]}")


def wrap(card: Path, out: Path) -> int:
    """Write the card's network with its output as ultralytics expects one of its own; returns its input's side in px."""
    import onnx  # noqa: PLC0415 - of the [train] extra
    from onnx import TensorProto, helper  # noqa: PLC0415

    from edge.wildlife.card import load_card, model_file  # noqa: PLC0415

    described = load_card(card)
    model = onnx.load(model_file(card, described))
    graph, raw = model.graph, model.graph.output[0].name
    ends = {"start0": [0], "end4": [4], "end5": [5], "endall": [1 << 30], "axis": [2]}
    graph.initializer.extend(helper.make_tensor(name, TensorProto.INT64, [1], v) for name, v in ends.items())
    graph.node.extend([
        helper.make_node("Slice", [raw, "start0", "end4", "axis"], ["ref_boxes"]),
        helper.make_node("Slice", [raw, "end4", "end5", "axis"], ["ref_object"]),
        helper.make_node("Slice", [raw, "end5", "endall", "axis"], ["ref_classes"]),
        helper.make_node("Mul", ["ref_object", "ref_classes"], ["ref_scores"]),
        helper.make_node("Concat", ["ref_boxes", "ref_scores"], ["ref_rows"], axis=2),
        helper.make_node("Transpose", ["ref_rows"], ["ref_output"], perm=[0, 2, 1]),
    ])  # fmt: skip
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("ref_output", TensorProto.FLOAT, None))
    side = described.input_width_px
    names = dict(enumerate(described.class_names))
    for key, value in {
        "names": names,
        "stride": 32,
        "task": "detect",
        "batch": 1,
        "imgsz": [side, side],
    }.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, out)
    return side


def memory(card: Path, hours: float, fps: float = 5.0) -> list[str]:
    """Resident memory of the detector over as many pictures as a camera gives in ``hours``, after a first quarter."""
    frames, detector = pictures(640, 360), Detector(card)
    total, marks = round(hours * 3600 * fps), []
    for _ in range(4):
        for n in range(total // 4):
            detector.detect(frames[n % len(frames)])
        gc.collect()
        marks.append(resident_kib() / 1024)
    told = [f"  after {hours * n / 4:.2f} h: {mib:.1f} MiB resident" for n, mib in enumerate(marks, start=1)]
    grown = f"  growth after the first quarter: {marks[-1] - marks[0]:+.1f} MiB"
    return [f"memory over {total:,} pictures ({hours:g} h at {fps:g} a second):", *told, grown]
