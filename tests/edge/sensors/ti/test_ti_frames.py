"""The packets of real radars, whole, cut, flipped and spliced."""

import json
from itertools import pairwise
from pathlib import Path
from struct import unpack_from

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sensors.readings import Height, PointCloud, Target
from edge.sensors.ti.frames import MAGIC, PACKET_MAX, FrameParser, decode
from simulators.home.firmware_bytes import encode, encode_low_power
from simulators.home.older_firmware_bytes import encode_people_2d, encode_people_3d

# Written by hand from the layout: frame 3, one point, presence 0.
ONE_POINT = bytes.fromhex(
    "0201040306050807040005036000000043680a000300000000000000010000000200000000000000fc0300001c000000"
    "0ad7233c0ad7233cf7cc92396f1283390ad7233d20097333f4038000fd0300000400000000000000bebebebebebebebe"
)


def same(left: PointCloud, right: PointCloud) -> bool:
    blank = np.zeros((0, 5), np.float32)
    rest = replace(left, points=blank), replace(right, points=blank)
    return np.array_equal(left.points, right.points) and repr(rest[0]) == repr(rest[1])


def packet(number: int, n_points: int = 3) -> bytes:
    rng = np.random.default_rng(number)
    points = rng.uniform([-1, 1, -1, -2, 8], [1, 4, 1, 2, 20], (n_points, 5)).astype(np.float32)
    return encode(PointCloud(0.0, number, points, presence=bool(number % 2)))


def parse(stream: bytes, cuts: list[int] | None = None) -> tuple[list[PointCloud], FrameParser]:
    parser = FrameParser()
    clouds: list[PointCloud] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts or [])})
    for start, end in pairwise(edges):
        clouds += parser.feed(stream[start:end])
    return clouds + parser.finish(), parser


# --- what real radars sent ------------------------------------------------------------------------


def golden(shared_data: Path) -> dict[str, dict]:
    frames = json.loads((shared_data / "radar" / "golden_frames.json").read_text())
    return {frame["name"]: frame for frame in frames}


def test_golden_points_are_reproduced(shared_data: Path) -> None:
    checked = 0
    for name, frame in golden(shared_data).items():
        if name == "oob_corrupt_walk":
            continue
        cloud = decode(bytes.fromhex(frame["hex"]))
        assert cloud is not None, name
        assert cloud.frame == frame["frame"]
        assert len(cloud.points) == frame["numObj"]
        expected = frame.get("points_xyzds") or frame.get("points_xyzd") or frame.get("points_xyzds_n") or []
        if not expected:
            assert cloud.points.shape == (0, 5)
            continue
        rows = np.array(expected)
        np.testing.assert_allclose(cloud.points[:, :4], rows[:, :4], atol=6e-5)
        if "points_xyzds" in frame:  # a ratio there, dB here
            np.testing.assert_allclose(10 ** (cloud.points[:, 4] / 10), rows[:, 4], rtol=1e-4)
        elif "points_xyzds_n" in frame:
            np.testing.assert_allclose(cloud.points[:, 4], rows[:, 4], rtol=1e-6)
        else:
            snr = np.array(frame["snr_noise_0.1dB"])[:, 0] / 10
            np.testing.assert_allclose(cloud.points[:, 4], snr, rtol=1e-6)
        checked += 1
    assert checked == 5


def test_golden_tracks_heights_indices_and_presence_are_reproduced(shared_data: Path) -> None:
    frames = golden(shared_data)
    full = frames["people_tracking_full"]
    cloud = decode(bytes.fromhex(full["hex"]))
    assert cloud is not None
    ((track, *values),) = full["targets"]
    (target,) = cloud.targets
    assert target.track == track
    np.testing.assert_allclose([*target.position_m, *target.velocity_mps], values[:6], atol=6e-5)
    (height,) = cloud.heights
    np.testing.assert_allclose([height.track, height.top_m, height.bottom_m], full["heights"][0], atol=6e-5)
    assert list(cloud.point_targets) == full["index_prev_frame"]
    for name in ("people_tracking_1020_1021", "people_tracking_empty", "people_tracking_full"):
        decoded = decode(bytes.fromhex(frames[name]["hex"]))
        assert decoded is not None
        assert decoded.presence == bool(frames[name]["presence"])


def test_the_golden_frame_that_lost_four_bytes_is_refused(shared_data: Path) -> None:
    broken = bytes.fromhex(golden(shared_data)["oob_corrupt_walk"]["hex"])
    clouds, parser = parse(broken[:-4] + ONE_POINT)  # its last four bytes are the next frame's first
    assert [cloud.frame for cloud in clouds] == [3]
    assert parser.counters.frames_corrupt == 1


def count_frames(data: bytes) -> list[int]:
    """Frame numbers of the packets, magic to magic, whose TLVs fit; knows nothing of the parser under test."""
    numbers = []
    starts = [n for n in range(len(data)) if data.startswith(bytes((2, 1, 4, 3, 6, 5, 8, 7)), n)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        if end - start < 40:
            continue
        number, tlvs = unpack_from("<I", data, start + 20)[0], unpack_from("<I", data, start + 32)[0]
        at = start + 40
        for _ in range(min(tlvs, 40)):
            if at + 8 > end:
                at = end + 1
                break
            kind, length = unpack_from("<2I", data, at)
            # The AWR1642 vital-signs firmware sends 20 bytes of its range profile less than it announces.
            short = 20 if (kind, length, end - start) == (2, 92, 256) else 0
            at += 8 + length - short
        if at <= end:
            numbers.append(number)
    return numbers


@pytest.mark.parametrize(
    ("file", "frames"),
    [
        ("iwr6843_uart/falls_a.bin", 3507),
        ("iwr6843_uart/oob_falls.bin", 1588),
        ("iwr6843_uart/sitting_down.bin", 3224),
        ("iwr6843_uart/walking_a.bin", 3501),
        ("other_uart/awr1642_vital_signs.bin", 3092),
        ("other_uart/iwr6843_oob_sdk33.bin", 101),
        ("other_uart/iwrl6432_points.bin", 100),
    ],
)
def test_every_valid_frame_of_a_recording_is_decoded(shared_data: Path, file: str, frames: int) -> None:
    data = (shared_data / "radar" / file).read_bytes()
    expected = count_frames(data)
    clouds, parser = parse(data)
    assert [cloud.frame for cloud in clouds] == expected
    assert parser.counters.frames == len(expected) == frames


def test_a_recording_of_another_module_gives_no_frame_and_all_its_bytes_are_counted(
    shared_data: Path,
) -> None:
    data = (shared_data / "radar" / "other_uart" / "ld6002b_spliced.bin").read_bytes()
    clouds, parser = parse(data)
    assert clouds == []
    assert parser.counters.bytes_skipped == len(data)


def test_a_radar_that_starts_its_numbers_again_has_lost_no_frame(shared_data: Path) -> None:
    _, parser = parse((shared_data / "radar" / "iwr6843_uart" / "oob_falls.bin").read_bytes())
    assert parser.counters.frames_missing == 0
    assert parser.counters.bytes_skipped == 0


# --- rules ----------------------------------------------------------------------------------------


def test_a_complete_frame_is_given_out_without_waiting_for_the_next() -> None:
    assert [cloud.frame for cloud in FrameParser().feed(ONE_POINT)] == [3]


def test_frames_carry_the_time_of_the_call_that_completed_them() -> None:
    parser = FrameParser()
    assert parser.feed(ONE_POINT[:50], 1.0) == []
    assert [cloud.at_s for cloud in parser.feed(ONE_POINT[50:], 2.0)] == [2.0]


def test_a_cut_frame_is_counted_and_the_next_one_decoded() -> None:
    clouds, parser = parse(packet(1)[:70] + packet(2))
    assert [cloud.frame for cloud in clouds] == [2]
    assert (parser.counters.frames_corrupt, parser.counters.bytes_skipped) == (1, 70)


def test_a_length_that_claims_too_much_costs_nothing() -> None:
    liar = bytearray(packet(1))
    liar[12:16] = (60_000).to_bytes(4, "little")
    clouds, _ = parse(bytes(liar) + packet(2))
    assert [cloud.frame for cloud in clouds] == [1, 2]


def test_a_length_that_claims_too_little_is_not_believed() -> None:
    liar = bytearray(packet(1))
    liar[12:16] = (64).to_bytes(4, "little")
    clouds, parser = parse(bytes(liar) + packet(2))
    assert [cloud.frame for cloud in clouds] == [2]
    assert parser.counters.frames_corrupt == 1


@pytest.mark.parametrize("claimed", [0, 39, PACKET_MAX + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_refused_at_once(claimed: int) -> None:
    liar = bytearray(packet(1))
    liar[12:16] = claimed.to_bytes(4, "little")
    parser = FrameParser()
    assert [cloud.frame for cloud in parser.feed(bytes(liar) + packet(2))] == [2]
    assert parser.counters.frames_corrupt == 1


def test_a_tlv_that_runs_past_its_packet_makes_the_frame_corrupt() -> None:
    liar = bytearray(packet(1))
    liar[44:48] = (24_051_937).to_bytes(4, "little")
    clouds, parser = parse(bytes(liar) + packet(2))
    assert [cloud.frame for cloud in clouds] == [2]
    assert parser.counters.frames_corrupt == 1


def test_more_than_32_tlvs_are_not_believed() -> None:
    liar = bytearray(packet(1))
    liar[32] = 33
    assert decode(bytes(liar)) is None


def test_a_point_beyond_every_radars_reach_makes_the_frame_corrupt() -> None:
    liar = bytearray(ONE_POINT)
    liar[48 + 12 : 48 + 16] = b"\x00\x00\x80\x7f"  # range unit: infinite
    assert decode(bytes(liar)) is None


def test_a_tlv_of_another_kind_is_skipped_by_its_length() -> None:
    body = b"\x52\x03\x00\x00\x05\x00\x00\x00extra" + ONE_POINT[40:88]
    head = bytearray(ONE_POINT[:40])
    head[12:16], head[32] = (128).to_bytes(4, "little"), 3
    cloud = decode((bytes(head) + body).ljust(128, b"\xbe"))
    assert cloud is not None
    assert (len(cloud.points), cloud.presence) == (1, False)


def test_numbers_that_jump_ahead_are_missing_frames_and_those_that_go_back_are_not() -> None:
    _, parser = parse(packet(1) + packet(5) + packet(2) + packet(3) + packet(4_000_000_000))
    assert parser.counters.frames_missing == 3


def test_pads_that_look_like_the_start_of_a_magic_lose_no_frame() -> None:
    whole = packet(1, 1)  # 8 bytes of padding
    for begun in range(1, 8):
        odd = whole[:-begun] + MAGIC[:begun]
        clouds, parser = parse(odd + packet(2))
        assert [cloud.frame for cloud in clouds] == [1, 2]
        assert parser.counters.bytes_skipped == 0


def test_memory_stays_bounded_whatever_comes() -> None:
    endless = bytearray(packet(1))
    endless[12:16] = PACKET_MAX.to_bytes(4, "little")
    parser = FrameParser()
    parser.feed(bytes(endless[:40]))
    for _ in range(300):
        parser.feed(bytes(1000))
    assert len(parser._rest) <= PACKET_MAX


def test_the_simulators_bytes_say_what_it_meant() -> None:
    points = np.array([[0.5, 3.0, -0.4, -1.2, 9.0], [-1.0, 2.0, 0.3, 0.07, 7.5]], np.float32)
    sent = PointCloud(
        0.0,
        77,
        points,
        targets=(Target(2, (0.5, 3.0, -0.25), (0.0, -1.0, 0.5)),),
        heights=(Height(2, 1.5, 0.25),),
        point_targets=(2, 253),
        presence=True,
    )
    got = decode(encode(sent))
    assert got is not None
    np.testing.assert_allclose(got.points[:, :3], points[:, :3], atol=0.02)
    np.testing.assert_allclose(got.points[:, 3:], points[:, 3:], atol=0.03)
    assert (got.frame, got.targets, got.heights) == (77, sent.targets, sent.heights)
    assert (got.point_targets, got.presence) == ((2, 253), True)
    assert len(encode(sent)) % 32 == 0


# --- damage ---------------------------------------------------------------------------------------

numbers = st.integers(0, 6)
places = st.integers(0, 100_000)


def stream_of(frames: int) -> tuple[bytes, list[int]]:
    makers = (encode, encode_people_3d, encode_people_2d, encode_low_power)
    packets = [makers[n % 4](cloud) for n in range(1, frames + 1) if (cloud := decode(packet(n, n % 6)))]
    return b"".join(packets), [len(part) for part in packets]


def untouched(lengths: list[int], start: int, end: int) -> list[int]:
    """Numbers of the frames that share no byte with [start, end); an insertion inside one touches it."""
    kept, at = [], 0
    for n, length in enumerate(lengths, start=1):
        if at + length <= start or at >= end:
            kept.append(n)
        at += length
    return kept


def contains_in_order(found: list[int], wanted: list[int]) -> bool:
    rest = iter(found)
    return all(any(number == one for one in rest) for number in wanted)


@given(
    st.lists(st.one_of(st.binary(max_size=200), st.just(MAGIC), st.just(ONE_POINT[:60])), max_size=12),
    st.lists(places),
)
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_crash_and_every_one_is_accounted_for(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole, parser = parse(stream)
    pieces, other = parse(stream, cuts)
    assert parser.counters == other.counters
    assert len(whole) == len(pieces)
    assert parser.counters.bytes_skipped <= len(stream)


@given(places, st.integers(1, 400), st.lists(places, max_size=20))
@settings(max_examples=200, deadline=None)
def test_lost_bytes_cost_only_the_frames_they_came_from(place: int, length: int, cuts: list[int]) -> None:
    stream, lengths = stream_of(8)
    start = place % len(stream)
    end = min(len(stream), start + length)
    damaged = stream[:start] + stream[end:]
    clouds, parser = parse(damaged)
    assert contains_in_order([cloud.frame for cloud in clouds], untouched(lengths, start, end))
    pieces, other = parse(damaged, cuts)
    assert all(same(a, b) for a, b in zip(clouds, pieces, strict=True))
    assert parser.counters == other.counters


@given(places, st.integers(1, 255), st.lists(places, max_size=20))
@settings(max_examples=300, deadline=None)
def test_a_flipped_byte_costs_only_its_own_frame(place: int, flip: int, cuts: list[int]) -> None:
    stream, lengths = stream_of(8)
    at = place % len(stream)
    damaged = bytearray(stream)
    damaged[at] ^= flip
    clouds, parser = parse(bytes(damaged))
    assert contains_in_order([cloud.frame for cloud in clouds], untouched(lengths, at, at + 1))
    pieces, other = parse(bytes(damaged), cuts)
    assert all(same(a, b) for a, b in zip(clouds, pieces, strict=True))
    assert parser.counters == other.counters


@given(
    places,
    st.one_of(st.binary(max_size=300), st.integers(1, 90).map(lambda n: ONE_POINT[:n])),
    st.lists(places, max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_spliced_bytes_cost_only_the_frame_they_fell_into(
    place: int, foreign: bytes, cuts: list[int]
) -> None:
    stream, lengths = stream_of(8)
    at = place % len(stream)
    damaged = stream[:at] + foreign + stream[at:]
    clouds, parser = parse(damaged)
    assert contains_in_order([cloud.frame for cloud in clouds], untouched(lengths, at, at))
    pieces, other = parse(damaged, cuts)
    assert all(same(a, b) for a, b in zip(clouds, pieces, strict=True))
    assert parser.counters == other.counters


@pytest.mark.parametrize(
    "maker", [encode, encode_low_power, encode_people_3d, encode_people_2d], ids=lambda m: m.__name__
)
@pytest.mark.parametrize("harm", ["flipped", "cut"])
def test_a_line_that_spoils_one_byte_in_a_hundred_costs_no_frame_that_it_spared(maker, harm: str) -> None:
    rng = np.random.default_rng(3)
    packets = [maker(replace(decode(packet(n, n % 4)), at_s=0.0)) for n in range(1, 1500)]
    stream = np.frombuffer(b"".join(packets), np.uint8).copy()
    hit = rng.random(len(stream)) < 0.01
    ends = np.cumsum([len(part) for part in packets])
    spared = [
        n
        for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False), start=1)
        if not hit[start:end].any()
    ]
    if harm == "flipped":
        stream[hit] ^= (1 << rng.integers(0, 8, int(hit.sum()))).astype(np.uint8)
    damaged = (stream if harm == "flipped" else stream[~hit]).tobytes()
    clouds, _ = parse(damaged)
    assert len(spared) > 300
    assert contains_in_order([cloud.frame for cloud in clouds], spared)
    pieces, _ = parse(damaged, list(range(0, len(damaged), 61)))
    assert [cloud.frame for cloud in pieces] == [cloud.frame for cloud in clouds]
