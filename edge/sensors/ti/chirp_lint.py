"""Reads a chirp file as the radar will, and says what is wrong with it before a radar is there. Pure, never raises.

Is: arithmetic and experience. Each finding names its line, what is wrong, why it matters, and the mend.
Is not: the firmware's own judgement, which differs between versions; only its answers are (cli).
"""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from edge.sensors.ti.chirp_geometry import geometry
from edge.sensors.ti.chirp_sheet import (
    REPEATED,
    WORDS_NOT_NUMBERS,
    Finding,
    Severity,
    Sheet,
    Site,
    error,
    numbers,
    warning,
)
from edge.sensors.ti.chirp_timing import timing

__all__ = ["Finding", "Severity", "Site", "lint"]

SPARSE_POINTS = 11
"""The fullest frame in recordings of falls; most have one or two points."""
REST_S = 10.0
"""Who lies still after a fall is to keep the track at least as long as a fall is held before people are asked."""
NOWHERE = Site()


def lint(text: str, site: Site = NOWHERE) -> list[Finding]:
    """Everything found, by line; the file is usable if none is an error."""
    if not text.isascii():
        line = next(n for n, line in enumerate(text.split("\n"), start=1) if not line.isascii())
        what = "a character that is not plain ASCII"
        return [error(line, what, "the radar's command line knows no other", "write it in plain letters")]
    sheet = Sheet(text)
    if not sheet.commands:
        return [error(0, "no command in it", "nothing is sent", "name a chirp file of this radar's firmware")]
    found = [
        *_words(sheet),
        *_whole(sheet, site),
        *timing(sheet, site),
        *geometry(sheet, site),
        *_tracks(sheet),
        *_output(sheet),
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.severity, finding.what))


def _words(sheet: Sheet) -> Iterator[Finding]:
    """Unknown commands, wrong numbers of arguments, words for numbers, lines given twice."""
    for command in sheet.commands:
        if command.name not in sheet.known:
            near = get_close_matches(command.name, sheet.known, 1)
            yield warning(
                command.line,
                f"{command.name} is no known command",
                "the radar refuses the file here",
                f"is it {near[0]}?" if near else "check that the file is for this firmware",
            )
            continue
        allowed, given = sheet.known[command.name], len(command.arguments)
        if allowed is not None and given not in allowed:
            wanted = " or ".join(str(count) for count in sorted(allowed))
            yield error(
                command.line,
                f"{command.name} has {given} arguments, not {wanted}",
                "the radar refuses the file here, or takes it for something else",
                "compare it with a file of the same firmware",
            )
        elif command.name not in WORDS_NOT_NUMBERS and numbers(command.arguments) is None:
            yield error(
                command.line,
                f"{command.name} holds a word",
                "all its arguments are numbers",
                "mend the number",
            )
    counted = Counter(command.name for command in sheet.commands)
    for name, count in counted.items():
        if count > 1 and name in sheet.known and name not in REPEATED:
            line = [command.line for command in sheet.commands if command.name == name][-1]
            yield warning(
                line, f"{name} stands {count} times", "only one of them holds", "take the others out"
            )


def _whole(sheet: Sheet, site: Site) -> Iterator[Finding]:
    """What a file needs at all, and whether it is for this board."""
    names = [command.name for command in sheet.commands]
    needed = ("chirpComnCfg", "chirpTimingCfg") if sheet.low_power else ("profileCfg",)
    for name in (*needed, "channelCfg", "frameCfg"):
        if name not in names and "advFrameCfg" not in names:
            yield error(0, f"{name} is missing", "the radar cannot start without it", "add its line")
    if "sensorStart" not in names:
        yield error(
            0, "sensorStart is missing", "the radar takes it all and sends nothing", "end the file with it"
        )
    elif names[-1] != "sensorStart":
        late = sheet.commands[names.index("sensorStart") + 1]
        yield warning(
            late.line,
            f"{late.text} comes after sensorStart",
            "a running radar ignores it",
            "end with sensorStart",
        )
    if site.one_port is not None and site.one_port != sheet.low_power:
        chip = "a low-power chip" if sheet.low_power else "a chip with two ports"
        yield error(
            sheet.commands[0].line,
            f"the file is for {chip}, and the home's file is not",
            "the radar does not understand it",
            f"set one_port = {str(sheet.low_power).lower()} in [radar], or name another chirp_file",
        )
    if sheet.low_power and "baudRate" not in names:
        yield warning(
            0,
            "baudRate is missing",
            "at 115200 baud a full frame of tracks takes longer than it lasts",
            "add baudRate 1250000 before sensorStart",
        )


def _tracks(sheet: Sheet) -> Iterator[Finding]:
    """Whether the chip's tracker can ever follow somebody who falls."""
    allocation, states, frame = sheet.row("allocationParam"), sheet.row("stateParam"), sheet.frame()
    if allocation is not None and allocation.values[3] > SPARSE_POINTS:
        yield warning(
            allocation.line,
            f"a new track needs {allocation.values[3]:g} points in one frame",
            f"falls were recorded with at most {SPARSE_POINTS}, most with one or two: no track is ever made of them",
            "write 4 as its fourth value, and never take a track alone for a person",
        )
    if states is not None and frame is not None:
        rest_s = states.values[3] * frame.period_ms / 1000
        if rest_s < REST_S:
            yield warning(
                states.line,
                f"a resting track is given up after {rest_s:.1f} s",
                "who lies still after a fall is forgotten",
                f"write {REST_S * 2000 / frame.period_ms:.0f} or more as its fourth value",
            )


def _output(sheet: Sheet) -> Iterator[Finding]:
    """Whether what the product reads is sent, and nothing that fills the line."""
    yield from _monitor(sheet)
    clutter = sheet.row("clutterRemoval")
    if clutter is not None and clutter.values[-1] == 0:
        yield warning(
            clutter.line,
            "what does not move is kept",
            "furniture fills the cloud and hides who lies in front of it",
            "write 1, remove clutter",
        )
    for row in sheet.rows("cfarFovCfg"):
        low, high = row.values[2:]
        if row.values[1] == 1 and (low > -3.0 or high < 3.0):
            yield warning(
                row.line,
                f"only speeds from {low:g} to {high:g} m/s are kept",
                "a falling body reaches 3 m/s, so that the middle of a fall is cut out",
                "keep all speeds that the chirps can tell",
            )


def _monitor(sheet: Sheet) -> Iterator[Finding]:
    row = sheet.row("guiMonitor")
    if row is None:
        return
    points, *_ = values = row.values if sheet.low_power else row.values[1:]
    if points == 0:
        yield error(row.line, "no points are sent", "falls are told from points", "switch detected points on")
    elif points == 2 and not sheet.low_power:
        yield warning(
            row.line, "points are sent without their SNR", "weak ones cannot be told from strong", "write 1"
        )
    if values[3] or values[4]:
        yield warning(
            row.line,
            "a heat map is sent",
            "it takes tens of kilobytes each frame and delays or drops the points",
            "write 0 for both maps",
        )
