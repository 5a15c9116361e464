"""A bad line spoils some frames, and the real parser finds the others."""

import numpy as np
import pytest
from numpy.random import default_rng

from edge.sensors.readings import PointCloud
from edge.sensors.ti.frames import FrameParser
from simulators.home.bad_line import BadLine
from simulators.home.firmware_bytes import encode

FRAMES = 2000


def parsed(share: float) -> tuple[list[int], FrameParser]:
    rng = default_rng(5)
    line, parser = BadLine(rng, share), FrameParser()
    points = np.array([[0.1, 3.0, -0.5, 0.2, 9.0]] * 5, np.float32)
    found = []
    for number in range(1, FRAMES + 1):
        sent = encode(PointCloud(0.0, number, points))
        found += [cloud.frame for cloud in parser.feed(line.carry(sent))]
    return found + [cloud.frame for cloud in parser.finish()], parser


def test_a_good_line_carries_every_frame():
    found, parser = parsed(0.0)
    assert found == list(range(1, FRAMES + 1))
    assert parser.counters.bytes_skipped == 0


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_parser_loses_no_more_than_the_frames_that_were_spoilt(share: float):
    found, parser = parsed(share)
    assert len(found) >= FRAMES * (1 - share)
    assert len(set(found)) == len(found)
    assert parser.counters.bytes_skipped > 0


def test_the_same_seed_spoils_the_same_frames():
    assert parsed(0.2)[0] == parsed(0.2)[0]
