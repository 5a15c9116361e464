"""``mimamori replay``: recordings through the very path a live device takes, to a running gateway."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.broker_options import CaFile, Host, PasswordFile, Port, User, broker_at
from cli.listening import Listener
from cli.replay_account import Accounted, Shown, ThenSilence, minutes
from cli.service import program_version, stop_on_signals
from contract.broker import BrokerSettings
from edge.clock import ManualClock

if TYPE_CHECKING:
    from edge.field_settings import FieldSettings
    from edge.home_settings import HomeSettings
    from edge.outbox import Backlog

app = typer.Typer(no_args_is_help=True, help="Send recordings through the path of a live device.")

Name = Annotated[str, typer.Option(help="The device it is sent as.")]

BROKER_PATIENCE_S = 10.0
PARSE_CHUNK = 1 << 16


@app.command()
def radar(
    file: Annotated[
        Path, typer.Argument(help="Bytes of a TI mmWave data port.", exists=True, dir_okay=False)
    ],
    device: Name = "radar-replay",
    host: Host = "127.0.0.1",
    port: Port = 1883,
    user: User = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    height: Annotated[float, typer.Option(help="Of the radar above the floor, m.")] = 1.8,
    tilt: Annotated[float, typer.Option(help="Of the radar, degrees down.")] = 10.0,
    period: Annotated[float, typer.Option(help="Seconds between two frames.", min=0.001)] = 0.055,
    tail: Annotated[
        float,
        typer.Option(
            help="Seconds of silence after the last frame, so that a question asked at the end runs out and its"
            " fall is confirmed or not; no telemetry is sent of them.",
            min=0.0,
        ),
    ] = 90.0,
) -> None:
    """Replay radar bytes as fast as they decode; the end of the silence after them is now.

    Prints what was decoded, the falls with their times in the recording, and what the gateway confirmed. Exit 1 if
    it has not confirmed everything, or if the file holds no frame.
    """
    from contract.ids import new_ulid
    from edge.fall.settings import MountSettings
    from edge.home import Home
    from edge.home_settings import HomeSettings
    from edge.sensors.byte_port import FilePort
    from edge.sensors.ti.sensor import ReplayRadar
    from edge.sensors.ti.settings import RadarSettings
    from edge.voice import SilentSpeaker

    frames = _count_frames(file)
    clock = ManualClock(_start_ms(frames * period + tail))
    source = ThenSilence(ReplayRadar(FilePort(file), clock, frame_period_s=period), clock, tail)
    broker = broker_at(host, port, user, password_file, ca_file)
    with _settled(broker) as place:
        settings = HomeSettings(
            device=device,
            data_directory=place,
            broker=broker,
            # The silence after a recording is no fault of its radar.
            radar=RadarSettings(port=str(file), silent_after_s=tail + 60.0),
            mount=MountSettings(height_m=height, tilt_deg=tilt),
        )
        home = Home(settings, source, SilentSpeaker(), clock, new_ulid)
        replayed = Accounted(home, clock, lambda: source.counters()["frames"], total=frames)
        took_s, backlog = _run(settings, replayed, clock)
    counted = source.counters()
    recorded_s = source.ended_s or clock.monotonic_s()
    typer.echo(
        f"{counted['frames']:g} frames in {minutes(recorded_s)} of recording:"
        f" {counted['frames_corrupt']:g} corrupt, {counted['frames_missing']:g} missing,"
        f" {counted['bytes_skipped']:g} bytes skipped; {source.points} points"
    )
    for line in replayed.account.falls():
        typer.echo(line)
    _finish(replayed, f"{recorded_s / took_s:.3g} times as fast as it was recorded", took_s, backlog)


@app.command()
def images(
    source: Annotated[Path, typer.Argument(help="A folder of pictures, or a video.", exists=True)],
    device: Name = "cam-replay",
    host: Host = "127.0.0.1",
    port: Port = 1883,
    user: User = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    model: Annotated[
        Path | None, typer.Option(help="A model's card; without it the shipped ones, verifier and all.")
    ] = None,
    verifier: Annotated[
        Path | None,
        typer.Option(help="The card of a second model that looks at each monkey's crop.", exists=True),
    ] = None,
    clip: Annotated[
        bool, typer.Option("--clip", help="The folder's pictures follow each other; else each stands alone.")
    ] = False,
    names: Annotated[
        Path | None,
        typer.Option(help="A file with one picture's name a line: only these of the folder.", exists=True),
    ] = None,
) -> None:
    """Replay pictures through the eye; one that stands alone is shown long enough to be confirmed over time, or not.

    Prints in how many pictures what was confirmed, or the visits of a video. The repeller is not armed. Exit 1 if
    the gateway has not confirmed everything, or if there is no picture.
    """
    from cli.demo.town import shipped_model, shipped_verifier
    from contract.ids import new_ulid
    from edge.assembly import field_networks
    from edge.field import Field, FieldParts
    from edge.field_settings import FieldSettings
    from edge.repel.repeller import Repeller
    from edge.sensors.camera.sensor import ReplayCamera
    from edge.sensors.camera.settings import CameraSettings
    from edge.wildlife.settings import EyeSettings

    if model is None:
        verifier = verifier or shipped_verifier()
    alone = source.is_dir() and not clip
    broker = broker_at(host, port, user, password_file, ca_file)
    with _settled(broker) as place:
        shown = source if names is None else _only(source, names, place / "pictures")
        clock = ManualClock(_start_ms(3600.0))
        camera = Shown(ReplayCamera(shown, clock, scenes="picture" if alone else "folder"))
        camera.open()  # a field would go on without its camera; a replay has nothing else
        settings = FieldSettings(
            device=device,
            data_directory=place,
            broker=broker,
            camera=CameraSettings(source=str(shown)),
            eye=EyeSettings(model=model or shipped_model(), verifier=verifier, fps_max=30.0),
        )
        repeller = Repeller(settings.repel, clock, new_ulid, random.Random(0))
        networks = field_networks(settings.eye, clock)
        parts = FieldParts(namer=networks.namer)
        field = Field(settings, camera, networks.detector, repeller, clock, new_ulid, parts=parts)
        replayed = Accounted(
            field, clock, lambda: camera.counters()["frames"], total=None, scene=lambda: camera.scene
        )
        took_s, backlog = _run(settings, replayed, clock)
    counted = camera.counters()
    of = f"{camera.scenes} pictures" if alone else f"{counted['frames']:g} frames of {source.name}"
    typer.echo(f"{of}: {counted['frames']:g} times looked, {counted['unreadable']:g} unreadable")
    if not counted["frames"]:
        raise ValueError(f"{source}: no picture to replay: give a folder of JPEG or PNG files, or a video")
    for line in replayed.account.sightings(camera.scenes if alone else None):
        typer.echo(line)
    looks = f"{1000 * took_s / counted['frames']:.0f} ms a look"
    _finish(replayed, looks, took_s, backlog)


@contextmanager
def _settled(broker: BrokerSettings) -> Iterator[Path]:
    """A folder for the replay's outbox, once the broker has answered; raises ConnectionError."""
    with Listener(broker, ()) as listener:
        if not listener.wait_connected(BROKER_PATIENCE_S):
            raise ConnectionError(
                f"no MQTT broker takes us at {broker.host}:{broker.port}: start one, or mend --host, --port, --user"
            )
    with tempfile.TemporaryDirectory(prefix="mimamori-replay-") as place:
        yield Path(place)


def _run(
    settings: "HomeSettings | FieldSettings", device: Accounted, clock: ManualClock
) -> tuple[float, "Backlog"]:
    """Run to the recording's end; returns the seconds it took and what the gateway has not confirmed."""
    from edge.assembly import agent, outbox_file
    from edge.outbox import Outbox

    stop = stop_on_signals()
    begun_s = time.monotonic()
    outbox = Outbox(outbox_file(settings), telemetry_rows_max=1_000_000)
    try:
        agent(settings, device, outbox, clock, program_version()).run(stop)
        return time.monotonic() - begun_s, outbox.backlog()
    finally:
        outbox.close()


def _finish(replayed: Accounted, pace: str, took_s: float, backlog: "Backlog") -> None:
    account = replayed.account
    for line in account.others():
        typer.echo(line)
    typer.echo(f"took {took_s:.1f} s, {pace}")
    events, batches = len(account.told) - backlog.events, account.batches - backlog.telemetry
    typer.echo(
        f"the gateway has confirmed {events} of {len(account.told)} events"
        f" and {batches} of {account.batches} batches of telemetry"
    )
    if backlog.events or backlog.telemetry:
        raise RuntimeError("not everything is confirmed: is a gateway running on this broker?")


def _count_frames(file: Path) -> int:
    """Decode once without using it: the replay's start is its length before now. Raises ValueError for no frame."""
    from edge.sensors.ti.frames import FrameParser

    parser = FrameParser()
    with file.open("rb") as recording:
        while chunk := recording.read(PARSE_CHUNK):
            parser.feed(chunk)
    parser.finish()
    seen = parser.counters
    if not seen.frames:
        raise ValueError(
            f"{file}: no frame of a TI mmWave radar in it ({seen.frames_corrupt} corrupt,"
            f" {seen.bytes_skipped} bytes skipped): give the bytes of its data port"
        )
    return seen.frames + seen.frames_missing


def _start_ms(length_s: float) -> int:
    return round((datetime.now(UTC).timestamp() - length_s) * 1000)


def _only(source: Path, names: Path, folder: Path) -> Path:
    """A folder of links to the named pictures; raises FileNotFoundError for a name that is not there."""
    folder.mkdir()
    for name in names.read_text(encoding="utf-8").splitlines():
        if not name.strip():
            continue
        picture = source / name.strip()
        if not picture.exists():
            raise FileNotFoundError(f"{picture}: named in {names} and not there")
        (folder / picture.name).symlink_to(picture.resolve())
    return folder
