"""``mimamori radar``: a TI radar's chirp file checked and sent, its bytes recorded and replayed."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import replay
from cli.broker_options import CaFile, Host, PasswordFile, Port, User
from cli.service import program_version, stop_on_signals

if TYPE_CHECKING:
    from cli.radar_recording import About
    from edge.home_settings import HomeSettings
    from edge.sensors.ti.chirp_file import Command
    from edge.sensors.ti.chirp_lint import Site
    from edge.sensors.ti.settings import RadarSettings

app = typer.Typer(
    no_args_is_help=True, help="A radar by itself: check, configure, look on, calibrate, record, replay."
)

Home = Annotated[
    Path | None,
    typer.Option(help="A home's file: its [radar] and [mount] hold.", exists=True, dir_okay=False),
]
Board = Annotated[str | None, typer.Option(help="Which IWR6843 board it is: isk, ods or aop.")]
DataPort = Annotated[str | None, typer.Option(help="The radar's data port, where there is no home's file.")]
Baud = Annotated[int, typer.Option(help="Of the data port.", min=1)]
CliPort = Annotated[str | None, typer.Option(help="Its command port.")]
Chirps = Annotated[
    Path | None, typer.Option(help="The chirp file that it is told.", exists=True, dir_okay=False)
]
SinglePort = Annotated[
    bool, typer.Option("--one-port", help="The board has one port for both (xWRL6432 and its kin).")
]

FIRST_FRAMES_S = 5.0
"""The slowest chirp file in use gives 20 frames in this time."""


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(help="Chirp files.", exists=True, dir_okay=False)],
    home: Home = None,
    board: Board = None,
) -> None:
    """Say what is wrong with chirp files, why it matters and how to mend it; no radar is needed.

    Exit 1 if anything is an error; a warning makes the radar see less than it could.
    """
    site = _site(_home_of(home) if home is not None else None, board)
    wrong = [_told_of(file, site) for file in files]
    if any(wrong):
        raise typer.Exit(1)


@app.command()
def configure(
    home: Annotated[
        Path | None, typer.Argument(help="A home's file; else give the ports.", exists=True, dir_okay=False)
    ] = None,
    port: DataPort = None,
    baud: Baud = 921_600,
    cli_port: CliPort = None,
    chirps: Chirps = None,
    one_port: SinglePort = False,
    board: Board = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Send it though the check found errors.")] = False,
) -> None:
    """Check a chirp file, send it line by line, each answer read, and wait for the first frames.

    Exit 1 if the check finds an error, the radar refuses a line, or no frame comes.
    """
    settings = _home_of(home) if home is not None else None
    radar = _radar_of(settings, port, baud, cli_port, chirps, one_port=one_port)
    if radar.chirp_file is None:
        raise ValueError("no chirp file to send: set chirp_file in [radar], or give --chirps and --cli-port")
    wrong = _told_of(radar.chirp_file, _site(settings, board, radar))
    if wrong and not anyway:
        typer.echo("not sent: mend the errors, or say --anyway", err=True)
        raise typer.Exit(1)
    _send(radar)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="Where the bytes go; FILE.json beside it says what they are.")],
    home: Home = None,
    port: DataPort = None,
    baud: Baud = 921_600,
    cli_port: CliPort = None,
    chirps: Chirps = None,
    one_port: SinglePort = False,
    height: Annotated[
        float | None, typer.Option(help="Of the radar above the floor, m, as measured.")
    ] = None,
    tilt: Annotated[float | None, typer.Option(help="Of the radar, degrees down, as measured.")] = None,
    seconds: Annotated[float | None, typer.Option(help="How long; without it until Ctrl-C.", min=0.1)] = None,
) -> None:
    """Record a radar's bytes as they come; Ctrl-C, a pulled cable or a full disk end it well.

    A radar that is unplugged is waited for. Exit 1 if no frame came, or if the disk was full.
    """
    from cli.radar_recording import Ended, Recorder, beside
    from edge.clock import SystemClock
    from edge.sensors.ti.ports import port_from

    settings = _home_of(home) if home is not None else None
    radar = _radar_of(settings, port, baud, cli_port, chirps, one_port=one_port)
    clock = SystemClock()
    about = _about(settings, radar, height, tilt)
    recorder = Recorder(port_from(radar, clock), file, about, clock, typer.echo)
    stop = stop_on_signals()
    typer.echo(f"recording {radar.port} into {file}; Ctrl-C ends it")
    done = recorder.run(stop, seconds)
    typer.echo(
        f"{file}: {done.bytes} bytes, {done.frames} frames in {done.seconds:g} s, {done.points} points,"
        f" {done.frames_corrupt} corrupt, {done.frames_missing} missing; described in {beside(file).name}"
    )
    if done.ended_by == Ended.DISK_FULL:
        raise RuntimeError("the disk is full: make room, or record elsewhere")
    if not done.frames:
        raise RuntimeError(f"no frame in it: {recorder.trouble()}")


@app.command("replay")
def replay_recording(
    file: Annotated[
        Path, typer.Argument(help="Bytes of a TI mmWave data port.", exists=True, dir_okay=False)
    ],
    device: replay.Name = "radar-replay",
    host: Host = "127.0.0.1",
    port: Port = 1883,
    user: User = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    height: Annotated[float | None, typer.Option(help="Of the radar, m; else as recorded, else 1.8.")] = None,
    tilt: Annotated[float | None, typer.Option(help="Degrees down; else as recorded, else 10.")] = None,
    period: Annotated[
        float | None, typer.Option(help="Seconds between frames; else as recorded, else 0.055.", min=0.001)
    ] = None,
    tail: Annotated[float, typer.Option(help="Seconds of silence after the last frame.", min=0.0)] = 90.0,
) -> None:
    """As ``mimamori replay radar``, with mount and frame period from the file beside the recording."""
    from cli.radar_recording import read_about

    said = read_about(file)
    replay.radar(
        file,
        device=device,
        host=host,
        port=port,
        user=user,
        password_file=password_file,
        ca_file=ca_file,
        height=_first(height, said.get("height_m"), 1.8),
        tilt=_first(tilt, said.get("tilt_deg"), 10.0),
        period=_first(period, said.get("frame_period_s"), 0.055),
        tail=tail,
    )


def _told_of(file: Path, site: "Site") -> int:
    """Print what is wrong with one file; returns the number of errors."""
    from edge.sensors.ti.chirp_lint import Severity, lint

    found = lint(file.read_text(encoding="utf-8", errors="replace"), site)
    for finding in found:
        typer.echo(f"{file}:{finding}")
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    typer.echo(f"{file}: {errors} errors, {len(found) - errors} warnings")
    return errors


def _send(radar: "RadarSettings") -> None:
    from edge.clock import SystemClock
    from edge.sensors.ti.ports import port_from
    from edge.sensors.ti.sensor import TiRadar

    def taken(command: "Command", answer: str) -> None:
        where = f"{command.line:4}" if command.line else "   +"
        typer.echo(f"{where}  {command.text}  ->  {answer}")

    clock = SystemClock()
    sensor = TiRadar(port_from(radar, clock, told=taken), clock, frame_period_s=radar.frame_period_s)
    sensor.open()
    try:
        frames = points = 0
        until_s = time.monotonic() + FIRST_FRAMES_S
        while time.monotonic() < until_s and frames < 20:
            clouds = sensor.read(0.5)
            frames += len(clouds)
            points += sum(len(cloud.points) for cloud in clouds)
    finally:
        sensor.close()
    if not frames:
        raise RuntimeError(
            f"the radar took it all, and no frame came in {FIRST_FRAMES_S:g} s: {sensor.trouble()}"
        )
    typer.echo(f"{frames} frames, {points / frames:.1f} points a frame: the radar runs")


def _home_of(file: Path) -> "HomeSettings":
    """Raises ConfigurationError, and ValueError for the file of anything but a home with a TI radar."""
    from cli.files import read_any
    from edge.home_settings import HomeSettings

    settings = read_any(file)
    if not isinstance(settings, HomeSettings) or settings.radar is None:
        raise ValueError(f"{file}: not the file of a home with a TI radar: give one that has a [radar] table")
    return settings


def _radar_of(
    home: "HomeSettings | None",
    port: str | None,
    baud: int,
    cli_port: str | None,
    chirps: Path | None,
    *,
    one_port: bool,
) -> "RadarSettings":
    """The home's [radar], or one made of the options; raises ValueError for neither and for both."""
    from pydantic import ValidationError

    from edge.sensors.ti.settings import RadarSettings

    if home is not None and home.radar is not None:
        if port is not None or cli_port is not None or chirps is not None:
            raise ValueError("give a home's file or the ports and the chirp file, not both")
        return home.radar
    if port is None:
        raise ValueError("no radar named: give a home's file, or --port and what it needs")
    try:
        return RadarSettings(
            port=port,
            baud=baud,
            cli_port=cli_port,
            chirp_file=chirps,
            one_port=one_port,
            frame_period_s=_period_of(chirps) or 0.055,
        )
    except ValidationError as refused:
        raise ValueError("; ".join(str(wrong["msg"]) for wrong in refused.errors())) from refused


def _period_of(chirps: Path | None) -> float | None:
    """What a chirp file makes the frames' period, s; None where it says none that could be."""
    from edge.sensors.ti.chirp_sheet import Sheet

    frame = None if chirps is None else Sheet(chirps.read_text(encoding="ascii", errors="replace")).frame()
    return None if frame is None or not 0.0 < frame.period_ms <= 2000.0 else frame.period_ms / 1000


def _site(home: "HomeSettings | None", board: str | None, radar: "RadarSettings | None" = None) -> "Site":
    from edge.sensors.ti.chirp_geometry import BOARDS
    from edge.sensors.ti.chirp_lint import Site

    if board is not None and board not in BOARDS:
        raise ValueError(f"--board {board}: no such board: give one of {', '.join(BOARDS)}")
    if home is None or home.radar is None:
        return Site(board=board, one_port=None if radar is None else radar.one_port)
    return Site(
        height_m=home.mount.height_m,
        tilt_deg=home.mount.tilt_deg,
        frame_period_s=home.radar.frame_period_s,
        one_port=home.radar.one_port,
        board=board,
    )


def _about(
    home: "HomeSettings | None", radar: "RadarSettings", height: float | None, tilt: float | None
) -> "About":
    from cli.radar_recording import FORMAT, About, now_text
    from edge.sensors.ti.chirp_file import data_baud, read_chirps

    mount = None if home is None else home.mount
    chirps = radar.chirp_file
    own = data_baud(read_chirps(chirps)) or radar.cli_baud if radar.one_port and chirps is not None else None
    return About(
        format=FORMAT,
        program=program_version(),
        begun=now_text(),
        port=radar.port,
        baud=own or radar.baud,
        frame_period_s=radar.frame_period_s,
        height_m=height if height is not None or mount is None else mount.height_m,
        tilt_deg=tilt if tilt is not None or mount is None else mount.tilt_deg,
        chirp_file=None if chirps is None else chirps.read_text(encoding="utf-8", errors="replace"),
    )


def _first(*values: float | None) -> float:
    """The first that is given."""
    return next(float(value) for value in values if value is not None)
