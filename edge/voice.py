"""What speaks to the resident: an external program that is given a text of the spoken catalogue.

Is: never in the way. A program that is missing, slow or broken costs the words, never the alert.
Is not: a proof that anybody heard it.
"""

import logging
import subprocess
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, Protocol

from pydantic import Field

from contract.configuration import Settings

log = logging.getLogger(__name__)

TEXT = "{text}"


class VoiceSettings(Settings):
    """The ``[voice]`` table; without a command the device keeps silent and the page shows the words."""

    command: list[str] = Field(default_factory=list)
    """Program and arguments: ``{text}`` in an argument is replaced by the words, else they go to its input."""
    locale: Literal["ja", "en"] = "ja"


class Speaker(Protocol):
    """Speaks a code of the catalogue and returns at once."""

    def say(self, code: str) -> None:
        """Begin to speak; what was being spoken is cut short. Raises UnknownWordsError for a slip of ours."""
        ...

    def close(self) -> None:
        """Stop speaking; harmless when silent."""
        ...


class UnknownWordsError(KeyError):
    """A code that is in no spoken catalogue."""


class SilentSpeaker:
    """Says nothing; what would be said is on the live lane."""

    def say(self, code: str) -> None:
        words(code, "ja")

    def close(self) -> None:
        """Nothing to stop."""


class CommandSpeaker:
    """Runs a program, such as ``espeak-ng -v ja {text}``, or a speech synthesiser behind a shell script."""

    def __init__(self, command: list[str], locale: str) -> None:
        self._command = command
        self._locale = locale
        self._speaking: subprocess.Popen[bytes] | None = None

    def say(self, code: str) -> None:
        text = words(code, self._locale)
        self.close()
        argv = [part.replace(TEXT, text) for part in self._command]
        try:
            self._speaking = subprocess.Popen(  # noqa: S603 - the technician's own program
                argv,
                stdin=subprocess.DEVNULL if argv != self._command else subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("voice: %s: %s: mend [voice] command", argv[0], error.strerror)
            return
        self._feed(self._speaking, text)

    def close(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is None:
            return
        speaking.kill()
        speaking.wait()

    @staticmethod
    def _feed(speaking: subprocess.Popen[bytes], text: str) -> None:
        """A sentence is far below a pipe's 64 KiB, so this never waits for the program to read it."""
        if speaking.stdin is None:
            return
        try:
            with speaking.stdin as pipe:
                pipe.write(text.encode())
        except BrokenPipeError:
            log.warning("voice: the program ended without reading the words: use {text} in [voice] command")


def speaker_from(settings: VoiceSettings) -> Speaker:
    """The voice of a home's file."""
    return CommandSpeaker(settings.command, settings.locale) if settings.command else SilentSpeaker()


def words(code: str, locale: str) -> str:
    """The words for a spoken code; raises UnknownWordsError."""
    try:
        return _catalogue(locale)[code]
    except KeyError as error:
        raise UnknownWordsError(f"{code} is not in edge/spoken/{locale}.toml: add it there") from error


@cache
def _catalogue(locale: str) -> dict[str, str]:
    return tomllib.loads(files("edge.spoken").joinpath(f"{locale}.toml").read_text(encoding="utf-8"))
