"""The voice: words as data, an external program that is never waited for."""

import time
from pathlib import Path

import pytest

from edge.voice import CommandSpeaker, SilentSpeaker, UnknownWordsError, VoiceSettings, speaker_from, words

CODES = ("ask_ok", "help_called", "help_coming", "glad")


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_code_has_words_in_every_language(locale: str):
    assert all(words(code, locale) for code in CODES)


def test_an_unknown_code_is_a_slip_that_shows():
    with pytest.raises(UnknownWordsError, match=r"ja\.toml"):
        SilentSpeaker().say("no_such_word")


def written(path: Path) -> str:
    for _ in range(200):
        if path.exists() and path.read_text():
            break
        time.sleep(0.02)
    return path.read_text().strip()


def test_the_words_take_the_place_of_text_in_an_argument(tmp_path: Path):
    heard = tmp_path / "heard"
    speaker = CommandSpeaker(["sh", "-c", 'echo "$1" > "$2"', "sh", "{text}", str(heard)], "ja")
    speaker.say("ask_ok")
    assert written(heard) == words("ask_ok", "ja")
    speaker.close()


def test_without_text_in_the_command_the_words_go_to_its_input(tmp_path: Path):
    heard = tmp_path / "heard"
    speaker = speaker_from(VoiceSettings(command=["sh", "-c", f"cat > {heard}"], locale="en"))
    speaker.say("glad")
    assert written(heard) == words("glad", "en")
    speaker.close()


def test_a_missing_program_costs_the_words_and_nothing_else():
    CommandSpeaker(["/no/such/program"], "ja").say("ask_ok")


def test_the_next_words_cut_the_last_ones_short_and_closing_leaves_no_process(tmp_path: Path):
    speaker = CommandSpeaker(["sleep", "60"], "ja")
    speaker.say("ask_ok")
    speaker.say("help_called")
    last = speaker._speaking
    speaker.close()
    assert last is not None
    assert last.returncode is not None


def test_a_home_without_a_command_is_silent():
    assert isinstance(speaker_from(VoiceSettings()), SilentSpeaker)
