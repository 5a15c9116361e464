"""``mimamori radar calibrate``: walk away from the radar and back, and learn how it really hangs."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # numpy comes with it, which a city's server lacks
    from edge.clock import Clock
    from edge.fall.calibration import Measured
    from edge.fall.settings import MountSettings
    from edge.fall.walks import Walk, WalkFinder
    from edge.home_settings import HomeSettings
    from edge.sensors.readings import PointCloud, Sensor

app = typer.Typer()

READ_S = 0.5
PARSE_CHUNK = 1 << 16
WALKS_ENOUGH = 8
"""Four times there and back: more make it little better."""


@app.command()
def calibrate(
    home: Annotated[Path, typer.Argument(help="The home's file.", exists=True, dir_okay=False)],
    recording: Annotated[
        Path | None,
        typer.Option(
            help="Bytes of a TI radar's data port, instead of the radar.", exists=True, dir_okay=False
        ),
    ] = None,
    person: Annotated[float, typer.Option(help="Stature of who walks, m.", min=1.2, max=2.1)] = 1.7,
    tape: Annotated[
        float | None, typer.Option(help="Height of the antenna by a tape, m: only the tilt is measured then.")
    ] = None,
    level: Annotated[
        float | None,
        typer.Option(help="Degrees down by a spirit level on the board: only the height is measured then."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to watch the walking at most.", min=10.0)] = 120.0,
    write: Annotated[
        bool, typer.Option("--write", help="Put what was measured into the file's [mount].")
    ] = False,
) -> None:
    """Measure how the radar hangs by one person who walks straight away from it and back, and judge the file.

    Says what is wrong and how to mend it; exit 1 if the file's mount does not fit and was not written, or if the
    walks tell nothing.
    """
    from cli.files import read_device
    from edge.fall.calibration import judge, measure
    from edge.fall.walks import WalkFinder
    from edge.home_settings import CEILING_FROM_DEG, HomeSettings

    settings = read_device(home)
    if not isinstance(settings, HomeSettings):
        raise ValueError(  # noqa: TRY004 - the file is wrong, not a type
            f"{home}: give the file of a home: a camera in a field is not calibrated by walking"
        )
    ceiling = settings.mount.tilt_deg > CEILING_FROM_DEG
    finder = WalkFinder(ceiling=ceiling)
    if recording is not None:
        for at_s, cloud in _recorded(recording, settings):
            finder.take(at_s, cloud.points)
    else:
        _walk_live(
            settings, finder, seconds, lambda walks: measure(walks, person, ceiling=ceiling, level_deg=level)
        )
    found = measure(finder.finish(), person, ceiling=ceiling, level_deg=level)
    for line in account(found, person):
        typer.echo(line)
    mount = found.mount(tape)
    verdict = judge(found, settings.mount, home.name)
    typer.echo(f"{home.name} says {_words(settings.mount)}")
    typer.echo(("accepted: " if verdict.accepted else "refused: ") + verdict.sentences[0])
    for sentence in verdict.sentences[1:]:
        typer.echo(f"  {sentence}")
    for sentence in _chirps(settings, settings.mount if verdict.accepted and not write else mount):
        typer.echo(f"note: {sentence}")
    if write:
        home.write_text(with_mount(home.read_text(encoding="utf-8"), mount, str(home)), encoding="utf-8")
        typer.echo(f"written to {home}: {_words(mount)}")
    elif not verdict.accepted:
        typer.echo(f"{_words(mount)} would fit; --write puts it into the file")
        raise typer.Exit(1)


def account(found: "Measured", person_m: float) -> Iterator[str]:
    """What was measured and what it rests on, a line each."""
    yield (
        f"{found.walks} walks between {found.near_m:.1f} and {found.far_m:.1f} m, {found.reflections} reflections"
        f" in {found.slices} half seconds; single walks lie {found.spread_m:.2f} m off the line"
    )
    roll = "" if found.roll_deg is None else f", right side down by {found.roll_deg:.0f} deg"
    yield (
        f"measured: {found.height_m:.2f} +- {found.height_sd_m:.2f} m above the floor,"
        f" {found.tilt_deg:.1f} +- {found.tilt_sd_deg:.1f} deg down{roll} (walker {person_m:g} m tall)"
    )


def with_mount(text: str, mount: "MountSettings", file: str) -> str:
    """The home's file with other values in ``[mount]``, comments and all else kept; raises ConfigurationError."""
    from contract.configuration import parse
    from edge.home_settings import HomeSettings

    lines = text.splitlines()
    headers = [n for n, line in enumerate(lines) if re.match(r"\s*\[", line)]
    start = next((n for n in headers if re.match(r"\s*\[\s*mount\s*\]", lines[n])), None)
    if start is None:
        lines += ["", "[mount]"]
        start, end = len(lines) - 1, len(lines)
    else:
        end = next((n for n in headers if n > start), len(lines))
    for key, value in (("tilt_deg", mount.tilt_deg), ("height_m", mount.height_m)):
        said = re.compile(rf"(\s*{key}\s*=\s*)[^#\s]+")
        at = next((n for n in range(start + 1, end) if said.match(lines[n])), None)
        if at is None:
            lines.insert(start + 1, f"{key} = {value:g}")
            end += 1
        else:
            lines[at] = said.sub(rf"\g<1>{value:g}", lines[at], count=1)
    changed = "\n".join(lines) + "\n"
    parse(changed, HomeSettings, file)
    return changed


def watch(
    sensor: "Sensor[PointCloud]",
    finder: "WalkFinder",
    clock: "Clock",
    seconds: float,
    *,
    told: Callable[[str, str], None],
    enough: Callable[[], bool],
) -> None:
    """Feed ``finder`` from an open sensor until the walks are ``enough`` or the time is over.

    ``told`` gets a spoken code and the line for it, at each turn.
    """
    until_s = clock.monotonic_s() + seconds
    walks = 0
    told("walk_away", "walk slowly, straight away from the radar to the far end of the room")
    while clock.monotonic_s() < until_s:
        for cloud in sensor.read(READ_S):
            finder.take(cloud.at_s, cloud.points)
        done = finder.ended
        if done == walks:
            continue
        walks = done
        if walks >= WALKS_ENOUGH and enough():
            break
        back = walks % 2 == 1
        way = "and back to 1.5 m in front of it" if back else "and away again"
        told("walk_back" if back else "walk_away", f"walk {walks} seen; {way}")
    told("walk_done", "thank you, that is enough walking")


def _walk_live(
    settings: "HomeSettings",
    finder: "WalkFinder",
    seconds: float,
    measured: "Callable[[Sequence[Walk]], Measured]",
) -> None:
    from edge.clock import SystemClock
    from edge.fall.calibration import TILT_ENOUGH_DEG
    from edge.fall.mount_fit import CalibrationError
    from edge.voice import speaker_from

    clock = SystemClock()
    sensor, speaker = _sensor(settings, clock), speaker_from(settings.voice)

    def told(code: str, line: str) -> None:
        typer.echo(line)
        speaker.say(code)

    def enough() -> bool:
        try:
            return measured(finder.walks).tilt_sd_deg <= TILT_ENOUGH_DEG
        except CalibrationError:
            return False

    typer.echo(
        "nobody else in the room; fan off, curtains still; stand 1.5 m in front of the radar; Ctrl-C ends"
    )
    sensor.open()
    try:
        watch(sensor, finder, clock, seconds, told=told, enough=enough)
    except KeyboardInterrupt:
        typer.echo("ended by hand")
    finally:
        sensor.close()
        speaker.close()


def _sensor(settings: "HomeSettings", clock: "Clock") -> "Sensor[PointCloud]":
    if settings.radar is not None:
        from edge.sensors.ti.sensor import radar_from

        return radar_from(settings.radar, clock)
    if settings.module is not None:
        from edge.sensors.modules.sensor import module_from

        return module_from(settings.module, clock)
    raise ValueError("a depth camera finds its floor by itself: there is nothing to calibrate")


def _recorded(path: Path, settings: "HomeSettings") -> "Iterator[tuple[float, PointCloud]]":
    """Frames with their time, by the frame numbers; raises ValueError for a file without any."""
    from edge.clock import ManualClock
    from edge.sensors.byte_port import FilePort
    from edge.sensors.ti.sensor import ReplayRadar

    period_s = settings.radar.frame_period_s if settings.radar is not None else 0.055
    replay = ReplayRadar(FilePort(path), ManualClock(0), frame_period_s=period_s)
    replay.open()
    count = 0
    try:
        while True:
            for cloud in replay.read(0.0):
                count += 1
                yield cloud.at_s, cloud
    except EOFError:
        pass
    finally:
        replay.close()
    if not count:
        raise ValueError(f"{path}: no frame of a TI mmWave radar in it: give the bytes of its data port")


def _words(mount: "MountSettings") -> str:
    return f"height_m = {mount.height_m:g}, tilt_deg = {mount.tilt_deg:g}"


def _chirps(settings: "HomeSettings", mount: "MountSettings") -> Iterator[str]:
    """What the chip itself was told; its own tracks and heights are wrong where that is."""
    chirps = settings.radar.chirp_file if settings.radar is not None else None
    if chirps is None or not chirps.exists():
        return
    said = re.search(
        r"^\s*sensorPosition\s+(\S+)\s+\S+\s+(\S+)", chirps.read_text(errors="replace"), re.MULTILINE
    )
    if said is None:
        return
    height_m, tilt_deg = float(said[1]), float(said[2])
    if abs(height_m - mount.height_m) > 0.2 or abs(tilt_deg - mount.tilt_deg) > 3.0:
        yield (
            f"{chirps.name} tells the chip sensorPosition {height_m:g} 0 {tilt_deg:g}: set"
            f" sensorPosition {mount.height_m:g} 0 {mount.tilt_deg:g}, else its own tracks and heights are wrong"
        )
