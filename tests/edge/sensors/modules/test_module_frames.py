"""Bytes of ready-made modules: real ones, written ones, cut, flipped and spliced."""

from itertools import pairwise
from pathlib import Path
from struct import unpack_from

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.sensors.framing import Scanner
from edge.sensors.modules.ld2450 import signed
from edge.sensors.modules.sensor import ModuleParser, parser_for
from edge.sensors.modules.settings import ModuleKind
from edge.sensors.modules.tinyframe import Message, TinyFrameLayout, build
from edge.sensors.modules.tinyframe_shapes import SHAPES
from edge.sensors.readings import PointCloud
from simulators.home.module_bytes import Seen, TinyFrameVoice, ld2410, ld2450, mr60fda1, tinyframe

RANDOM = np.random.default_rng(7)


def frames(
    stream: bytes, kind: ModuleKind = ModuleKind.LD6002B, cuts: list[int] | None = None
) -> list[Message]:
    scanner: Scanner[Message] = Scanner(TinyFrameLayout(SHAPES[kind]))
    found: list[Message] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts or [])})
    for start, end in pairwise(edges):
        found += scanner.feed(stream[start:end])
    return found + scanner.finish()


def readings(
    kind: ModuleKind, stream: bytes, cuts: list[int] | None = None
) -> tuple[list[PointCloud], ModuleParser]:
    parser = parser_for(kind)
    clouds: list[PointCloud] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts or [])})
    for start, end in pairwise(edges):
        clouds += parser.feed(stream[start:end])
    return clouds + parser.finish(), parser


# --- what a real module sent ----------------------------------------------------------------------


def spliced(shared_data: Path) -> bytes:
    return (shared_data / "radar" / "other_uart" / "ld6002b_spliced.bin").read_bytes()


def test_every_true_frame_of_the_spliced_recording_is_found_and_the_spliced_one_refused(
    shared_data: Path,
) -> None:
    numbers = [frame.number for frame in frames(spliced(shared_data))]
    assert numbers == [*range(1051, 1127), *range(4611, 4616)]
    _, parser = readings(ModuleKind.LD6002B, spliced(shared_data))
    assert parser.counters.frames_corrupt == 1
    assert parser.counters.frames_missing == 4611 - 1127


@given(cuts=st.lists(st.integers(0, 2359)))
@settings(max_examples=10)
def test_the_spliced_recording_says_the_same_in_any_pieces(cuts: list[int]) -> None:
    stream = b"".join(spliced_stream())
    assert frames(stream, cuts=cuts) == frames(stream)


def spliced_stream() -> list[bytes]:
    """As the recording: frame 2 loses its last ten bytes and goes on with frame 3 and the first byte of its data."""
    voice = TinyFrameVoice()
    told = [voice.zones([True, False, False, False]), voice.targets([Seen(0.1, 0.7, -0.2)])]
    told += [voice.zones([True, False, False, False]) for _ in range(2)]
    return [*told[:2], told[2][:14], told[3], voice.targets([])]


def test_a_splice_that_the_checksum_passes_is_refused_and_the_swallowed_frame_found() -> None:
    begun, whole = spliced_stream()[2:4]
    swallowed = begun + whole  # 16 bytes of "data" and the byte that must be their check
    assert tinyframe(0x0A0A, swallowed[8:24], 2)[24] == swallowed[24]
    assert [frame.number for frame in frames(b"".join(spliced_stream()))] == [0, 1, 3, 4]


def test_a_target_that_repeats_itself_to_the_last_bit_is_counted(shared_data: Path) -> None:
    parser = parser_for(ModuleKind.LD6002B)
    voice = TinyFrameVoice()
    for n in range(30):
        parser.feed(voice.targets([Seen(0.145, 0.69, -0.195)]), at_s=n * 0.1)
    assert parser.counters.repeats == 29
    assert parser.counters.frozen_s == pytest.approx(2.9)
    parser.feed(voice.targets([Seen(0.146, 0.69, -0.195)]), at_s=3.0)
    assert (parser.counters.repeats, parser.counters.frozen_s) == (0, 0.0)
    parser.feed(voice.targets([]) + voice.targets([]), at_s=3.2)
    assert parser.counters.repeats == 0  # an empty room is not frozen


# --- the family ----------------------------------------------------------------------------------


def test_the_makers_own_frames_are_built_and_its_misprinted_checks_are_not() -> None:
    assert build(0x2110) == bytes.fromhex("01000000002110cf")
    assert build(0x0E06) == bytes.fromhex("01000000000e06f6")
    assert build(0x0E01, b"\x01\0\0\0")[7] == 0xF5  # printed as FB
    assert build(0x0E0C, b"\0" * 16)[7] == 0xEC  # printed as 68
    assert build(0x0201, b"\x01\0\0\0") == tinyframe(0x0201, b"\x01\0\0\0", 0)


def test_targets_come_with_the_verdict_of_their_round() -> None:
    voice = TinyFrameVoice()
    stream = b""
    for n in range(4):
        stream += voice.zones([n > 1, False, False, False]) + voice.targets(
            [Seen(1.0, 2.0, -0.5, 0.3456, 3)] * (n > 1)
        )
    clouds, parser = readings(ModuleKind.LD6002B, stream)
    assert [len(cloud.targets) for cloud in clouds[-3:]] == [0, 1, 1]
    assert clouds[-1].presence is True
    (target,) = clouds[-1].targets
    assert target.track == 3
    assert target.position_m == pytest.approx((1.0, 2.0, -0.5))
    assert np.linalg.norm(target.velocity_mps) == pytest.approx(0.3456)
    assert parser.counters.frames == 8


def test_points_and_targets_of_one_round_make_one_reading() -> None:
    voice = TinyFrameVoice()
    points = [Seen(0.1 * n, 2.0, -0.1 * n, 0.5, n % 2) for n in range(5)]
    clouds, _ = readings(ModuleKind.LD6002B, voice.points(points) + voice.targets([Seen(0.2, 2.0)]))
    (cloud,) = clouds
    assert cloud.points.shape == (5, 5)
    assert cloud.points[:, 0] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert (cloud.points[:, 4] == 0).all()
    assert len(cloud.targets) == 1


def test_points_without_targets_are_given_out_when_the_next_round_begins() -> None:
    voice = TinyFrameVoice()
    clouds, _ = readings(ModuleKind.LD6002B, voice.points([Seen(1, 2)]) + voice.points([Seen(3, 4)]))
    assert [float(cloud.points[0, 0]) for cloud in clouds] == [1.0, 3.0]


def test_targets_in_two_dimensions_have_no_height() -> None:
    clouds, _ = readings(
        ModuleKind.MR60BHA2, TinyFrameVoice().targets([Seen(1.0, 2.0), Seen(-1, 3)], flat=True)
    )
    assert [target.position_m for target in clouds[0].targets] == [(1.0, 2.0, 0.0), (-1.0, 3.0, 0.0)]


def test_a_fall_is_believed_when_the_next_frame_follows_in_sequence() -> None:
    voice = TinyFrameVoice()
    parser = parser_for(ModuleKind.MR60FDA2)
    assert parser.feed(voice.fall(fallen=False) + voice.presence(present=True))[-1].fallen is False
    assert parser.feed(voice.fall(fallen=True))[-1].fallen is False
    assert parser.feed(voice.presence(present=True))[-1].fallen is True


def test_a_fall_made_of_a_lost_stretch_is_not_believed() -> None:
    voice = TinyFrameVoice()
    parser = parser_for(ModuleKind.LD6002C)
    parser.feed(voice.fall(fallen=False) + voice.presence(present=True))
    made = (
        voice.fall(fallen=False)[:8] + voice.presence(present=True)[8:]
    )  # ten bytes are missing in the middle
    clouds = parser.feed(made + voice.fall(fallen=False) + voice.presence(present=True))
    assert clouds
    assert not any(cloud.fallen for cloud in clouds)


def test_a_fall_said_twice_is_believed_whatever_the_numbers_say() -> None:
    said = tinyframe(0x0E02, b"\x01", 0)
    clouds, _ = readings(ModuleKind.LD6002C, said + said)
    assert [cloud.fallen for cloud in clouds] == [False, True]


def test_a_fall_after_which_nothing_comes_is_believed() -> None:
    parser = parser_for(ModuleKind.LD6002C)
    parser.feed(TinyFrameVoice(9).fall(fallen=True), at_s=5.0)
    assert parser.feed(b"", at_s=6.0) == []
    assert [cloud.fallen for cloud in parser.feed(b"", at_s=7.1)] == [True]


def test_vital_signs_stand_for_a_few_seconds_only() -> None:
    voice = TinyFrameVoice()
    parser = parser_for(ModuleKind.LD6002)
    (cloud,) = parser.feed(voice.breath(14.0) + voice.heart(61.0) + voice.distance(1.5), at_s=0.0)[-1:]
    assert cloud.vitals is not None
    assert (cloud.vitals.breaths_per_min, cloud.vitals.heartbeats_per_min) == (14.0, 61.0)
    assert cloud.vitals.distance_m == 1.5
    (later,) = parser.feed(voice.distance(None), at_s=11.0)
    assert later.vitals is None


@pytest.mark.parametrize(
    "frame",
    [
        tinyframe(0x0E02, b"\x02", 1),
        tinyframe(0x0A0A, b"\x01\0\0\0" * 3 + b"\x02\0\0\0", 1),
        TinyFrameVoice().targets([Seen(200.0, 1.0)]),
        TinyFrameVoice().targets([Seen(float("nan"), 1.0)]),
        tinyframe(0x0A04, b"\x02\0\0\0" + b"\0" * 20, 1),
        tinyframe(0x0A04, b"\xff\xff\xff\xff" + b"\0" * 20, 1),
    ],
)
def test_what_no_module_can_say_is_refused_though_its_check_is_right(frame: bytes) -> None:
    clouds, parser = readings(ModuleKind.LD6002C, frame + TinyFrameVoice(2).presence(present=True))
    assert len(clouds) == 1
    assert parser.counters.frames_corrupt == 1
    assert parser.counters.bytes_skipped == len(frame)


def test_a_lying_length_keeps_no_true_frame_waiting() -> None:
    voice = TinyFrameVoice(40)
    lying = tinyframe(0x7777, b"\0" * 1000, 1)[:8]
    parser = parser_for(ModuleKind.LD6002C)
    assert len(parser.feed(lying + voice.fall(fallen=False))) == 1


def test_frames_of_another_module_of_the_family_are_counted_and_say_nothing() -> None:
    clouds, parser = readings(ModuleKind.LD6002, TinyFrameVoice().fall(fallen=True) * 3)
    assert clouds == []
    assert parser.counters.frames_foreign == 3


# --- the others ----------------------------------------------------------------------------------


def test_an_mr60fda1_tells_presence_motion_and_falls() -> None:
    stream = (
        mr60fda1(0x80, 1, b"\1")
        + mr60fda1(0x80, 2, b"\2")
        + mr60fda1(0x83, 1, b"\1")
        + mr60fda1(1, 1, b"\x0f")
    )
    clouds, parser = readings(ModuleKind.MR60FDA1, stream)
    assert [(cloud.presence, cloud.moving, cloud.fallen) for cloud in clouds] == [
        (True, None, None),
        (True, True, None),
        (True, True, True),
    ]
    assert parser.counters.frames_foreign == 1
    assert mr60fda1(1, 2, bytes([1, 0x0F]))[:2] == bytes.fromhex("5359")
    assert bytes.fromhex("535901020001 0fbf5443") == mr60fda1(1, 2, b"\x0f")  # the maker's reset


def test_an_ld2410_tells_presence_movement_and_distance_in_both_modes() -> None:
    gates = ([100, 60, *[0] * 7], [0, 100, *[3] * 7])
    stream = (
        ld2410(0)
        + ld2410(2, still=(215, 60), detected_cm=215)
        + ld2410(3, (80, 90), (90, 40), 80, gates=gates)
    )
    clouds, _ = readings(ModuleKind.LD2410, stream)
    assert [(cloud.presence, cloud.moving) for cloud in clouds] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert [cloud.vitals.distance_m if cloud.vitals else None for cloud in clouds] == [None, 2.15, 0.9]
    refused, parser = readings(ModuleKind.LD2410, ld2410(1, (80, 101)) + ld2410(4) + ld2410(1, (4000, 1)))
    assert (refused, parser.counters.frames_corrupt) == ([], 3)


def test_an_ld2450_tells_its_targets() -> None:
    example = bytes.fromhex("aaff0300 0e03b18610004001 0000000000000000 0000000000000000 55cc")
    (cloud,), _ = readings(ModuleKind.LD2450, example)
    (target,) = cloud.targets
    assert target.position_m == pytest.approx((-0.782, 1.713, 0.0))
    assert np.linalg.norm(target.velocity_mps) == pytest.approx(0.16)
    assert np.dot(target.velocity_mps, target.position_m) < 0
    assert example == ld2450([Seen(-0.782, 1.713, 0.0, -0.16)])
    assert [signed(0x8000), signed(0), signed(0x0001), signed(0x8001)] == [0, 0, -1, 1]


# --- bytes as bad as they come --------------------------------------------------------------------

seen = st.builds(
    Seen,
    st.floats(-5, 5, width=16),
    st.floats(0, 6, width=16),
    st.floats(-2, 2, width=16),
    st.floats(-2, 2, width=16),
    st.integers(-1, 9),
)


def round_of(kind: ModuleKind, voice: TinyFrameVoice, targets: list[Seen]) -> bytes:
    match kind:
        case ModuleKind.LD6002B:
            return voice.zones([bool(targets)] * 4) + voice.points(targets) + voice.targets(targets)
        case ModuleKind.LD6002C | ModuleKind.MR60FDA2:
            return voice.fall(fallen=bool(targets)) + voice.presence(present=True)
        case ModuleKind.LD6002 | ModuleKind.MR60BHA2:
            return voice.breath(12) + voice.distance(1.0) + voice.targets(targets, flat=True)
        case ModuleKind.LD2410:
            return ld2410(min(3, len(targets)), (120, 50), (130, 60), 120)
        case ModuleKind.LD2450:
            return ld2450(targets[:3])
        case _:
            return mr60fda1(0x80, 2, bytes([len(targets) % 3])) + mr60fda1(0x83, 1, b"\0")


@pytest.mark.parametrize("kind", list(ModuleKind))
@given(
    rounds=st.lists(st.lists(seen, max_size=4), min_size=1, max_size=6), cuts=st.lists(st.integers(0, 4000))
)
@settings(max_examples=8)
def test_every_written_frame_is_read_in_any_pieces(
    kind: ModuleKind, rounds: list[list[Seen]], cuts: list[int]
) -> None:
    voice = TinyFrameVoice()
    stream = b"".join(round_of(kind, voice, targets) for targets in rounds)
    clouds, parser = readings(kind, stream, cuts)
    assert parser.counters.bytes_skipped == parser.counters.frames_corrupt == 0
    again, _ = readings(kind, stream)
    assert [repr(cloud) for cloud in clouds] == [repr(cloud) for cloud in again]
    assert len(clouds) >= len(rounds)


@pytest.mark.parametrize("kind", list(ModuleKind))
@given(rubbish=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400)))
@settings(max_examples=8)
def test_rubbish_is_survived_and_what_follows_is_heard(
    kind: ModuleKind, rubbish: bytes, cuts: list[int]
) -> None:
    after = b"".join(round_of(kind, TinyFrameVoice(100), [Seen(0, 1)]) for _ in range(3))
    clouds, parser = readings(kind, rubbish + after, cuts)
    assert clouds
    again, _ = readings(kind, rubbish + after)
    assert len(again) == len(clouds)
    assert parser.counters.bytes_skipped >= max(0, len(rubbish) - 64)


@pytest.mark.parametrize("kind", [kind for kind in ModuleKind if kind in SHAPES])
def test_lost_and_flipped_bytes_cost_no_more_than_the_frames_they_hit(kind: ModuleKind) -> None:
    voice = TinyFrameVoice()
    sent = [voice.say(0x0F09, bytes([n % 2])) for n in range(200)]
    whole = 0
    stream = b""
    for frame in sent:
        if RANDOM.random() < 0.3:
            at = int(RANDOM.integers(len(frame)))
            flipped = frame[:at] + bytes([frame[at] ^ 1 << int(RANDOM.integers(8))]) + frame[at + 1 :]
            stream += flipped if RANDOM.random() < 0.5 else frame[:at] + frame[at + 1 :]
        else:
            stream += frame
            whole += 1
    assert len(frames(stream, kind)) == whole


def test_the_length_field_is_where_the_layout_says() -> None:
    frame = tinyframe(0x0A04, b"\0" * 0x0104, 0x0203)
    assert unpack_from(">BHHH", frame) == (1, 0x0203, 0x0104, 0x0A04)
