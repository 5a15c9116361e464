"""``mimamori replay``: recordings through the very path a live device takes, to a running gateway."""

import random
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.service import program_version, stop_on_signals
from contract.broker import BrokerSettings
from contract.messages import Answered, Fall, Fault, MuteRepeller, Repel, Sighting
from edge.device import Device, Outgoing

if TYPE_CHECKING:
    from edge.clock import ManualClock
    from edge.field_settings import FieldSettings
    from edge.home_settings import HomeSettings

app = typer.Typer(no_args_is_help=True, help="Send recordings through the path of a live device.")

Host = Annotated[str, typer.Option(help="The gateway's broker.")]
Port = Annotated[int, typer.Option(help="The broker's port.")]
Name = Annotated[str, typer.Option(help="The device it is sent as.")]

PARSE_CHUNK = 1 << 16


@app.command()
def radar(
    file: Annotated[Path, typer.Argument(help="Bytes of a TI mmWave data port.")],
    device: Name = "radar-replay",
    host: Host = "127.0.0.1",
    port: Port = 1883,
    height: Annotated[float, typer.Option(help="Of the radar above the floor, m.")] = 1.8,
    tilt: Annotated[float, typer.Option(help="Of the radar, degrees down.")] = 10.0,
    period: Annotated[float, typer.Option(help="Seconds between two frames.")] = 0.055,
) -> None:
    """Replay radar bytes; its last frame is now. Exit 1 if the gateway has not confirmed everything."""
    from contract.ids import new_ulid
    from edge.clock import ManualClock
    from edge.fall.settings import MountSettings
    from edge.home import Home
    from edge.home_settings import HomeSettings
    from edge.sensors.byte_port import FilePort
    from edge.sensors.ti_radar import ReplayRadar
    from edge.sensors.ti_radar_settings import RadarSettings
    from edge.voice import SilentSpeaker

    frames = _count_frames(file)
    clock = ManualClock(_start_ms(frames * period))
    source = ReplayRadar(FilePort(file), clock, frame_period_s=period)
    with tempfile.TemporaryDirectory(prefix="mimamori-replay-") as place:
        settings = HomeSettings(
            device=device,
            data_directory=Path(place),
            broker=BrokerSettings(host=host, port=port),
            radar=RadarSettings(port=str(file)),
            mount=MountSettings(height_m=height, tilt_deg=tilt),
        )
        home = Tallied(Home(settings, source, SilentSpeaker(), clock, new_ulid), total=frames)
        delivered = _run(settings, home, clock)
    counted = source.counters()
    typer.echo(
        f"{counted['frames']:g} frames, {counted['frames_corrupt']:g} corrupt,"
        f" {counted['frames_missing']:g} missing, {counted['bytes_skipped']:g} bytes skipped"
    )
    _finish(home, clock, delivered)


@app.command()
def images(
    source: Annotated[Path, typer.Argument(help="A folder of pictures, or a video.")],
    device: Name = "cam-replay",
    host: Host = "127.0.0.1",
    port: Port = 1883,
    model: Annotated[Path | None, typer.Option(help="A model's card; without it the shipped one.")] = None,
    clip: Annotated[
        bool, typer.Option("--clip", help="The folder's pictures follow each other; else each stands alone.")
    ] = False,
    names: Annotated[
        Path | None, typer.Option(help="A file with one picture's name a line: only these of the folder.")
    ] = None,
) -> None:
    """Replay pictures through the eye; a still is shown long enough to be confirmed over time or not.

    The repeller is not armed. Exit 1 if the gateway has not confirmed everything.
    """
    from cli.demo.town import shipped_model
    from contract.ids import new_ulid
    from edge.clock import ManualClock
    from edge.field import Field
    from edge.field_settings import FieldSettings
    from edge.repel.repeller import Repeller
    from edge.sensors.camera import ReplayCamera
    from edge.sensors.camera_settings import CameraSettings
    from edge.wildlife.detector import Detector
    from edge.wildlife.settings import EyeSettings

    card = model or shipped_model()
    with tempfile.TemporaryDirectory(prefix="mimamori-replay-") as place:
        shown = source if names is None else _only(source, names, Path(place) / "pictures")
        clock = ManualClock(_start_ms(3600.0))
        camera = ReplayCamera(shown, clock, scenes="folder" if clip else "picture")
        settings = FieldSettings(
            device=device,
            data_directory=Path(place),
            broker=BrokerSettings(host=host, port=port),
            camera=CameraSettings(source=str(shown)),
            eye=EyeSettings(model=card, fps_max=30.0),
        )
        repeller = Repeller(settings.repel, clock, new_ulid, random.Random(0))
        field = Field(settings, camera, Detector(card), repeller, clock, new_ulid)
        tallied = Tallied(field, total=None)
        delivered = _run(settings, tallied, clock)
    counted = camera.counters()
    typer.echo(f"{counted['frames']:g} frames shown, {counted['unreadable']:g} pictures unreadable")
    _finish(tallied, clock, delivered)


class Tallied:
    """A device that passes everything through and counts what it tells; draws the progress."""

    def __init__(self, device: Device, total: int | None) -> None:
        self._device = device
        self._total = total
        self._progress = Progress(
            TextColumn("replaying"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), transient=True
        )
        self._task = self._progress.add_task("", total=total)
        self.kind = device.kind
        self.told: Counter[str] = Counter()

    def open(self) -> None:
        self._progress.start()
        self._device.open()

    def step(self, timeout_s: float) -> Outgoing:
        outgoing = self._device.step(timeout_s)
        self._progress.advance(self._task)
        for body in outgoing.events:
            self.told[_told(body)] += 1
        return outgoing

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        return self._device.command(body)

    def faults(self) -> list[str]:
        return self._device.faults()

    def close(self) -> None:
        self._device.close()
        self._progress.stop()


def _told(body: Fall | Sighting | Repel | Fault) -> str:
    if isinstance(body, Fall):
        return f"falls {body.phase}"
    if isinstance(body, Sighting):
        return f"sightings of {body.species} {body.phase}"
    if isinstance(body, Repel):
        return f"repeller {body.phase}"
    return f"fault {body.code} {body.phase}"


def _run(settings: "HomeSettings | FieldSettings", device: Device, clock: "ManualClock") -> bool:
    """Run to the recording's end; whether the gateway has confirmed everything."""
    from edge.assembly import agent, outbox_file
    from edge.outbox import Outbox

    stop = stop_on_signals()
    outbox = Outbox(outbox_file(settings), telemetry_rows_max=1_000_000)
    try:
        agent(settings, device, outbox, clock, program_version()).run(stop)
        backlog = outbox.backlog()
    finally:
        outbox.close()
    return backlog.events == 0 and backlog.telemetry == 0


def _finish(device: Tallied, clock: "ManualClock", delivered: bool) -> None:
    typer.echo(f"{timedelta(seconds=round(clock.monotonic_s()))} of the device's time")
    for what, count in sorted(device.told.items()):
        typer.echo(f"  {count:4} {what}")
    if not delivered:
        typer.echo("the gateway has not confirmed everything: is it running on this broker?", err=True)
        raise typer.Exit(1)
    typer.echo("the gateway has confirmed everything")


def _count_frames(file: Path) -> int:
    """Decode once without using it: the replay's start is its length before now."""
    from edge.sensors.ti_frames import FrameParser

    parser = FrameParser()
    with file.open("rb") as recording:
        while chunk := recording.read(PARSE_CHUNK):
            parser.feed(chunk)
    parser.finish()
    return parser.counters.frames + parser.counters.frames_missing


def _start_ms(length_s: float) -> int:
    return round((datetime.now(UTC).timestamp() - length_s) * 1000)


def _only(source: Path, names: Path, folder: Path) -> Path:
    """A folder of links to the named pictures; raises FileNotFoundError for a name that is not there."""
    folder.mkdir()
    for name in names.read_text(encoding="utf-8").split():
        picture = source / name
        if not picture.exists():
            raise FileNotFoundError(f"{picture}: named in {names} and not there")
        (folder / name).symlink_to(picture.resolve())
    return folder
