"""``mimamori radar monitor``: a sensor's points, bodies, heights and state, live in the terminal."""

import sys
import threading
import time
from io import StringIO
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, RenderableType
from rich.live import Live as LiveDisplay

from cli.service import stop_on_signals

if TYPE_CHECKING:  # numpy comes with them, which a city's server lacks
    from cli.monitor_picture import Status
    from cli.monitor_source import Source
    from edge.fall.settings import MountSettings

DRAW_EVERY_S = 0.1
PLAIN_EVERY_S = 1.0
ONCE_S = 2.0
"""What ``--once`` looks at: the picture's trail is full, and a standing body is settled."""
SVG_COLUMNS, SVG_ROWS = 120, 44

app = typer.Typer(no_args_is_help=True, help="Look on at a sensor.")


@app.command()
def monitor(
    source: Annotated[Path, typer.Argument(help="A home's file, a serial port, or a recording.")],
    kind: Annotated[
        str | None, typer.Option(help="ti, or a module (ld6002b...); left out, it is told from the bytes.")
    ] = None,
    baud: Annotated[
        int | None, typer.Option(help="Of a bare port; left out, the usual ones are tried.")
    ] = None,
    height: Annotated[float | None, typer.Option(help="Of the sensor above the floor, m.")] = None,
    tilt: Annotated[float | None, typer.Option(help="How far it looks down, degrees.")] = None,
    speed: Annotated[float, typer.Option(help="Of a recording, times real time.", min=0.01)] = 1.0,
    fast: Annotated[bool, typer.Option("--fast", help="A recording as fast as it can be.")] = False,
    which: Annotated[int, typer.Option(help="Which recording of a file that holds several.")] = 0,
    frames: Annotated[int | None, typer.Option(help="End after so many frames.", min=1)] = None,
    once: Annotated[bool, typer.Option("--once", help="One picture of the first 2 s, then end.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Write the last picture into this file.")] = None,
    lines: Annotated[bool, typer.Option("--plain", help="A line a second instead of pictures.")] = False,
) -> None:
    """Show what a sensor sees and what a home would make of it; nothing is spoken, told or changed.

    Ends with the recording, after --frames, or with Ctrl-C. Exit 1 if not one frame came.
    """
    from cli.monitor_source import source_of

    watched = source_of(source, kind, baud, _mount(height, tilt), speed=inf if fast else speed, which=which)
    console = Console()
    stop = stop_on_signals() if threading.current_thread() is threading.main_thread() else threading.Event()
    until = Until(frames, ONCE_S if once else None)
    drawn = console.is_terminal and not lines and not once
    try:
        if drawn:
            _draw(watched, console, stop, until)
        else:
            _print(watched, stop, until, quiet=once)
    finally:
        watched.close()
    last = _picture(watched, console)
    if drawn or once:
        console.print(last)
    if svg is not None:
        save(watched, svg)
        typer.echo(f"wrote {svg}", err=True)
    if not watched.room.readings:
        raise TimeoutError(f"{source}: not one frame came: {watched.trouble() or 'is the sensor running?'}")


class Until:
    """When to end: after so many readings, or so many seconds of them (or as many without any)."""

    def __init__(self, frames: int | None, seconds: float | None) -> None:
        self._frames = frames
        self._seconds = seconds
        self._begun_s = time.monotonic()
        self._first_s: float | None = None

    def reached(self, readings: int, at_s: float) -> bool:
        """``at_s`` of the last reading."""
        if self._frames is not None and readings >= self._frames:
            return True
        if self._seconds is None:
            return False
        if not readings:
            return time.monotonic() - self._begun_s > 3 * self._seconds
        if self._first_s is None:
            self._first_s = at_s
        return at_s - self._first_s >= self._seconds


def save(watched: "Source", file: Path) -> None:
    """The picture as it stands, as an SVG."""
    from cli.monitor_picture import picture

    console = Console(record=True, width=SVG_COLUMNS, height=SVG_ROWS, force_terminal=True, file=StringIO())
    console.print(picture(watched.room, _status(watched), SVG_COLUMNS, SVG_ROWS))
    console.save_svg(str(file), title="mimamori radar monitor")


def _mount(height: float | None, tilt: float | None) -> "MountSettings | None":
    from edge.fall.settings import MountSettings

    given = {"height_m": height, "tilt_deg": tilt}
    known = {name: value for name, value in given.items() if value is not None}
    return MountSettings.model_validate(known) if known else None


def _draw(watched: "Source", console: Console, stop: threading.Event, until: Until) -> None:
    with LiveDisplay(console=console, screen=True, auto_refresh=False) as display:
        drawn_s = -inf
        while _go_on(watched, stop, until):
            if time.monotonic() - drawn_s >= DRAW_EVERY_S:
                drawn_s = time.monotonic()
                display.update(_picture(watched, console), refresh=True)


def _print(watched: "Source", stop: threading.Event, until: Until, *, quiet: bool) -> None:
    from cli.monitor_picture import plain

    printed_s = -inf
    going = True
    while going:
        going = _go_on(watched, stop, until)
        room = watched.room
        if not quiet and (room.at_s - printed_s >= PLAIN_EVERY_S or not going):
            printed_s = room.at_s
            typer.echo(plain(room, _status(watched)))
            sys.stdout.flush()


def _go_on(watched: "Source", stop: threading.Event, until: Until) -> bool:
    """Take what has come; whether there is more to look at."""
    room = watched.room
    if stop.is_set():
        return False
    try:
        readings = watched.read(DRAW_EVERY_S)
    except EOFError:
        return False
    for reading in readings:
        room.take(reading)
        if until.reached(room.readings, room.at_s):
            return False
    if not readings:
        room.wait(watched.now_s())
    return not until.reached(room.readings, room.at_s)


def _picture(watched: "Source", console: Console) -> RenderableType:
    from cli.monitor_picture import picture

    return picture(watched.room, _status(watched), console.width, console.height - 1)


def _status(watched: "Source") -> "Status":
    from cli.monitor_picture import Status

    return Status(watched.title, watched.counters(), watched.trouble())
