"""The yardsticks decode what the product decodes, and the fuzz runs what it says; no figure is asserted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import corpus, plain_parser
from benchmarks.falls import Pipeline, pieces
from benchmarks.fuzz import PARSERS, fuzz
from edge.sensors.ti.frames import FrameParser


@pytest.fixture(scope="module")
def data() -> bytes:
    return corpus.simulated(0.5)


def test_both_yardsticks_give_the_points_that_the_parser_gives(data: bytes):
    clouds = FrameParser().feed(data)
    plain, lean = plain_parser.parse(data), plain_parser.parse_lean(data)
    assert len(clouds) == len(plain) == len(lean)
    assert any(len(cloud.points) for cloud in clouds)
    for cloud, one, other in zip(clouds, plain, lean, strict=True):
        if len(cloud.points):
            assert np.allclose(cloud.points[:, :4], one["points"][:, :4], atol=1e-4)
            assert np.allclose(one["points"], other[1], atol=1e-9)


def test_the_whole_pipeline_takes_every_frame_in_pieces(data: bytes):
    pipeline = Pipeline()
    for piece in pieces(data):
        pipeline.feed(piece)
    assert pipeline.frames == len(plain_parser.parse_lean(data))


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_outlives_a_moment_of_a_bad_line(name: str, tmp_path: Path):
    done = fuzz(name, 0.02, seed=3, keep=tmp_path)
    assert done.failures == 0, [file.read_text() for file in tmp_path.glob("*.txt")]
    assert done.streams
