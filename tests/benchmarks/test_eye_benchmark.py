"""The yardstick of the eye measures the network that runs; no figure is asserted."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from benchmarks.eye import TimedSession, lines, measured, pictures, wrap
from edge.wildlife.detector import Detector

CARD = Path(__file__).parents[2] / "models" / "macaque_nano" / "macaque_nano.json"


def test_a_timed_session_changes_nothing_and_counts_a_part_of_the_time():
    frame = pictures(320, 180, 1)[0]
    plain, timed = Detector(CARD), Detector(CARD)
    timed._session = TimedSession(timed._session)
    first, second = plain.detect(frame, 0.01), timed.detect(frame, 0.01)
    assert np.array_equal(first.boxes, second.boxes)
    assert np.array_equal(first.scores, second.scores)
    assert timed._session.seconds > 0.0


def test_the_reference_is_given_the_very_network(tmp_path: Path):
    pytest.importorskip("onnx", reason="the train extra is not installed")
    out = tmp_path / "wrapped.onnx"
    side = wrap(CARD, out)
    detector = Detector(CARD)
    blob = np.random.default_rng(0).uniform(0, 255, (1, 3, side, side)).astype(np.float32)
    own = detector._session.run(None, {detector._input: blob})[0]
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: blob})[0]
    assert theirs.shape == (1, 4 + len(detector.card.class_names), own.shape[1])
    assert np.allclose(theirs[0, :4].T, own[0, :, :4], atol=1e-3)
    assert np.allclose(theirs[0, 4:].T, own[0, :, 4:5] * own[0, :, 5:], atol=1e-6)


def test_what_is_told_is_the_share_within_the_network():
    told = lines("small", measured(CARD, (320, 180), 1, None))
    assert "in session.run" in told[1]
    assert not any("ultralytics" in line for line in told)
