"""A field's eye: what a look costs beside the bare network, and how much memory the whole device holds, hour after hour.

The device is the real one: camera, motion gate, networks, tracks, visits, kept pictures, repeller, outbox. Its pictures
were drawn before, by another process, so that nothing of the drawing counts.
"""

import gc
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.falls import resident_kib
from contract.ids import new_ulid
from contract.messages import Event, encode
from edge.agent import Stamper
from edge.assembly import field_networks
from edge.clock import ManualClock
from edge.field import Field, FieldParts
from edge.field_memory import FieldMemory
from edge.field_settings import FieldSettings
from edge.outbox import Outbox
from edge.repel.repeller import Repeller
from edge.sensors.camera.sensor import ReplayCamera
from edge.sensors.camera.view import KnownView
from edge.sensors.readings import Picture
from edge.wildlife.detector import Detector
from edge.wildlife.eye import Eye
from edge.wildlife.keeping import Keeping
from simulators.field.camera_feed import CameraFeed
from simulators.field.story import FieldStory

START_MS = 1_750_042_800_000
PERIOD_S = 0.2
DRAWN_S = 90.0
"""One minute and a half, again and again: a troop's visit and the quiet after it."""


def draw(folder: Path, size: tuple[int, int], seconds: float = DRAWN_S) -> None:
    """Write the pictures of one visit into ``folder``."""
    story = FieldStory(
        np.random.default_rng(1), first_s=seconds / 4, troop=(3, 3), stay_s=seconds / 3, between_s=1e9
    )
    feed = CameraFeed(folder, story, np.random.default_rng(2), size=size)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(round(seconds / PERIOD_S)):
        cv2.imwrite(str(folder / f"{number:05d}.jpg"), feed.step(PERIOD_S))


def settings_of(place: Path, model: Path, verifier: Path | None) -> FieldSettings:
    """A field whose pictures lie in ``place``/pictures."""
    eye = {"model": model, "verifier": verifier, "quiet_after_s": 60.0}
    tables = {"device": "field-1", "data_directory": place, "live": True, "eye": eye}
    return FieldSettings.model_validate({**tables, "camera": {"source": str(place / "pictures")}})


def device(settings: FieldSettings, clock: ManualClock, place: Path) -> Field:
    """As edge.assembly puts it together, but for the camera."""
    networks = field_networks(settings.eye, clock)
    parts = FieldParts(
        memory=FieldMemory(place / "visit.json"),
        namer=networks.namer,
        known_view=KnownView(place / "view.npz"),
        keeping=Keeping(place / "kept", settings.eye.keep, new_ulid, device=settings.device),
    )
    repeller = Repeller(settings.repel, clock, new_ulid, random.Random(1))
    return Field(
        settings,
        _Endless(place / "pictures", clock),
        networks.detector,
        repeller,
        clock,
        new_ulid,
        parts=parts,
    )


class _Endless(ReplayCamera):
    """Begins again at its end, as one view."""

    def __init__(self, source: Path, clock: ManualClock) -> None:
        super().__init__(source, clock, period_s=PERIOD_S, scenes="folder")

    def read(self, timeout_s: float) -> Sequence[Picture]:
        try:
            return super().read(timeout_s)
        except EOFError:
            self.open()
            return super().read(timeout_s)


def live_through(place: Path, model: Path, verifier: Path | None, minutes: float) -> Iterator[str]:
    """Run the device for so many minutes of its own time; a line for each sixth."""
    clock = ManualClock(START_MS)
    settings = settings_of(place, model, verifier)
    field, outbox = device(settings, clock, place), Outbox(place / "outbox.sqlite")
    stamper = Stamper(settings.device, new_ulid(START_MS), clock)
    field.open()
    marks, events = [], 0
    for part in range(1, 7):
        while clock.monotonic_s() < minutes * 60 * part / 6:
            for body in field.step(0.0).events:
                event = Event(id=new_ulid(clock.unix_ms()), stamp=stamper.next(), body=body)
                outbox.add_event(event.id, encode(event), clock.unix_ms())
                events += 1
        gc.collect()
        marks.append(resident_kib() / 1024)
        yield f"  after {clock.monotonic_s() / 60:5.1f} min: {marks[-1]:6.1f} MiB resident, {events} events"
    field.close()
    outbox.close()
    yield f"  growth after the first sixth: {marks[-1] - marks[0]:+.1f} MiB; most {max(marks):.1f} MiB"


def memory(model: Path, verifier: Path | None, minutes: float, size: tuple[int, int]) -> Iterator[str]:
    """``live_through`` in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="mimamori-field-") as folder:
        place = Path(folder)
        draw(place / "pictures", size)
        command = [
            sys.executable,
            "-m",
            "benchmarks.field",
            str(place),
            str(model),
            str(verifier or ""),
            str(minutes),
        ]
        yield f"memory of a field device over {minutes:g} min of {size[0]} x {size[1]} at 5 a second:"
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - itself
        yield from done.stdout.splitlines()


def costs(model: Path, verifier: Path | None, size: tuple[int, int], rounds: int) -> Iterator[str]:
    """Median ms of one picture: the network alone, the detector, the eye while something moves and while nothing does."""
    detector = Detector(model)
    with tempfile.TemporaryDirectory(prefix="mimamori-field-") as folder:
        place = Path(folder)
        draw(place, size, 20.0)
        images = [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(place.glob("*.jpg"))]
    networks = field_networks(settings_of(Path(), model, verifier).eye, ManualClock(0))
    eye = Eye(settings_of(Path(), model, verifier).eye, networks.detector, networks.namer)
    blob = {detector._input: detector._blob}  # noqa: SLF001 - the yardstick is this very network
    bare: list[float] = []
    single: list[float] = []
    open_ms: list[float] = []
    shut_ms: list[float] = []
    for n, image in enumerate(images * rounds):
        bare.append(_ms(partial(detector._session.run, None, blob))[0])  # noqa: SLF001 - as above
        single.append(_ms(partial(detector.detect, image))[0])
        took_ms, look = _ms(partial(eye.glance, image, "", n * PERIOD_S))
        (open_ms if look is not None else shut_ms).append(took_ms)
    yield f"one picture of {size[0]} x {size[1]}, {detector.card.name}, median ms (times the bare network):"
    for name, taken in (
        ("the network alone", bare),
        ("detector: picture to boxes", single),
        ("eye, looking: gate, tiles, tracks, crops", open_ms),
        ("eye, nothing moves", shut_ms),
    ):
        if taken:
            yield f"  {name:42s} {median(taken):7.2f}  ({median(taken) / median(bare):.2f})"


def _ms(work: Callable[[], object]) -> tuple[float, object]:
    begun = time.perf_counter()
    answer = work()
    return (time.perf_counter() - begun) * 1000, answer


if __name__ == "__main__":
    _, where, card, second, length = sys.argv
    for told in live_through(Path(where), Path(card), Path(second) if second else None, float(length)):
        sys.stdout.write(f"{told}\n")
