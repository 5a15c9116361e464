"""Three headers told apart by their bytes alone, every TLV that says something, and those that are passed over."""

import math
from struct import pack

import numpy as np
import pytest

from edge.sensors.readings import PointCloud, Target
from edge.sensors.ti.frames import FrameParser, decode
from simulators.home.firmware_bytes import MAGIC, encode, encode_low_power, encode_out_of_box
from simulators.home.older_firmware_bytes import encode_long_range, encode_people_2d, encode_people_3d

POINTS = np.array([[0.5, 3.0, -0.4, -1.2, 9.0], [-1.0, 2.0, 0.3, 0.07, 7.5]], np.float32)
TRACKS = (Target(2, (0.5, 3.0, -0.25), (0.0, -1.0, 0.5)), Target(7, (-1.0, 2.0, 0.25), (0.5, 0.25, 0.0)))

# A packet of an IWR6843ISK with 3D people counting of the Industrial Toolbox, as one of its users published it.
PUBLISHED_B = bytes.fromhex(
    "0201040306050807040005036c00000043680a0001000000000000000000000000000000183100000000000001000f53"
    "060000003c0000000ad7233c0ad7233cf7cc92396f1283390ad7233d0c41f900de0a0701"
    "0c4207ffde0a13010c42f900db0baf00"
    "0c4407ffe109db00"
)  # fmt: skip


def cloud_of(number: int = 5, points: np.ndarray = POINTS, **more: object) -> PointCloud:
    return PointCloud(0.0, number, points, **more)


def standard(kind: int, payload: bytes, *, objects: int = 0) -> bytes:
    """One TLV behind header A."""
    body = pack("<2I", kind, len(payload)) + payload
    length = -(-(40 + len(body)) // 32) * 32
    return (pack("<Q8I", MAGIC, 0x03050004, length, 0xA6843, 9, 0, objects, 1, 0) + body).ljust(
        length, b"\xbe"
    )


def one(packet: bytes) -> PointCloud:
    cloud = decode(packet)
    assert cloud is not None
    return cloud


# --- headers --------------------------------------------------------------------------------------


def test_a_published_packet_with_the_48_byte_header_gives_its_four_points():
    cloud = one(PUBLISHED_B)
    assert (cloud.frame, len(cloud.points)) == (1, 4)
    distances = np.linalg.norm(cloud.points[:, :3], axis=1)
    np.testing.assert_allclose(distances, np.array([0x0ADE, 0x0ADE, 0x0BDB, 0x09E1]) * 0.00025, rtol=1e-5)
    np.testing.assert_allclose(10 ** (cloud.points[0, 4] / 10), 0x0107 * 0.04, rtol=1e-5)
    np.testing.assert_allclose(
        np.degrees(np.arcsin(cloud.points[0, 2] / distances[0])), math.degrees(0.12), rtol=1e-4
    )


@pytest.mark.parametrize("maker", [encode, encode_people_3d, encode_low_power, encode_long_range])
def test_points_tracks_and_indices_come_through_each_3d_firmware(maker):
    cloud = one(maker(cloud_of(77, targets=TRACKS, point_targets=(2, 253))))
    np.testing.assert_allclose(cloud.points[:, :3], POINTS[:, :3], atol=0.02)
    np.testing.assert_allclose(cloud.points[:, 3], POINTS[:, 3], atol=0.001)
    np.testing.assert_allclose(cloud.points[:, 4], POINTS[:, 4], atol=0.13)
    assert (cloud.frame, cloud.targets, cloud.point_targets) == (77, TRACKS, (2, 253))


def test_the_out_of_box_demo_gives_points_with_their_snr():
    cloud = one(encode_out_of_box(cloud_of()))
    np.testing.assert_allclose(cloud.points, POINTS, atol=1e-5)
    assert len(one(encode_out_of_box(cloud_of(points=POINTS[:0]))).points) == 0


@pytest.mark.parametrize("row", [72, 68, 64, 28])
def test_a_2d_firmware_has_no_heights_and_tracks_of_one_size(row: int):
    cloud = one(encode_people_2d(cloud_of(targets=TRACKS, point_targets=(7, 2)), row=row))
    flat = np.hypot(POINTS[:, 0], POINTS[:, 1])
    np.testing.assert_allclose(np.hypot(cloud.points[:, 0], cloud.points[:, 1]), flat, rtol=1e-5)
    np.testing.assert_allclose(cloud.points[:, 3:], POINTS[:, 3:], atol=1e-4)
    assert not cloud.points[:, 2].any()
    assert [target.track for target in cloud.targets] == [2, 7]
    assert cloud.targets[0].position_m == (0.5, 3.0, 0.0)
    assert cloud.targets[1].velocity_mps == (0.5, 0.25, 0.0)
    assert cloud.point_targets == (7, 2)


def test_the_size_of_a_track_stays_what_the_stream_has_shown():
    """448 bytes are four 3D tracks or sixteen small 2D ones; every field of these is plausible as either."""
    parser = FrameParser()
    still = tuple(Target(track, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)) for track in range(16))
    single = encode_people_2d(cloud_of(1, targets=still[3:4]), row=28)
    sixteen = encode_people_2d(cloud_of(2, targets=still), row=28)
    first, second = parser.feed(single + sixteen)
    assert [target.track for target in first.targets] == [3]
    assert [target.track for target in second.targets] == list(range(16))


def test_frames_of_all_firmwares_in_one_stream_are_each_read_by_its_own_header():
    makers = [
        encode,
        encode_people_3d,
        encode_low_power,
        encode_people_2d,
        encode_out_of_box,
        encode_long_range,
    ]
    stream = b"".join(maker(cloud_of(number)) for number, maker in enumerate(makers * 3, start=1))
    parser = FrameParser()
    clouds = [cloud for byte in stream for cloud in parser.feed(bytes((byte,)))] + parser.finish()
    assert [cloud.frame for cloud in clouds] == list(range(1, 19))
    assert all(len(cloud.points) == 2 for cloud in clouds)
    assert parser.counters.bytes_skipped == 0


@pytest.mark.parametrize("maker", [encode_people_3d, encode_people_2d, encode_long_range])
def test_an_empty_frame_of_an_older_firmware_says_that_the_sensor_lives(maker):
    cloud = one(maker(cloud_of(12, points=POINTS[:0])))
    assert (cloud.frame, cloud.points.shape) == (12, (0, 5))


def test_a_damaged_48_byte_header_is_not_taken_for_an_empty_frame_of_another_kind():
    for at in range(12, 48):
        broken = bytearray(PUBLISHED_B)
        broken[at] ^= 0x10
        cloud = decode(bytes(broken))
        assert cloud is None or len(cloud.points) == 4


@pytest.mark.parametrize(
    ("maker", "at"), [(encode_people_3d, 12), (encode_people_2d, 20), (encode_long_range, 20)]
)
def test_a_length_that_claims_too_much_costs_an_older_firmware_nothing(maker, at: int):
    liar = bytearray(maker(cloud_of(1)))
    liar[at : at + 4] = (300).to_bytes(4, "little")
    if maker is encode_people_3d:  # whose checksum covers the lie
        liar[46:48] = (int.from_bytes(liar[46:48], "little") - 300 + len(liar)).to_bytes(2, "little")
    parser = FrameParser()
    clouds = parser.feed(bytes(liar) + maker(cloud_of(2))) + parser.finish()
    assert [(cloud.frame, len(cloud.points)) for cloud in clouds] == [(1, 2), (2, 2)]


def test_a_2d_packet_that_lost_bytes_is_refused():
    whole = encode_people_2d(cloud_of(targets=TRACKS))
    for start in range(20, len(whole) - 4):
        assert decode(whole[:start] + whole[start + 4 :]) is None


# --- TLVs -----------------------------------------------------------------------------------------


def test_spherical_points_in_floats_are_turned_upright():
    rows = [(2.0, 0.0, 0.0, 0.5), (2.0, math.pi / 2, 0.0, -0.5), (2.0, 0.0, math.pi / 6, 0.0)]
    cloud = one(standard(1000, b"".join(pack("<4f", *row) for row in rows)))
    np.testing.assert_allclose(
        cloud.points[:, :4], [(0, 2, 0, 0.5), (2, 0, 0, -0.5), (0, math.sqrt(3), 1, 0)], atol=1e-6
    )


@pytest.mark.parametrize("kind", [307, 315])
@pytest.mark.parametrize(
    ("payload", "present"),
    [
        (b"\x01\x00", False),
        (b"\x01\x02", True),
        (b"\x05\x00\x01", True),
        (b"\x03\xc0", False),
        (b"\x00", False),
    ],
)
def test_presence_by_zone_is_presence_in_any_of_them(kind: int, payload: bytes, present):
    assert one(standard(kind, payload)).presence is present


def test_presence_for_more_zones_than_were_sent_makes_the_frame_corrupt():
    assert decode(standard(315, b"\x09\x00\x00")) is None


@pytest.mark.parametrize(("bits", "present"), [(0, False), (0b100, True)])
def test_an_occupied_zone_of_the_state_machine_is_presence(bits: int, present):
    assert one(standard(1030, pack("<I", bits))).presence is present


def test_vital_signs_are_those_of_the_first_person_who_has_any():
    nobody, somebody = (
        pack("<2H33f", 0, 0, *(0.0,) * 33),
        pack("<2H33f", 1, 30, 0.1, 61.0, 14.5, *(0.0,) * 30),
    )
    vitals = one(standard(1040, nobody + somebody)).vitals
    assert vitals is not None
    assert (vitals.breaths_per_min, vitals.heartbeats_per_min) == (14.5, 61.0)
    assert one(standard(1040, nobody)).vitals is None


def test_the_vital_signs_of_a_real_recording_are_rates_that_people_have(shared_data):
    parser = FrameParser()
    data = (shared_data / "radar/other_uart/awr1642_vital_signs.bin").read_bytes()
    found = [cloud.vitals for cloud in parser.feed(data) if cloud.vitals is not None]
    breaths = [vitals.breaths_per_min for vitals in found if vitals.breaths_per_min is not None]
    assert len(found) > 3000
    assert 6 < np.median(breaths) < 30
    assert 40 < np.median([vitals.heartbeats_per_min for vitals in found if vitals.heartbeats_per_min]) < 130


@pytest.mark.parametrize(
    "kind", [0, 2, 3, 4, 5, 8, 9, 250, 302, 303, 306, 310, 317, 318, 353, 601, 1031, 1050, 3000, 0xFFFFFFFF]
)
def test_what_the_product_does_not_use_is_passed_over_by_its_length(kind: int):
    body = pack("<2I", kind, 24) + b"\xa5" * 24 + pack("<2I", 1021, 4) + pack("<I", 1)
    cloud = one(pack("<Q8I", MAGIC, 1, 96, 0xA6432, 3, 0, 0, 2, 0) + body + bytes(12))
    assert (cloud.presence, len(cloud.points)) == (True, 0)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 60])
@pytest.mark.parametrize("maker", [encode, encode_low_power, encode_out_of_box, encode_people_3d])
def test_few_points_and_many_are_read_alike(maker, count: int):
    rng = np.random.default_rng(count)
    points = rng.uniform([-2, 1, -1, -2, 8], [2, 4, 1, 2, 20], (count, 5)).astype(np.float32)
    together = one(maker(cloud_of(points=points))).points
    assert together.dtype == np.float32
    singly = [one(maker(cloud_of(points=points[n : n + 1]))).points[0] for n in range(count)]
    np.testing.assert_allclose(together, singly, rtol=1e-5, atol=1e-6)


def test_a_track_that_no_room_could_hold_makes_the_frame_corrupt():
    far = Target(1, (0.0, 900.0, 0.0), (0.0, 0.0, 0.0))
    assert decode(encode(cloud_of(targets=(far,)))) is None
    twice = (TRACKS[0], TRACKS[0])
    assert decode(encode(cloud_of(targets=twice))) is None
