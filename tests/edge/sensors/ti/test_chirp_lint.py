"""What is found in chirp files: the shipped ones, real ones, and one spoilt in each way."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.sensors.ti.chirp_lint import Finding, Severity, Site, lint
from edge.sensors.ti.chirp_sheet import CLASSIC, LOW_POWER

CHIRPS = Path(__file__).parents[4] / "firmware_configs" / "ti"
PEOPLE = (CHIRPS / "isk_wall_people_55ms.cfg").read_text()
POINTS = (CHIRPS / "isk_points_only_50ms.cfg").read_text()

LOW = """sensorStop 0
channelCfg 7 3 0
chirpComnCfg 16 0 0 128 4 28 0
chirpTimingCfg 6 32 0 40 60
frameCfg 2 0 200 64 100 0
guiMonitor 2 0 0 0 0 1 0 0 1 0 0
sigProcChainCfg 32 2 3 2 8 8 1 0.3
clutterRemoval 1
aoaFovCfg -70 70 -40 40
boundaryBox -2 2 0 4 0 2.5
sensorPosition 0 0 1.8 0 10
stateParam 3 3 12 500 5 6000
allocationParam 6 10 0.1 4 0.5 20
trackingCfg 1 2 100 3 61.4 191.8 100
baudRate 1250000
sensorStart 0 0 0 0
"""


def spoilt(old: str, new: str, text: str = PEOPLE) -> str:
    assert old in text
    return text.replace(old, new, 1)


def errors(text: str, site: Site | None = None) -> list[Finding]:
    return [finding for finding in lint(text, site or Site()) if finding.severity is Severity.ERROR]


def said(text: str, site: Site | None = None) -> str:
    return "\n".join(str(finding) for finding in lint(text, site or Site()))


@pytest.mark.parametrize("file", sorted(CHIRPS.glob("*.cfg")), ids=lambda file: file.stem)
def test_a_shipped_chirp_file_has_no_error(file: Path):
    assert errors(file.read_text()) == []


def test_the_shipped_people_file_says_where_it_cannot_see_the_floor():
    (only,) = lint(
        PEOPLE, Site(height_m=1.8, tilt_deg=10.0, frame_period_s=0.055, one_port=False, board="isk")
    )
    assert "straight ahead from 2.1" in only.what


def test_a_sound_low_power_file_has_only_the_floor_to_tell_of():
    assert [finding.what for finding in lint(LOW, Site(one_port=True)) if "floor" not in finding.what] == []


def test_the_file_of_the_recorded_falls_can_never_make_a_track(shared_data: Path):
    words = said((shared_data / "radar/iwr6843_uart/people_tracking.cfg").read_text())
    assert "34: warning: a new track needs 20 points in one frame" in words
    assert "30: warning: the radar sees" in words
    assert "the box reaches 8.9 m away, the chirps 8.1 m" in words


def test_the_file_of_the_out_of_box_recording_cuts_the_middle_out_of_falls(shared_data: Path):
    (only,) = lint((shared_data / "radar/iwr6843_uart/out_of_box.cfg").read_text())
    assert (only.line, only.severity) == (51, Severity.WARNING)
    assert "only speeds from -1 to 1 m/s" in only.what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("trackingCfg 1 2 250 5 46 95 55", "trackingCfg 1 2 250 5 46 95 50", "told 50 ms per frame"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 2 220 0 55 1 0", "take 58.8 ms, the frame has 55 ms"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 3 96 0 55 1 0", "chirp 3 is sent and never defined"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 2 96 100 55 1 0", "stops after 100 frames"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 2 96 0 55 2 0", "wait for a signal from outside"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 2 96 0 55 1", "frameCfg has 6 arguments, not 7"),
        ("channelCfg 15 7 0", "channelCfg 15 3 0", "transmitters 0b100 are used"),
        ("channelCfg 15 7 0", "channelCfg 15 seven 0", "channelCfg holds a word"),
        ("59.1 657930 0 54.71 1 96 2950", "59.1 657930 0 54.71 1 128 2950", "sampling ends at 68.4 us"),
        ("profileCfg 0 60.75", "profileCfg 0 61.75", "the ramp runs from 61.75 to 64.98 GHz"),
        (
            "dynamicRangeAngleCfg -1 0.75 0.0010 1 0",
            "dynamicRangeAngleCfg -1 0.75 0.0010 2 0",
            "for the ceiling",
        ),
        ("sensorPosition 1.8 0 10", "sensorPosition 1.8 0 90", "hangs below the ceiling"),
        (
            "\nboundaryBox -2 2 0.5 5 0 2.5",
            "\nboundaryBox -2 2 0.5 5 0.4 2.5",
            "begins 0.4 m above the floor",
        ),
        ("\nboundaryBox -2 2 0.5 5 0 2.5", "\nboundaryBox 2 -2 0.5 5 0 2.5", "turned inside out"),
        ("fovCfg -1 70 30", "fovCfg -1 70 5", "of the box's floor"),
        ("antGeometry1 -1 -1 -1 -1 0 0 0 0", "antGeometry1 -1 -1 -1 -1 0 0 0 1", "are no TI board's"),
        ("antPhaseRot 1 1 1 1", "antPhaseRot 1 -1 1 -1", "not that of the ISK board"),
        ("\nsensorStart", "\n", "sensorStart is missing"),
    ],
)
def test_what_makes_the_radar_refuse_or_see_wrongly_is_an_error(old: str, new: str, what: str):
    found = errors(spoilt(old, new))
    assert any(what in finding.what for finding in found), found
    assert all(finding.why and finding.mend for finding in found)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("allocationParam 20 30 0.05 4", "allocationParam 20 30 0.05 20", "needs 20 points"),
        ("stateParam 3 3 12 500", "stateParam 3 3 12 50", "given up after 2.8 s"),
        ("trackingCfg 1 2 250 5 46 95 55", "trackingCfg 1 2 250 5 30 95 55", "speeds of 3.00 m/s"),
        ("staticBoundaryBox -1.8 1.8", "staticBoundaryBox -3 3", "larger than boundaryBox"),
        ("gatingParam", "gatingParm", "gatingParm is no known command"),
        ("flushCfg", "flushCfg\nlowPower 0 0", "lowPower stands 2 times"),
        ("frameCfg 0 2 96 0 55 1 0", "frameCfg 0 2 170 0 55 1 0", "fill 83% of the frame"),
    ],
)
def test_what_makes_the_radar_see_less_is_a_warning(old: str, new: str, what: str):
    text = spoilt(old, new)
    assert errors(text) == []
    assert what in said(text)


def test_an_unknown_command_is_met_with_the_one_that_was_meant():
    assert "is it gatingParam?" in said(spoilt("gatingParam", "gatingParm"))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("guiMonitor -1 1 0 0", "guiMonitor -1 0 0 0", "no points are sent"),
        ("guiMonitor -1 1 0 0", "guiMonitor -1 2 0 0", "without their SNR"),
        ("guiMonitor -1 1 0 0 0 0", "guiMonitor -1 1 0 0 1 0", "a heat map is sent"),
        ("clutterRemoval -1 1", "clutterRemoval -1 0", "what does not move is kept"),
        ("frameCfg 0 2 32 0 50 1 0", "frameCfg 0 2 32 0 500 1 0", "a frame each 500 ms"),
    ],
)
def test_the_out_of_box_demo_is_asked_for_what_falls_are_told_from(old: str, new: str, what: str):
    assert what in said(spoilt(old, new, POINTS))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("frameCfg 2 0 200 64", "frameCfg 8 0 200 64", "take 272 us, the burst has 200 us"),
        ("baudRate 1250000\n", "", "baudRate is missing"),
        ("chirpTimingCfg 6 32 0 40 60\n", "", "chirpTimingCfg is missing"),
        (
            "trackingCfg 1 2 100 3 61.4 191.8 100",
            "trackingCfg 1 2 100 3 61.4 191.8 55",
            "told 55 ms per frame",
        ),
        ("chirpComnCfg 16 0 0 128", "chirpComnCfg 16 0 0 256", "sampling ends"),
    ],
)
def test_a_low_power_file_is_read_by_its_own_words(old: str, new: str, what: str):
    assert what in said(spoilt(old, new, LOW))


@pytest.mark.parametrize(
    ("site", "severity", "what"),
    [
        (Site(height_m=1.4, tilt_deg=10.0), Severity.ERROR, "[mount] says 1.4 m"),
        (Site(height_m=1.7, tilt_deg=10.0), Severity.WARNING, "[mount] says 1.7 m"),
        (Site(height_m=1.8, tilt_deg=17.0), Severity.ERROR, "17 degrees"),
        (Site(frame_period_s=0.1), Severity.ERROR, "the home's file says 100 ms"),
        (Site(one_port=True), Severity.ERROR, "for a chip with two ports"),
        (Site(board="aop"), Severity.ERROR, "not of the AOP"),
    ],
)
def test_a_file_is_held_to_the_home_it_runs_in(site: Site, severity: Severity, what: str):
    found = [finding for finding in lint(PEOPLE, site) if what in finding.what]
    assert [finding.severity for finding in found] == [severity]


def test_a_file_without_a_command_and_one_in_other_letters_say_so():
    assert "no command" in said("% nothing\n")
    (only,) = lint("sensorStop\nsensorStart \uff58\n")
    assert (only.line, only.severity) == (2, Severity.ERROR)


values = st.one_of(
    st.integers(-5, 300).map(str),
    st.floats().map(str),
    st.sampled_from(["", "0", "-1", "1e308", "nan", "inf", "0x1ff000", "word", "99999999999999999999"]),
)
lines = st.builds(
    lambda name, given: " ".join([name, *given]),
    st.sampled_from(sorted({*CLASSIC, *LOW_POWER, "nonsense"})),
    st.lists(values, max_size=15),
)


@given(st.lists(lines, max_size=30), st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_file_makes_the_check_fail(extra: list[str], whole):
    text = "\n".join([*(PEOPLE.splitlines() if whole else ()), *extra])
    site = Site(1.8, 10.0, 0.055, one_port=False, board="isk")
    for finding in lint(text, site):
        assert str(finding)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_the_check_fail(text: str):
    lint(text)
