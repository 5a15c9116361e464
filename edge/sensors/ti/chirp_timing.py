"""Rules of a chirp file's time: sampling inside the ramp, chirps inside the frame, tracker and home at its pace. Pure."""

from collections.abc import Iterator

from edge.sensors.ti.chirp_sheet import Chirp, Finding, Frame, Sheet, Site, error, warning

BANDS_GHZ = ((57.0, 64.0), (76.0, 81.0))
"""What these chips are built for; each board has one of them."""
BUSY_SHARE = 0.8
"""The rest of the frame is for the chip to compute in."""
SLOW_FRAME_MS = 260.0
"""Recordings at 264 ms still show falls; slower ones miss their middle."""
FALL_MPS = 2.5
"""A falling head reaches 3 m/s; folded speeds look like somebody rising."""
CHIRPS_MAX = 512
"""Definitions that a chip can keep."""


def timing(sheet: Sheet, site: Site) -> Iterator[Finding]:
    """All rules of this page."""
    chirp, frame = sheet.chirp(), sheet.frame()
    if chirp is not None:
        yield from _ramp(chirp)
    if frame is not None:
        yield from _defined(sheet, frame)
        yield from _pace(sheet, frame, site)
    if chirp is not None and frame is not None:
        yield from _air(chirp, frame)
        if frame.loop_us is None:
            yield from _speeds(sheet, chirp, frame)


def _ramp(chirp: Chirp) -> Iterator[Finding]:
    ends_us = chirp.adc_start_us + chirp.sampled_us
    if ends_us > chirp.ramp_us:
        yield error(
            chirp.line,
            f"sampling ends at {ends_us:.1f} us, the ramp at {chirp.ramp_us:g} us",
            "the last samples are not of the ramp, and every range is blurred",
            "take fewer samples, sample faster, or make the ramp longer",
        )
    top_ghz = chirp.start_ghz + chirp.slope_mhz_per_us * chirp.ramp_us / 1000
    if not any(low <= chirp.start_ghz and top_ghz <= high for low, high in BANDS_GHZ):
        yield error(
            chirp.line,
            f"the ramp runs from {chirp.start_ghz:g} to {top_ghz:.2f} GHz",
            "these chips work from 57 to 64 or from 76 to 81 GHz, and other bands are not licensed",
            "start lower, or make slope or ramp smaller",
        )


def _defined(sheet: Sheet, frame: Frame) -> Iterator[Finding]:
    if sheet.low_power:
        return
    channels = sheet.row("channelCfg")
    transmitters = int(channels.values[1]) if channels is not None else None
    spans = [(row.line, row.values[0], row.values[1], int(row.values[7])) for row in sheet.rows("chirpCfg")]
    wanted = min(int(frame.chirps), CHIRPS_MAX)
    for number in range(wanted):
        chirp = frame.first + number
        if not any(first <= chirp <= last for _, first, last, _ in spans):
            yield error(
                frame.line,
                f"chirp {chirp:g} is sent and never defined",
                "the radar refuses to start",
                "add its chirpCfg line, or let frameCfg end earlier",
            )
    for line, _, _, mask in spans:
        if transmitters is not None and mask & ~transmitters:
            yield error(
                line,
                f"transmitters {mask:#b} are used and only {transmitters:#b} are switched on",
                "the radar refuses to start",
                "switch them on in channelCfg",
            )


def _air(chirp: Chirp, frame: Frame) -> Iterator[Finding]:
    chirps_us = frame.chirps * (chirp.idle_us + chirp.ramp_us)
    if frame.loop_us is not None and chirps_us > frame.loop_us:
        yield error(
            frame.line,
            f"the chirps of a burst take {chirps_us:.0f} us, the burst has {frame.loop_us:g} us",
            "the radar refuses to start",
            "make the burst's period longer or its chirps fewer",
        )
    air_ms = frame.loops * max(frame.loop_us or 0.0, chirps_us) / 1000
    if air_ms >= frame.period_ms:
        yield error(
            frame.line,
            f"the chirps of a frame take {air_ms:.1f} ms, the frame has {frame.period_ms:g} ms",
            "the radar refuses to start, or every frame is late",
            "send fewer loops, shorter chirps, or make the period longer",
        )
    elif air_ms > BUSY_SHARE * frame.period_ms:
        yield warning(
            frame.line,
            f"the chirps fill {air_ms / frame.period_ms:.0%} of the frame",
            "the chip computes in what is left, and drops frames when it is too little",
            f"stay below {BUSY_SHARE:.0%}",
        )


def _speeds(sheet: Sheet, chirp: Chirp, frame: Frame) -> Iterator[Finding]:
    loop_s = frame.chirps * (chirp.idle_us + chirp.ramp_us) / 1e6
    fastest = chirp.wavelength_m / (4 * loop_s)
    if fastest < FALL_MPS:
        yield warning(
            frame.line,
            f"speeds beyond {fastest:.2f} m/s are folded",
            "a fall reaches 3 m/s, and then looks like a slow rise",
            "send fewer chirps per loop, or shorter ones",
        )
    tracking = sheet.row("trackingCfg")
    if tracking is None or len(tracking.values) < 7:
        return
    told = (tracking.values[4] / 10, tracking.values[5] / 1000)
    real = (fastest, 2 * fastest / frame.loops)
    if any(abs(said - is_) > 0.1 * is_ for said, is_ in zip(told, real, strict=True)):
        yield warning(
            tracking.line,
            f"the tracker is told speeds of {told[0]:.2f} m/s in steps of {told[1]:.3f} m/s",
            f"the chirps give {real[0]:.2f} m/s in steps of {real[1]:.3f} m/s, so that it gates wrongly",
            f"write {real[0] * 10:.0f} and {real[1] * 1000:.0f} as its fifth and sixth value",
        )


def _pace(sheet: Sheet, frame: Frame, site: Site) -> Iterator[Finding]:
    row = sheet.row("frameCfg")
    values = row.values if row is not None else ()
    endless, by_software = (values[5], 1.0) if sheet.low_power else (values[3], values[5])
    if endless != 0:
        yield error(
            frame.line, f"the radar stops after {endless:g} frames", "a home is watched for ever", "write 0"
        )
    if by_software != 1:
        yield error(
            frame.line,
            "frames wait for a signal from outside",
            "no board of a home has that wire, so that no frame ever comes",
            "write 1, start by software",
        )
    if frame.period_ms > SLOW_FRAME_MS:
        yield warning(
            frame.line,
            f"a frame each {frame.period_ms:g} ms",
            "a fall takes 0.5 to 1.5 s and is seen in too few of them",
            f"stay below {SLOW_FRAME_MS:g} ms",
        )
    tracking = sheet.row("trackingCfg")
    if tracking is not None and _differ(tracking.values[6], frame.period_ms, 0.02):
        yield error(
            tracking.line,
            f"the tracker is told {tracking.values[6]:g} ms per frame, frameCfg makes it {frame.period_ms:g} ms",
            "every speed and every time of the tracks is wrong by that much",
            f"write {frame.period_ms:g} as its seventh value",
        )
    if site.frame_period_s is not None and _differ(site.frame_period_s * 1000, frame.period_ms, 0.02):
        yield error(
            frame.line,
            f"a frame each {frame.period_ms:g} ms, and the home's file says {site.frame_period_s * 1000:g} ms",
            "times of frames that were read together are wrong by that much",
            f"set frame_period_s = {frame.period_ms / 1000:g} in [radar]",
        )


def _differ(one: float, other: float, share: float) -> bool:
    return abs(one - other) > share * abs(other)
