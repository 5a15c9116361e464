"""A chirp file as its commands: what a TI radar is told line by line. Pure but for reading it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.sensors.readings import SensorError

LOW_POWER_WORDS = frozenset({"chirpComnCfg", "chirpTimingCfg", "sigProcChainCfg", "baudRate"})
"""Commands that only the low-power chips (xWRL6432 and its kin) have."""


class ChirpFileError(SensorError, ValueError):
    """A chirp file that cannot be used, or a line that the radar refused."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line that is sent; ``line`` counts from 1 and is 0 for what the sender adds by itself."""

    line: int
    text: str

    @property
    def name(self) -> str:
        return self.text.partition(" ")[0]

    @property
    def arguments(self) -> list[str]:
        return self.text.split()[1:]


def commands(text: str) -> Iterator[tuple[int, str]]:
    """(line number from 1, command) of a chirp file; blank lines and those beginning with % are comments."""
    for number, line in enumerate(text.splitlines(), start=1):
        command = line.strip()
        if command and not command.startswith("%"):
            yield number, command


def read_chirps(file: Path) -> list[Command]:
    """Raises ChirpFileError for a file that cannot be read, or that holds no command."""
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ChirpFileError(f"{file}: {error}: name a readable chirp file in plain ASCII") from error
    found = [Command(number, command) for number, command in commands(text)]
    if not found:
        raise ChirpFileError(f"{file}: no command in it: name a chirp file of this radar's firmware")
    return found


def is_low_power(chirps: Sequence[Command]) -> bool:
    """Whether the file is for a low-power chip, which takes other commands and other arguments."""
    return any(command.name in LOW_POWER_WORDS for command in chirps)


def data_baud(chirps: Sequence[Command]) -> int | None:
    """The rate that the file's last ``baudRate`` line sets; None where it sets none that could be meant."""
    found = None
    for command in chirps:
        if command.name == "baudRate" and command.arguments and command.arguments[0].isdecimal():
            found = int(command.arguments[0]) or None
    return found


def in_order(chirps: Sequence[Command]) -> list[Command]:
    """All that is sent so that a radar in any state takes the file: stopped and forgotten first, if it does not say so."""
    stop, *rest = chirps
    if stop.name != "sensorStop":
        stop, rest = Command(0, "sensorStop 0" if is_low_power(chirps) else "sensorStop"), list(chirps)
    if not is_low_power(chirps) and all(command.name != "flushCfg" for command in rest):
        rest = [Command(0, "flushCfg"), *rest]
    return [stop, *rest]
