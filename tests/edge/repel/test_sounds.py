"""Sound files through ALSA's own aplay, into a sound card that is a file."""

import os
import shutil
import signal
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from edge.repel.emitters import BOARD
from edge.repel.errors import OutputRefusedError
from edge.repel.output_settings import OutputSettings
from edge.repel.outputs import Outputs

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("aplay") is None, reason="no aplay here (apt install alsa-utils)"),
]


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ALSA's file plugin: what is played lies in a WAV."""
    played = tmp_path / "played.wav"
    config = tmp_path / "asound.conf"
    config.write_text(
        f'</usr/share/alsa/alsa.conf>\npcm.paper {{ type file; slave.pcm "null"; file "{played}"; format "wav" }}\n'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    monkeypatch.setenv(BOARD, str(tmp_path / "board"))
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    return played


def tone(file: Path, hz: float, seconds: float) -> np.ndarray:
    samples = (12_000 * np.sin(2 * np.pi * hz * np.arange(round(8000 * seconds)) / 8000)).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(samples.tobytes())
    return samples


def test_what_is_played_is_the_file_and_it_ends_by_itself(card: Path, tmp_path: Path) -> None:
    samples = tone(tmp_path / "dog.wav", 700.0, 0.5)
    dog = OutputSettings(
        name="dog", stimulus="dog", kind="sound", speaker="paper", files=[tmp_path / "dog.wav"], max_on_s=5
    )
    outputs = Outputs([dog])
    outputs.open()
    outputs.switch_on("dog", 5)
    deadline = time.monotonic() + 20
    while outputs.on() and time.monotonic() < deadline:
        outputs.tend()
        time.sleep(0.02)
    outputs.close()
    assert outputs.on() == []
    heard = np.frombuffer(card.read_bytes()[44:], "<i2")
    assert np.array_equal(heard[: len(samples)], samples)


def test_a_sound_that_is_missing_is_refused_by_name_and_nothing_else_is_lost(
    card: Path, tmp_path: Path
) -> None:
    gone = OutputSettings(
        name="dog", stimulus="dog", kind="sound", speaker="paper", files=[tmp_path / "gone.wav"]
    )
    outputs = Outputs([gone, OutputSettings(name="horn", stimulus="horn", pin=17)])
    outputs.open()
    with pytest.raises(OutputRefusedError, match=r"gone\.wav: no such sound"):
        outputs.switch_on("dog", 1)
    outputs.switch_on("horn", 1)
    outputs.close()


def test_what_is_no_sound_is_told_as_ended_badly(card: Path, tmp_path: Path) -> None:
    (tmp_path / "dog.wav").write_bytes(b"RIFF" + bytes(60))
    dog = OutputSettings(
        name="dog",
        stimulus="dog",
        kind="sound",
        speaker="no-such-card",
        files=[tmp_path / "dog.wav"],
        max_on_s=5,
    )
    outputs = Outputs([dog])
    outputs.open()
    outputs.switch_on("dog", 5)
    deadline = time.monotonic() + 20
    while outputs.on() and time.monotonic() < deadline:
        outputs.tend()
        time.sleep(0.02)
    assert outputs.ok
    assert [(one.on, one.failed) for one in outputs.changes()] == [(True, False), (False, True)]
    outputs.close()


def test_kill_9_of_the_owner_leaves_no_player_that_plays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = tmp_path / "aplay"
    player.write_text(f'#!/bin/sh\necho $$ > "{tmp_path}/pid"\nexec sleep 60\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(BOARD, str(tmp_path / "board"))
    tone(tmp_path / "dog.wav", 700.0, 0.1)
    outputs = Outputs(
        [OutputSettings(name="dog", stimulus="dog", kind="sound", files=[tmp_path / "dog.wav"], max_on_s=10)]
    )
    outputs.open()
    outputs.switch_on("dog", 10)
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
    playing = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    assert playing.exists()
    os.kill(outputs.pid or 0, signal.SIGKILL)
    while playing.exists() and playing.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        assert time.monotonic() < deadline, "it plays on"
        time.sleep(0.01)
    outputs.close()
