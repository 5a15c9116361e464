"""One suite for every store of time series; InfluxDB is Debian's own 1.6.7, started here and ended by its pid."""

import json
import logging
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.broker import free_port
from gateway.series import (
    Point,
    Series,
    SeriesKind,
    SeriesRefusedError,
    SeriesSettings,
    SeriesUnavailableError,
    open_series,
)

AT_MS = 1_700_000_000_000


@pytest.fixture(params=["embedded", pytest.param("influxdb1", marks=pytest.mark.system)])
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Series]:
    if request.param == "embedded":
        settings = SeriesSettings(file=tmp_path / "series.sqlite")
    else:
        url = request.getfixturevalue("influxd").url
        settings = SeriesSettings(kind=SeriesKind.INFLUXDB1, url=url, database=f"test_{tmp_path.name}")
    opened = open_series(settings)
    yield opened
    opened.close()


def radar(at_ms: int, **fields: float) -> Point:
    return Point("radar-0001", "radar", at_ms, fields)


def heights(series: Series, every_ms: int = 1000, device: str = "radar-0001") -> list[tuple[int, float]]:
    return series.query(device, "radar", "height_m", AT_MS - 60_000, AT_MS + 60_000, every_ms)


def test_points_come_back_at_the_times_they_were_measured(series: Series) -> None:
    series.write([radar(AT_MS, height_m=1.6, points=12.0), radar(AT_MS + 1000, height_m=0.3)])
    assert heights(series) == [(AT_MS, 1.6), (AT_MS + 1000, 0.3)]


def test_a_window_holds_the_mean_of_its_points_and_starts_at_a_multiple_of_its_length(series: Series) -> None:
    series.write(
        [radar(AT_MS + offset, height_m=value) for offset, value in ((0, 1.0), (900, 2.0), (2500, 7.0))]
    )
    assert heights(series, every_ms=2000) == [(AT_MS, 1.5), (AT_MS + 2000, 7.0)]
    inside = series.query("radar-0001", "radar", "height_m", AT_MS + 500, AT_MS + 2500, 2000)
    assert inside == [(AT_MS, 2.0)]


def test_writing_the_same_points_again_changes_nothing(series: Series) -> None:
    batch = [radar(AT_MS, height_m=1.0), radar(AT_MS + 100, height_m=3.0)]
    for _ in range(3):
        series.write(batch)
    series.write([radar(AT_MS + 200, height_m=5.0)])
    assert heights(series) == [(AT_MS, 3.0)]


def test_devices_and_fields_do_not_mix(series: Series) -> None:
    series.write([radar(AT_MS, height_m=1.0), Point("radar-0002", "radar", AT_MS, {"height_m": 9.0})])
    assert heights(series, device="radar-0002") == [(AT_MS, 9.0)]
    assert series.query("radar-0001", "radar", "points", AT_MS - 1, AT_MS + 1, 1) == []


def test_a_name_with_quotes_and_spaces_is_a_name_and_nothing_else(series: Series) -> None:
    odd = Point("a 'b\" c", 'x,y=z " w', AT_MS, {'f "g", h=i': 4.5, "tiny": 1e-9})
    series.write([odd])
    assert series.query(odd.device, odd.measurement, 'f "g", h=i', AT_MS, AT_MS + 1, 10) == [(AT_MS, 4.5)]
    assert series.query(odd.device, odd.measurement, "tiny", AT_MS, AT_MS + 1, 10) == [(AT_MS, 1e-9)]


def test_an_empty_store_answers_with_nothing(series: Series) -> None:
    series.write([])
    with pytest.raises(ValueError, match="1 ms or more"):
        heights(series, every_ms=0)
    series.write([radar(AT_MS, points=1.0)])
    assert heights(series) == []


def test_a_point_without_a_finite_number_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="finite"):
        radar(AT_MS, height_m=float("nan"))
    with pytest.raises(ValueError, match="at least one"):
        radar(AT_MS)


def test_a_series_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeriesUnavailableError, match="writable"):
        open_series(SeriesSettings(file=tmp_path / "file" / "series.sqlite"))
    (tmp_path / "broken.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(SeriesUnavailableError, match=r"broken\.sqlite"):
        open_series(SeriesSettings(file=tmp_path / "broken.sqlite"))


def test_points_survive_closing_and_opening(tmp_path: Path) -> None:
    for offset in (0, 1000):
        store = open_series(SeriesSettings(file=tmp_path / "deep" / "series.sqlite"))
        store.write([radar(AT_MS + offset, height_m=1.0)])
        found = heights(store)
        store.close()
    assert len(found) == 2


def test_a_server_that_is_not_there_is_unavailable_and_its_secret_stays_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "token").write_text("very-secret-token\n")
    (tmp_path / "password").write_text("very-secret-password\n")
    url = f"http://127.0.0.1:{free_port()}"
    for settings in (
        SeriesSettings(kind=SeriesKind.INFLUXDB2, url=url, org="city", token_file=tmp_path / "token"),
        SeriesSettings(kind=SeriesKind.INFLUXDB1, url=url, username="u", password_file=tmp_path / "password"),
    ):
        store = open_series(settings)
        with pytest.raises(SeriesUnavailableError, match="start it, or mend url") as refused:
            store.write([radar(AT_MS, height_m=1.0)])
        with pytest.raises(SeriesUnavailableError):
            heights(store)
        store.close()
        assert "secret" not in caplog.text + str(refused.value) + repr(settings).replace("_file", "")


@pytest.mark.system
def test_influxdb_refuses_points_of_another_type_for_good_and_takes_them_later_never(influxd) -> None:
    settings = SeriesSettings(kind=SeriesKind.INFLUXDB1, url=influxd.url, database="typed")
    store = open_series(settings)
    store.write([radar(AT_MS, height_m=1.0)])
    request = urllib.request.Request(
        f"{influxd.url}/write?db=typed&precision=ms", b"radar,device=radar-0001 points=1i 1700000000000"
    )
    urllib.request.urlopen(request).close()
    with pytest.raises(SeriesRefusedError, match="field type conflict"):
        store.write([radar(AT_MS + 1, points=1.5)])
    with pytest.raises(SeriesRefusedError):
        store.write([radar(9_000_000_000_000_000, height_m=1.0)])
    store.close()


@pytest.mark.system
def test_influxdb_with_passwords_takes_ours_and_names_the_mend_for_a_wrong_one(
    servers, tmp_path: Path
) -> None:
    server = servers.influxd(auth=True)
    user = b"q=CREATE+USER+gateway+WITH+PASSWORD+%27right%27+WITH+ALL+PRIVILEGES"
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/query", user)).close()
    password = tmp_path / "password"
    settings = SeriesSettings(
        kind=SeriesKind.INFLUXDB1, url=server.url, username="gateway", password_file=password
    )
    password.write_text("wrong\n")
    store = open_series(settings)
    with pytest.raises(SeriesUnavailableError, match="check the user, password"):
        store.write([radar(AT_MS, height_m=1.0)])
    store.close()
    password.write_text("right\n")
    store = open_series(settings)
    store.write([radar(AT_MS, height_m=1.0)])
    assert heights(store) == [(AT_MS, 1.0)]
    store.close()


@pytest.mark.system
def test_influxdb_killed_and_started_again_is_written_to_again(servers) -> None:
    server = servers.influxd()
    store = open_series(SeriesSettings(kind=SeriesKind.INFLUXDB1, url=server.url))
    store.write([radar(AT_MS, height_m=1.0)])
    server.kill()
    with pytest.raises(SeriesUnavailableError):
        store.write([radar(AT_MS + 1000, height_m=2.0)])
    server.start()
    store.write([radar(AT_MS + 1000, height_m=2.0)])
    assert heights(store) == [(AT_MS, 1.0), (AT_MS + 1000, 2.0)]
    store.close()


@pytest.mark.system
def test_influxdb_that_answers_nothing_is_given_up_after_the_timeout(servers) -> None:
    server = servers.influxd()
    store = open_series(SeriesSettings(kind=SeriesKind.INFLUXDB1, url=server.url, timeout_s=0.3))
    store.write([radar(AT_MS, height_m=1.0)])
    server.freeze()
    with pytest.raises(SeriesUnavailableError, match="ReadTimeoutError"):
        store.write([radar(AT_MS + 1000, height_m=2.0)])
    server.thaw()
    store.write([radar(AT_MS + 1000, height_m=2.0)])
    assert len(heights(store)) == 2
    store.close()


@pytest.mark.system
def test_the_version_2_write_path_is_understood_by_another_makers_server(servers, tmp_path: Path) -> None:
    server = servers.victoria_metrics()
    (tmp_path / "token").write_text("any-token\n")
    store = open_series(
        SeriesSettings(kind=SeriesKind.INFLUXDB2, url=server.url, org="city", token_file=tmp_path / "token")
    )
    now_ms = round(time.time()) * 1000
    store.write([radar(now_ms + offset, height_m=1.0 + offset, points=3.0) for offset in range(3)])
    found = exported(server.url)
    store.close()
    assert found[("radar_height_m", "radar-0001")] == {now_ms: 1.0, now_ms + 1: 2.0, now_ms + 2: 3.0}
    assert set(found[("radar_points", "radar-0001")].values()) == {3.0}


def exported(url: str) -> dict[tuple[str, str], dict[int, float]]:
    """Everything VictoriaMetrics holds, asked until all of it shows: new points become readable part by part."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for _ in range(100):
        urllib.request.urlopen(f"{url}/internal/force_flush").close()
        with urllib.request.urlopen(f"{url}/api/v1/export?match[]=%7B__name__!=%22%22%7D") as answer:
            rows = [json.loads(line) for line in answer.read().splitlines()]
        for row in rows:
            key = (row["metric"]["__name__"], row["metric"]["device"])
            found.setdefault(key, {}).update(zip(row["timestamps"], row["values"], strict=True))
        if sum(len(samples) for samples in found.values()) >= 6:
            break
        time.sleep(0.1)
    return found
