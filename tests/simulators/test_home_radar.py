"""A simulated home: what its radar sends, and that the real driver reads it back from a pty."""

import threading
from collections import defaultdict
from itertools import pairwise
from math import cos, inf, radians, sin

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.sensors.byte_port import SerialPort
from edge.sensors.readings import PointCloud
from edge.sensors.ti.frames import FrameParser
from edge.sensors.ti.sensor import TiRadar
from simulators.home.body import LYING, STANDING, Change, Stance, Stay, Walk, at, fall
from simulators.home.home import FRAME_PERIOD_S, Resident, SimulatedHome
from simulators.home.pty_port import PtyPort
from simulators.home.radar import Mount, to_sensor
from simulators.home.story import FallStory, QuietLife

MOUNT = Mount()


def home(seed: int, **story: float) -> SimulatedHome:
    rng = np.random.default_rng(seed)
    return SimulatedHome(MOUNT, FallStory(rng, **story), rng)


def heights_m(cloud: PointCloud) -> np.ndarray:
    """Above the floor, of points beyond the near field; the facts' own formula, not the simulator's code."""
    points = cloud.points[np.linalg.norm(cloud.points[:, :3], axis=1) > 0.4]
    tilt = radians(MOUNT.tilt_deg)
    return points[:, 2] * cos(tilt) - points[:, 1] * sin(tilt) + MOUNT.height_m


def lived(simulated: SimulatedHome, until_s: float, since_s: float = 0.0) -> list[tuple[str, PointCloud]]:
    clouds = (simulated.cloud(float(t)) for t in np.arange(since_s, until_s, FRAME_PERIOD_S))
    return [(simulated.doing, cloud) for cloud in clouds]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = home(5), home(5)
    assert [first.frame(n * 0.055) for n in range(400)] == [second.frame(n * 0.055) for n in range(400)]


def test_every_frame_of_a_home_is_decoded_with_all_its_points() -> None:
    rng = np.random.default_rng(1)
    truth, real = home(1), SimulatedHome(MOUNT, FallStory(rng), rng)
    parser = FrameParser()
    for n in range(500):
        meant = truth.cloud(n * 0.055)
        (got,) = parser.feed(real.frame(n * 0.055))
        assert (got.frame, got.presence, len(got.points)) == (meant.frame, meant.presence, len(meant.points))
        np.testing.assert_allclose(got.points[:, :3], meant.points[:, :3], atol=0.05)
    assert parser.counters.frames == 500
    assert parser.counters.bytes_skipped == 0


def test_the_resident_falls_lies_until_help_comes_and_walks_again() -> None:
    simulated = home(2, fall_at_s=8.0, get_up_after_s=3.0)
    before = lived(simulated, 25.0)
    acts = [doing for doing, _ in before]
    assert acts.index("falling") < acts.index("lying")
    assert acts[-1] == "lying"
    simulated.help_arrived()
    after = [doing for doing, _ in lived(simulated, 50.0, 25.0)]
    order = [act for n, act in enumerate(after) if n == 0 or after[n - 1] != act]
    assert order[:6] == ["lying", "getting up", "kneeling", "getting up", "standing", "walking"]
    assert "falling" not in after


def test_help_that_nobody_needed_changes_nothing() -> None:
    simulated = home(2, fall_at_s=8.0, get_up_after_s=0.0)
    simulated.help_arrived()
    assert [doing for doing, _ in lived(simulated, 14.0)][-1] == "lying"


def test_a_story_left_running_falls_again() -> None:
    simulated = home(3, fall_at_s=5.0, get_up_after_s=1.0, again_after_s=10.0)
    lived(simulated, 15.0)
    simulated.help_arrived()
    assert "falling" in [doing for doing, _ in lived(simulated, 60.0, 15.0)]


def test_a_quiet_life_has_every_act_but_a_fall() -> None:
    rng = np.random.default_rng(4)
    resident = Resident(QuietLife(rng))
    acts = set()
    for t_s in np.arange(0.0, 600.0, 0.25):
        resident.at(float(t_s))
        acts.add(resident.doing)
    assert {"walking", "standing", "sitting down", "sitting", "standing up"} == acts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clouds_are_as_sparse_as_real_ones(seed: int) -> None:
    simulated = home(seed, fall_at_s=30.0)
    counts, heights = defaultdict(list), defaultdict(list)
    for doing, cloud in lived(simulated, 100.0):
        seen = heights_m(cloud)
        counts[doing].append(len(seen))
        heights[doing].extend(seen)
    assert max(max(n) for n in counts.values()) <= 40
    assert 2.0 < np.mean(counts["walking"]) < 6.0
    assert np.mean(counts["lying"]) < 0.4
    assert 0.8 < np.median(heights["walking"]) < 1.3
    assert np.median(heights["lying"]) < 0.4


def test_an_empty_frame_is_sent_all_the_same() -> None:
    simulated = home(6, fall_at_s=3.0)
    frames = [cloud for doing, cloud in lived(simulated, 60.0) if doing == "lying"]
    empty = [cloud for cloud in frames if len(cloud.points) == 0]
    assert len(empty) > 0.7 * len(frames)
    assert any(cloud.presence is False for cloud in empty)


def test_the_sensor_frame_is_the_mounts() -> None:
    points = np.array([[0.3, 3.0, 0.0], [0.0, 2.0, 1.8]])
    seen = to_sensor(points, MOUNT)
    tilt = radians(MOUNT.tilt_deg)
    back_y = seen[:, 1] * cos(tilt) + seen[:, 2] * sin(tilt)
    back_z = seen[:, 2] * cos(tilt) - seen[:, 1] * sin(tilt) + MOUNT.height_m
    np.testing.assert_allclose(np.stack([seen[:, 0], back_y, back_z], axis=1), points, atol=1e-12)
    assert seen[1, 2] > 0  # level with a sensor that looks down is above its axis


def test_a_body_never_jumps() -> None:
    stance = Stance((0.0, 3.0), 0.3, STANDING)
    for act in (
        Stay(3.0, "standing", 0.2),
        Walk((0.9, 2.5)),
        fall(),
        Stay(4.0, "lying", 0.2),
        Change(LYING, 1, "x"),
    ):
        start, before = stance, stance.parts_m()
        for t in np.arange(0.0, act.duration_s(start), 0.01):
            stance = at(act, float(t), start)
            assert np.abs(stance.parts_m() - before).max() < 0.06  # 6 m/s
            before = stance.parts_m()


def test_the_real_driver_reads_a_simulated_home_from_a_pty() -> None:
    with PtyPort() as pty:
        clock = SystemClock()
        radar = TiRadar(SerialPort(pty.path, 921_600), clock)
        radar.open()
        simulated, stop = home(7), threading.Event()
        thread = threading.Thread(target=simulated.run, args=(pty, stop, clock), kwargs={"speed": inf})
        thread.start()
        clouds: list[PointCloud] = []
        for _ in range(2000):
            clouds += radar.read(0.5)
            if len(clouds) >= 300:
                break
        stop.set()
        thread.join()
        radar.close()
    twin = home(7)
    assert len(clouds) >= 300
    for n, cloud in enumerate(clouds[:300]):
        meant = twin.cloud(n * FRAME_PERIOD_S)
        assert (cloud.frame, len(cloud.points)) == (meant.frame, len(meant.points))
    counters = radar.counters()
    assert counters["frames_missing"] == counters["frames_corrupt"] == 0
    assert all(later.at_s > earlier.at_s for earlier, later in pairwise(clouds))


def test_a_home_without_a_listener_drops_bytes_and_goes_on() -> None:
    with PtyPort() as pty:
        simulated = home(8)
        sent = [simulated.frame(n * FRAME_PERIOD_S) for n in range(300)]
        arrived = sum(pty.write(frame) for frame in sent)
        assert arrived + pty.bytes_dropped == sum(map(len, sent))
        assert pty.bytes_dropped > 0
