"""One output fired on the spot: a countdown that anybody may veto, then the kernel, then the pin, and what it did."""

import select
import sys
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from edge.clock import SystemClock
from edge.field_settings import FieldSettings
from edge.repel import safety
from edge.repel.dose_memory import DoseMemory, dose_file
from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.safety import Grant, Moment, Reason
from edge.repel.settings import RepelSettings
from edge.repel.switchboard import Switchboard, switchboard_from

Say = Callable[[str], None]

WORDS = {
    Reason.STOPPED: "the emergency stop is pressed, or its wire is broken: pull it out, then try again",
    Reason.MUTED: "a neighbour or the farmer has muted it: wait until the mute ends",
    Reason.HOURS: "it is outside [repel] hours, or before sunrise or after sunset, or the clock was never set",
    Reason.DWELLING: "there is no such output, or it is loud and houses are nearer than [repel] loud_from_m",
    Reason.DOSE: "today's [repel] daily_dose is used up",
}
TURN_S = 0.05


def fire_one(settings: FieldSettings, output: str, seconds: float, countdown_s: int, say: Say) -> bool:
    """Whether the output went on. Raises LookupError for an unknown output, RuntimeError where the pins are not had."""
    if output not in {one.name for one in settings.repel.outputs}:
        known = ", ".join(one.name for one in settings.repel.outputs) or "none"
        raise LookupError(f"no output {output!r} in this file; it has: {known}")
    board = switchboard_from(settings.repel)
    try:
        board.open()
        if not board.ok:
            raise RuntimeError("the pins cannot be had: stop the device's service first, it owns them")
        return _count_and_fire(settings, board, output, seconds, countdown_s, say)
    except KeyboardInterrupt:
        board.close()
        say("vetoed: everything is off")
        return False
    finally:
        board.close()


def _count_and_fire(
    settings: FieldSettings, board: Switchboard, output: str, seconds: float, countdown_s: int, say: Say
) -> bool:
    memory = DoseMemory(dose_file(settings.data_directory, settings.device))
    if not _granted(settings.repel, memory, board, output, seconds, say).shots:
        return False
    say(f"{output} goes on in {countdown_s} s. Ears covered? Everybody away? Enter or Ctrl-C vetoes.")
    if _vetoed(board, countdown_s, say):
        say("vetoed: nothing was switched on")
        return False
    granted = _granted(settings.repel, memory, board, output, seconds, say)
    for shot in granted.shots:
        memory.keep(granted.state)  # counted before it sounds, as in service
        try:
            board.switch_on(shot.output, shot.on_s)
        except (PinsLostError, OutputRefusedError) as error:
            say(f"{error}")
            return False
        _watch(board, say)
    return bool(granted.shots)


def _granted(
    settings: RepelSettings, memory: DoseMemory, board: Switchboard, output: str, seconds: float, say: Say
) -> Grant:
    board.tend()
    clock = SystemClock()
    trusted = settings.trust_unsynced_clock or clock.synced()
    unix_ms = clock.unix_ms()
    local = datetime.fromtimestamp(unix_ms / 1000, ZoneInfo(settings.timezone)) if trusted else None
    now = Moment(clock.monotonic_s(), unix_ms, local)
    state = safety.stop(memory.read(), now, pressed=board.stopped)
    granted = safety.tested(settings, state, now, output, seconds)
    if not granted.shots:
        reason = granted.verdict.reason
        say(f"not fired: {WORDS.get(reason, reason) if reason else 'give a time longer than 0 s'}")
    return granted


def _vetoed(board: Switchboard, countdown_s: int, say: Say) -> bool:
    """Whether somebody pressed Enter; an input that is closed is a veto too, because nobody could."""
    until_s = time.monotonic() + countdown_s
    told = countdown_s + 1
    while (left_s := until_s - time.monotonic()) > 0:
        if told > left_s:
            told = int(left_s)
            say(f"{told + 1} ...")
        board.tend()
        if select.select([sys.stdin], [], [], TURN_S)[0]:
            return True
    return False


def _watch(board: Switchboard, say: Say) -> None:
    """Until it is off again; its own limits see to that."""
    on_s = 0.0
    while True:
        board.tend()
        for change in board.changes():
            if change.on:
                on_s = change.at_s
                say(f"{change.output} is on")
            else:
                say(f"{change.output} is off after {change.at_s - on_s:.2f} s")
        if not board.on():
            return
        time.sleep(TURN_S)
