"""``mimamori radar module``: what a fall module has stored, changed only where asked, each answer checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from edge.sensors.modules.settings import FALL_KINDS, AlarmArea, ModuleKind, ModuleSettings

if TYPE_CHECKING:
    from edge.sensors.byte_port import SerialPort
    from edge.sensors.modules.commands import Parameters


def module(
    port: Annotated[str, typer.Argument(help="The module's serial port.")],
    kind: Annotated[ModuleKind, typer.Option(help="ld6002c or mr60fda2.")] = ModuleKind.MR60FDA2,
    height: Annotated[float | None, typer.Option(help="Of the module above the floor, m.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Below this height a body has fallen, m.")] = None,
    sensitivity: Annotated[int | None, typer.Option(help="Frames averaged, 3 (quick) to 30 (calm).")] = None,
    area: Annotated[float | None, typer.Option(help="Of the floor watched, m to each side.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="First back to how it was shipped.")] = False,
) -> None:
    """Show what a fall module has stored; change what is given, and read it back. Exit 1 if it does not take it."""
    from edge.clock import SystemClock
    from edge.sensors.modules.commands import Conversation, FallSetup

    if kind not in FALL_KINDS:
        raise ValueError(f"{kind}: it has no such settings: only {', '.join(sorted(FALL_KINDS))} do")
    sides = None if area is None else AlarmArea(left_m=area, right_m=area, front_m=area, back_m=area)
    settings = ModuleSettings(
        kind=kind,
        port=port,
        install_height_m=height,
        fall_threshold_m=threshold,
        sensitivity=sensitivity,
        alarm_area=sides,
    )
    clock = SystemClock()
    with _opened(settings) as line:
        talk = Conversation(line, kind, clock)
        if reset:
            talk.reset()
        FallSetup(settings, clock).run(line)
        for said in _lines(talk.parameters()):
            typer.echo(said)


@contextmanager
def _opened(settings: ModuleSettings) -> "Iterator[SerialPort]":
    from edge.sensors.byte_port import SerialPort

    line = SerialPort(settings.port, settings.baud_or_shipped)
    line.open()
    try:
        yield line
    finally:
        line.close()


def _lines(stored: "Parameters") -> Iterator[str]:
    area = stored.area
    yield f"install height  {stored.install_height_m:.2f} m"
    yield f"fall threshold  {stored.fall_threshold_m:.2f} m"
    yield f"sensitivity     {stored.sensitivity} frames"
    yield (
        f"alarm area      left {area.left_m:.1f}, right {area.right_m:.1f},"
        f" front {area.front_m:.1f}, back {area.back_m:.1f} m"
    )
