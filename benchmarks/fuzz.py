"""``python -m benchmarks.fuzz --minutes 10 [PARSER]``: hours of a bad line, in minutes, for each parser.

Valid frames of the simulators, harmed and cut into pieces, go through one parser that lives the whole time. A crash is
kept as a file that plays it again; so is a call that takes longer than a second. Objects and resident memory are told at
the end: a parser that grows shows.
"""

import gc
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Annotated, Any, Protocol

import typer

from benchmarks.falls import resident_kib
from benchmarks.mutations import harmed, makers
from edge.sensors.modules.sensor import parser_for
from edge.sensors.modules.settings import ModuleKind
from edge.sensors.port_doctor import diagnose
from edge.sensors.ti.frames import FrameParser

SLOW_S = 1.0
"""Of the processor. A serial line brings 90 KB in a second: a call over one piece that takes so long never catches up."""
PIECE_MAX = 8192
COMPARED_EVERY = 10
"""So often a stream is also fed whole and in pieces to two fresh parsers: cuts must decide nothing."""
DOCTOR = "port_doctor"


class Parser(Protocol):
    """What every parser of a serial line has."""

    def feed(self, data: bytes, at_s: float = 0.0) -> list[Any]:
        """Readings that ``data`` completes."""
        ...

    def finish(self, at_s: float = 0.0) -> list[Any]:
        """The stream has broken off."""
        ...


class _Doctor:
    """The port doctor, asked about every piece."""

    def feed(self, data: bytes, at_s: float = 0.0) -> list[Any]:  # noqa: ARG002
        diagnose(data, "ti")
        return []

    def finish(self, at_s: float = 0.0) -> list[Any]:  # noqa: ARG002
        return []


PARSERS: dict[str, Callable[[], Parser]] = {
    "ti": FrameParser,
    **{kind.value: (lambda kind=kind: parser_for(kind)) for kind in ModuleKind},  # type: ignore[misc]  # binds this kind
    DOCTOR: _Doctor,
}


class TooSlowError(Exception):
    """A call did not come back in time."""


class CutsDecideError(Exception):
    """The same bytes gave something else in other pieces."""


@dataclass(slots=True)
class Tally:
    """What one parser was given and gave."""

    streams: int = 0
    bytes: int = 0
    feeds: int = 0
    frames: int = 0
    slowest_s: float = 0.0
    failures: int = 0
    objects: int = 0
    resident_kib: int = 0


def fuzz(name: str, seconds: float, seed: int, keep: Path) -> Tally:
    """One parser for so long; failures are kept in ``keep`` as NAME-SEED-STREAM.bin with what was raised."""
    parser, own, tally = PARSERS[name](), makers("ti" if name == DOCTOR else name), Tally()
    began_s = time.monotonic()
    warm: tuple[int, int] | None = None
    signal.signal(signal.SIGPROF, _too_slow)
    while (passed_s := time.monotonic() - began_s) < seconds:
        rng = Random(f"{name} {seed} {tally.streams}")
        stream = harmed([rng.choice(own)(rng) for _ in range(rng.randrange(1, 30))], rng)
        try:
            _run(parser, stream, rng, tally)
            if tally.streams % COMPARED_EVERY == 0:
                _compare(PARSERS[name], stream, rng)
        except Exception:  # noqa: BLE001 - whatever a parser raises is what is looked for
            tally.failures += 1
            _keep(keep / f"{name}-{seed}-{tally.streams}", stream)
            parser = PARSERS[name]()
        tally.streams += 1
        if warm is None and passed_s >= seconds / 4:
            warm = _held()
    now = _held()
    if warm is not None:
        tally.objects, tally.resident_kib = now[0] - warm[0], now[1] - warm[1]
    return tally


def _run(parser: Parser, stream: bytes, rng: Random, tally: Tally) -> None:
    at = 0
    while at < len(stream):
        piece = stream[at : at + rng.choice((1, 3, 17, 64, 500, PIECE_MAX))]
        at += len(piece)
        tally.feeds += 1
        tally.bytes += len(piece)
        tally.frames += len(_timed(lambda piece=piece: parser.feed(piece), tally))  # type: ignore[misc]  # binds this piece
    if rng.random() < 0.3:
        tally.frames += len(_timed(parser.finish, tally))


def _compare(make: Callable[[], Parser], stream: bytes, rng: Random) -> None:
    whole, cut = make(), make()
    at_once = [*whole.feed(stream), *whole.finish()]
    in_pieces: list[Any] = []
    at = 0
    while at < len(stream):
        step = rng.choice((1, 7, 64, 500))
        in_pieces += cut.feed(stream[at : at + step])
        at += step
    in_pieces += cut.finish()
    if repr(at_once) != repr(in_pieces):
        raise CutsDecideError(f"{len(at_once)} frames in one piece, {len(in_pieces)} in many, or others")


def _timed(call: Callable[[], list[Any]], tally: Tally) -> list[Any]:
    signal.setitimer(signal.ITIMER_PROF, SLOW_S)
    began_s = time.process_time()
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        tally.slowest_s = max(tally.slowest_s, time.process_time() - began_s)


def _too_slow(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise TooSlowError(f"a call took longer than {SLOW_S:g} s")


def _held() -> tuple[int, int]:
    gc.collect()
    return len(gc.get_objects()), resident_kib()


def _keep(path: Path, stream: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".bin").write_bytes(stream)
    path.with_suffix(".txt").write_text(traceback.format_exc(), encoding="utf-8")


def main(
    parser: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(PARSERS)}; all without it.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="For each parser.", min=0.001)] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed does the same harm.")] = 1,
    keep: Annotated[Path, typer.Option(help="Folder for bytes that broke a parser.")] = Path("fuzz-failures"),
) -> None:
    """Harm bytes and feed them. Exit 1 if any parser crashed or hung."""
    if parser is not None and parser not in PARSERS:
        raise typer.BadParameter(f"no parser {parser}: give one of {', '.join(PARSERS)}")
    failed = False
    for name in [parser] if parser else PARSERS:
        tally = fuzz(name, minutes * 60, seed, keep)
        failed |= tally.failures > 0
        typer.echo(
            f"{name}: {tally.streams:,} streams, {tally.bytes / 1e6:,.1f} MB in {tally.feeds:,} pieces,"
            f" {tally.frames:,} frames;"
            f" {tally.failures} failures, slowest call {1000 * tally.slowest_s:.1f} ms,"
            f" growth after the first quarter {tally.objects:+,} objects, {tally.resident_kib:+,} KiB resident"
        )
    if failed:
        typer.echo(f"what broke a parser is in {keep}", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
