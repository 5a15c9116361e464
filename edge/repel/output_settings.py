"""One ``[[repel.outputs]]``: what it is, how it is reached, how long it may be on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from contract.configuration import Settings
from edge.repel.output_kinds import OutputKind

MAX_ON_S = 10.0
"""Longer is a siren; city rules ask for the minimum period (Ibara, Nagano and others on noise)."""

CodeWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
DeviceName = Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")]

_QUIET = {OutputKind.STROBE, OutputKind.WATER}
_ON_A_PIN = {OutputKind.RELAY, OutputKind.PWM, OutputKind.STROBE, OutputKind.WATER}
_OWN_KEYS: dict[str, set[OutputKind]] = {
    "pin": _ON_A_PIN,
    "frequency_hz": {OutputKind.PWM, OutputKind.STROBE},
    "duty": {OutputKind.PWM, OutputKind.STROBE},
    "speaker": {OutputKind.SOUND},
    "files": {OutputKind.SOUND},
    "box": {OutputKind.REMOTE},
    "key_file": {OutputKind.REMOTE},
}
_NEEDED = {
    **dict.fromkeys(_ON_A_PIN, ("pin",)),
    OutputKind.SOUND: ("files",),
    OutputKind.REMOTE: ("box", "key_file"),
}
STROBE_HZ = 2.0
"""Up to three flashes a second are taken as safe for people with photosensitive epilepsy (WCAG 2.3.1)."""
STROBE_MAX_HZ = 3.0
PWM_HZ = 100.0


class OutputSettings(Settings):
    """A horn, a dimmed lamp, a strobe, a valve, a loudspeaker, or an output of another box."""

    name: CodeWord
    stimulus: CodeWord
    """What the animals notice: horn, strobe...; the chooser tells stimuli apart, and outputs by where they are."""
    kind: OutputKind = OutputKind.RELAY
    pin: int | None = Field(default=None, ge=0, le=27)
    """BCM number, as gpiozero counts."""
    active_high: bool = True
    frequency_hz: float | None = Field(default=None, gt=0, le=1000)
    duty: float | None = Field(default=None, gt=0, le=1)
    speaker: str = Field(default="default", pattern=r"^[A-Za-z0-9_:,=.-]{1,64}$")
    """ALSA's name of the card, as ``aplay -L`` lists them: two speakers are two outputs."""
    files: list[Path] = Field(default_factory=list)
    """WAV files; each time the next one is played."""
    box: DeviceName | None = None
    """Name of the box that owns the output; it has one of the same ``name``."""
    key_file: Path | None = None
    """The secret shared with that box."""
    loud: bool | None = None
    """Whether neighbours hear it; left out, a strobe and water are quiet and everything else is loud."""
    max_on_s: float = Field(default=3.0, gt=0, le=MAX_ON_S)
    """Enforced by the process that owns the output, whatever it is asked for."""

    @property
    def is_loud(self) -> bool:
        """Whether the distance to dwellings counts."""
        return self.kind not in _QUIET if self.loud is None else self.loud

    @model_validator(mode="after")
    def _of_its_kind(self) -> "OutputSettings":
        for key in _NEEDED[self.kind]:
            if not getattr(self, key) and getattr(self, key) != 0:
                raise ValueError(f'kind = "{self.kind}" needs {key}')
        for key, kinds in _OWN_KEYS.items():
            if key in self.model_fields_set and self.kind not in kinds:
                raise ValueError(f'{key} means nothing for kind = "{self.kind}": remove it')
        if self.kind is OutputKind.STROBE and (self.frequency_hz or 0) > STROBE_MAX_HZ:
            raise ValueError(
                f"a strobe of more than {STROBE_MAX_HZ:g} flashes a second may hurt a person: lower frequency_hz"
            )
        return self

    @property
    def hz(self) -> float:
        """Of PWM or flashes."""
        return self.frequency_hz or (STROBE_HZ if self.kind is OutputKind.STROBE else PWM_HZ)


def check_apart(outputs: Sequence[OutputSettings], stop_pin: int | None) -> None:
    """Raises ValueError where outputs of one box, or one and its emergency stop, cannot be told apart."""
    names = [output.name for output in outputs]
    if len(set(names)) != len(names):
        raise ValueError("two outputs have the same name: give each its own")
    pins = [output.pin for output in outputs if output.pin is not None]
    if len(set(pins)) != len(pins):
        raise ValueError("two outputs share a pin: one relay, one pin")
    if stop_pin in pins:
        raise ValueError(f"an output and the emergency stop share pin {stop_pin}: give stop_pin its own")
