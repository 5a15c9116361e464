"""The monitor's picture: the room from above and from the side, its bodies, and how the sensor does. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin, tan

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.monitor_canvas import Canvas
from cli.monitor_room import HISTORY_S, LATEST_S, TRAIL_S, Room
from edge.fall.posture import Posture
from edge.fall.scene import Body, Doubt

FAINT, AXIS = "grey35", "grey50"
COLOUR = {Posture.LYING: "bright_red", Posture.SITTING: "yellow", Posture.STANDING: "bright_green"}
STATE = {"idle": "green", "suspected": "bold yellow", "asking": "bold yellow", "confirmed": "bold red"}
DOUBTS = {
    Doubt.POINTS_WITHOUT_BODY: "points that never become a body: a fan, a curtain, or a wrong mount",
    Doubt.NO_DATA: "nothing is heard of a body that did not leave",
    Doubt.FROZEN: "the sensor repeats itself to the last bit",
}
FOOT_ROWS = 14
"""Under the drawings: table of bodies, state, what was told, counters."""
BODIES_MAX = 4
VIEW_HALF_DEG = 60.0
CEILING_FROM_DEG = 60.0
SHOWN_COUNTERS = (
    "frames",
    "frames_corrupt",
    "frames_missing",
    "frames_foreign",
    "bytes_read",
    "bytes_skipped",
)


@dataclass(frozen=True, slots=True)
class Status:
    """What is shown beside the room: where the bytes come from and how they do."""

    title: str
    counters: Mapping[str, float]
    trouble: str | None = None


def picture(room: Room, status: Status, columns: int, rows: int) -> RenderableType:
    """Everything, for a terminal of that size (at least 60 x 26)."""
    columns, rows = max(60, columns), max(26, rows)
    left = (columns - 4) // 2
    right = columns - 4 - left
    height = rows - 3 - FOOT_ROWS
    side_rows = (height - 2) // 2
    drawings = Table.grid(padding=0)
    drawings.add_row(
        Panel(from_above(room, left, height), title="from above (m)", border_style=AXIS, padding=0),
        Group(
            Panel(from_the_side(room, right, side_rows), title="from the side", border_style=AXIS, padding=0),
            Panel(
                over_time(room, right, height - 2 - side_rows),
                title=f"heights, last {HISTORY_S:g} s",
                border_style=AXIS,
                padding=0,
            ),
        ),
    )
    return Group(_head(room, status), drawings, _bodies(room), _foot(room, status))


# --- drawings --------------------------------------------------------------------------------------


def from_above(room: Room, columns: int, rows: int) -> Text:
    """To the right x, away from the sensor upwards; points coloured by how high they are."""
    across, ahead = _floor_span(room)
    canvas = Canvas(columns, rows, across, ahead)
    for far in range(2, int(max(abs(ahead[1]), 2)) + 1, 2):
        for degree in range(-90 if not _ceiling(room) else -180, 91 if not _ceiling(room) else 181, 3):
            canvas.dot(far * sin(radians(degree)), far * cos(radians(degree)), FAINT)
        canvas.write(0.1, far, f"{far}", AXIS)
    if not _ceiling(room):
        for side in (-1, 1):
            edge = (side * ahead[1] * tan(radians(VIEW_HALF_DEG)), ahead[1])
            canvas.line((0.0, 0.0), edge, FAINT, gap=3)
    for zone in room.installed.zones:
        corners = zone.polygon()
        for start, end in zip(corners, (*corners[1:], corners[0]), strict=True):
            canvas.line(start, end, "blue")
        canvas.write(min(x for x, _ in corners), max(y for _, y in corners), zone.kind.value, "blue")
    canvas.write(0.0, 0.0, "▲", "bold cyan")
    for x, y, z, style in _points(room):
        canvas.dot(x, y, style or COLOUR[room.posture_of(z)], rank=2 if not style else 1)
    for body in room.scene.bodies:
        canvas.write(body.place.x_m, body.place.y_m, _letter(body), _body_style(room, body))
    return canvas.text()


def from_the_side(room: Room, columns: int, rows: int) -> Text:
    """Away from the sensor to the right, height upwards; dotted: what counts as floor and as upright."""
    _, ahead = _floor_span(room)
    mount, fall = room.installed.mount, room.installed.fall
    canvas = Canvas(columns, rows, ahead, (-0.3, max(2.4, mount.height_m + 0.2)))
    reach = ahead[1] + 3.0
    canvas.line((ahead[0] - 3.0, 0.0), (reach, 0.0), AXIS)
    canvas.line((ahead[0] - 3.0, fall.floor_m), (reach, fall.floor_m), "red", gap=4)
    canvas.line((ahead[0] - 3.0, fall.standing_m), (reach, fall.standing_m), "green", gap=4)
    tilt = radians(mount.tilt_deg)
    canvas.line((0.0, mount.height_m), (reach * cos(tilt), mount.height_m - reach * sin(tilt)), FAINT, gap=3)
    for x in range(int(ahead[0]), int(ahead[1]) + 1, 2):
        canvas.write(x, -0.2, f"{x}", AXIS)
    canvas.write(0.0, mount.height_m, "▶" if not _ceiling(room) else "▼", "bold cyan")
    for _, y, z, style in _points(room):
        canvas.dot(y, z, style or COLOUR[room.posture_of(z)], rank=2 if not style else 1)
    for body in room.scene.bodies:
        canvas.write(body.place.y_m, body.height_m, _letter(body), _body_style(room, body))
    return canvas.text()


def over_time(room: Room, columns: int, rows: int) -> Text:
    """Middle heights of all bodies; now is at the right edge."""
    fall = room.installed.fall
    canvas = Canvas(columns, rows, (-HISTORY_S, 0.0), (0.0, 2.0), square=False)
    canvas.line((-HISTORY_S, fall.floor_m), (0.0, fall.floor_m), "red", gap=4)
    canvas.line((-HISTORY_S, fall.standing_m), (0.0, fall.standing_m), "green", gap=4)
    for metres in (1.0, 1.9):
        canvas.write(-HISTORY_S, metres, f"{metres:.0f} m", AXIS)
    for at_s, height_m in room.heights:
        canvas.dot(at_s - room.at_s - 1e-6, height_m, COLOUR[room.posture_of(height_m)], rank=1)
    return canvas.text()


def _ceiling(room: Room) -> bool:
    return room.installed.mount.tilt_deg >= CEILING_FROM_DEG


def _floor_span(room: Room) -> tuple[tuple[float, float], tuple[float, float]]:
    people = room.installed.people
    usual = ((-3.5, 3.5), (-3.5, 3.5)) if _ceiling(room) else ((-3.5, 3.5), (-0.4, 7.0))
    return people.x_m or usual[0], people.y_m or usual[1]


def _points(room: Room) -> list[tuple[float, float, float, str]]:
    """x, y, z and a faint style for those that are not of this moment."""
    drawn = []
    for at_s, points in room.trail:
        age_s = room.at_s - at_s
        style = "" if age_s < TRAIL_S / 3 else FAINT if age_s > 2 * TRAIL_S / 3 else AXIS
        drawn += [(x, y, z, style) for x, y, z, _ in points.tolist()]
    if room.cloud is not None and not room.trail:
        mount = room.installed.mount
        tilt = radians(mount.tilt_deg)
        for target in room.cloud.targets:
            x, y, z = target.position_m
            drawn.append(
                (x, y * cos(tilt) + z * sin(tilt), z * cos(tilt) - y * sin(tilt) + mount.height_m, "magenta")
            )
    return drawn


def _letter(body: Body) -> str:
    return "123456789abcdefghijklmnopqrstuvwxyz"[(body.track - 1) % 35]


def _body_style(room: Room, body: Body) -> str:
    if room.at_s - body.seen_s > LATEST_S:
        return f"{COLOUR[room.posture_of(body.height_m)]} underline"
    return f"bold white on {COLOUR[room.posture_of(body.height_m)]}"


# --- words -----------------------------------------------------------------------------------------


def _head(room: Room, status: Status) -> Text:
    head = Text(no_wrap=True, overflow="ellipsis")
    head.append(f" {status.title} ", "bold reverse")
    mount = room.installed.mount
    head.append(f"  {room.elapsed_s:.1f} s   {room.rate:.1f} frames/s   {room.points:.1f} points a frame")
    head.append(f"   mount {mount.height_m:g} m, {mount.tilt_deg:g} deg down", AXIS)
    return head


def _bodies(room: Room) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 1), header_style=AXIS)
    for name in ("body", "place x, y", "middle", "top", "speed", "spread", "posture", "seen"):
        table.add_column(name, no_wrap=True)
    shown = sorted(room.scene.bodies, key=lambda body: -body.seen_s)[:BODIES_MAX]
    for body in shown:
        posture = room.posture_of(body.height_m)
        ago_s = room.at_s - body.seen_s
        table.add_row(
            Text(f" {_letter(body)} ", _body_style(room, body)),
            f"{body.place.x_m:+.1f}, {body.place.y_m:.1f} m",
            f"{body.height_m:.2f} m",
            f"{body.top_m:.2f} m",
            f"{body.speed_mps:.1f} m/s",
            f"{body.spread_m:.1f} m",
            Text(posture.value, COLOUR[posture]),
            "now" if ago_s < LATEST_S else f"{ago_s:.0f} s ago",
        )
    for _ in range(BODIES_MAX - len(shown)):
        table.add_row("")
    return table


def _foot(room: Room, status: Status) -> Text:
    foot = Text(no_wrap=True, overflow="ellipsis")
    phase = room.phase
    height = "" if room.height_m is None else f" at {room.height_m:.2f} m"
    foot.append("state   ", AXIS).append(phase, STATE.get(phase, "bold"))
    foot.append(f"   {room.posture.value}{height}   loose reflections {room.scene.loose}\n")
    foot.append("sensor  ", AXIS).append(_verdicts(room) + "\n")
    doubts = "; ".join(DOUBTS[doubt] for doubt in sorted(room.scene.doubts))
    foot.append("doubts  ", AXIS).append(doubts or "none", "yellow" if doubts else "")
    foot.append("\n")
    foot.append("counted ", AXIS).append(counted(status.counters) + "\n")
    for line in [*room.told, *[""] * 4][:4]:
        foot.append("told    " if line else "", AXIS).append(
            f"{line}\n", "bold red" if "confirmed" in line else ""
        )
    if status.trouble:
        foot.append("TROUBLE ", "bold red").append(status.trouble, "red")
    return foot


def counted(counters: Mapping[str, float]) -> str:
    """A sensor's counters in one line."""
    said = [
        f"{name.removeprefix('frames_')} {counters[name]:.0f}" for name in SHOWN_COUNTERS if name in counters
    ]
    if counters.get("frozen_s", 0.0) >= 1.5:
        said.append(f"frozen {counters['frozen_s']:.0f} s")
    return "   ".join(said)


def _verdicts(room: Room) -> str:
    cloud = room.cloud
    if cloud is None:
        return "no verdict of its own"
    said = [
        f"{name} {'yes' if value else 'no'}"
        for name, value in (("presence", cloud.presence), ("moving", cloud.moving), ("fallen", cloud.fallen))
        if value is not None
    ]
    if cloud.targets:
        said.append(f"targets {len(cloud.targets)}")
    if cloud.vitals is not None:
        for name, value in (
            ("breaths/min", cloud.vitals.breaths_per_min),
            ("heartbeats/min", cloud.vitals.heartbeats_per_min),
            ("m away", cloud.vitals.distance_m),
        ):
            said += [] if value is None else [f"{value:.1f} {name}"]
    return "   ".join(said) or "no verdict of its own"


def plain(room: Room, status: Status) -> str:
    """The same in one line, for logs and pipes."""
    bodies = ", ".join(
        f"{_letter(body)} ({body.place.x_m:+.1f}, {body.place.y_m:.1f}) {body.height_m:.2f} m"
        for body in room.measured
    )
    doubts = f"  doubts: {', '.join(sorted(room.scene.doubts))}" if room.scene.doubts else ""
    trouble = f"  TROUBLE: {status.trouble}" if status.trouble else ""
    return (
        f"{room.elapsed_s:8.1f} s  {room.rate:5.1f} frames/s  {room.points:4.1f} points  {room.phase}, {room.posture.value}"
        f"  bodies: {bodies or 'none'}{doubts}{trouble}"
    )
