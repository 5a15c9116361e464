"""``mimamori report trial``: a page and figures out of the stores of a city, and what people saw taken back in."""

import csv
import json
import re
from pathlib import Path

import pytest

from cloud.trial.page import both
from cloud.words import LOCALES, catalogue
from gateway.database.session import Database
from gateway.series.embedded import EmbeddedSeries
from tests.cli.conftest import Run
from tests.trial_season import DAY_MS, FIELD, HOUR_MS, MAY_1_MS, Season, city_file, found_city

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of a field: horn and control, a bear."""
    tmp_path = tmp_path_factory.mktemp("city")
    file = city_file(tmp_path)
    database, series = (
        Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}"),
        EmbeddedSeries(tmp_path / "series.sqlite"),
    )
    found_city(database)
    season = Season(database, series)
    season.watch(MAY_1_MS, MAY_1_MS + 2 * DAY_MS)
    season.at_ms = MAY_1_MS + 7 * HOUR_MS
    with season.together():
        for n in range(24):
            visit = season.visit(picture=JPEG)
            season.attempt(visit, "horn" if n % 2 else "control", left=bool(n % 2))
            season.at_ms += HOUR_MS
            season.end(visit)
        season.veto(season.visit("bear"), "species")
        season.veto(visit, "nothing_works")
    series.close()
    database.close()
    return file


def test_it_prints_and_writes_what_the_trial_has_shown(run: Run, city: Path, tmp_path: Path):
    page, figures = tmp_path / "t.html", tmp_path / "t.json"
    done = run(
        "report", "trial", FIELD, "--city", city, "--html", page, "--json", figures, "--bought", 100000
    )
    assert done.status == 0, done.err
    assert "horn: left 12/12" in done.out
    told = json.loads(figures.read_text())
    assert told["effects"][0]["verdict"] == "helps"
    assert told["effects"][0]["left"]["interval"][0] > 0.7
    text = page.read_text(encoding="utf-8")
    assert "サル追い払いの実用性の検証" in text
    assert "Driving monkeys off" in text
    assert text.count("data:image/jpeg") == 24
    assert "人による追い払いに切り替えて" in text  # the device gave up by itself


def test_the_page_needs_nothing_else_and_shows_no_name(run: Run, city: Path, tmp_path: Path):
    page = tmp_path / "t.html"
    run("report", "trial", FIELD, "--city", city, "--html", page)
    text = page.read_text(encoding="utf-8")
    assert not [
        found for found in re.findall(r'(?:src|href)="([^"]*)"', text) if not found.startswith("data:")
    ]
    assert "畑 作" not in text
    assert "farmer@example.test" not in text


def test_what_people_saw_comes_back_as_false_alarms(run: Run, city: Path, tmp_path: Path):
    table = tmp_path / "check.csv"
    assert run("report", "trial", FIELD, "--city", city, "--to-check", table).status == 0
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig")))
    assert len(rows) == 25
    for n, row in enumerate(rows):
        row["saw"] = "other" if n == 0 else "monkey"
    with table.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    done = run("report", "trial", FIELD, "--city", city, "--checked", table)
    assert "false alarms: 1/24" in done.out


def test_a_word_that_nobody_knows_is_named_with_its_line(run: Run, city: Path, tmp_path: Path):
    table = tmp_path / "check.csv"
    table.write_text("visit,saw\nA,perhaps\n")
    done = run("report", "trial", FIELD, "--city", city, "--checked", table)
    assert done.status == 1
    assert "line 2" in done.err
    assert "unsure" in done.err


@pytest.mark.parametrize(
    ("table", "mend"),
    [
        ("visit,saw\nA,サル\n".encode("cp932"), "CSV UTF-8"),
        (b"visit;saw\nA;monkey\n", "--to-check"),
        (b"", "--to-check"),
    ],
    ids=["another encoding", "another separator", "empty"],
)
def test_a_table_that_a_spreadsheet_changed_is_refused_with_the_mend(
    run: Run, city: Path, tmp_path: Path, table: bytes, mend: str
):
    file = tmp_path / "check.csv"
    file.write_bytes(table)
    done = run("report", "trial", FIELD, "--city", city, "--checked", file)
    assert done.status == 1
    assert mend in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("field-9999",), "there are: field-0001"),
        ((FIELD, "--since", "2030-01-01"), "nothing is stored"),
    ],
)
def test_a_field_of_which_nothing_is_known_ends_with_status_1(
    run: Run, city: Path, words: tuple[str, ...], says: str
):
    done = run("report", "trial", *words, "--city", city)
    assert done.status == 1
    assert says in done.err


def test_a_day_that_is_none_is_refused(run: Run, city: Path):
    done = run("report", "trial", FIELD, "--city", city, "--until", "31.5.")
    assert done.status == 2
    assert "2026-05-31" in done.err


def test_every_word_of_the_report_is_used():
    sources = "".join(
        file.read_text(encoding="utf-8")
        for file in (Path(__file__).parents[2] / "cloud" / "trial").rglob("*")
        if file.suffix in {".py", ".html"}
    )
    for key in catalogue(LOCALES[0]):
        if key.startswith("trial."):
            own = key.removeprefix("trial.").removeprefix("decision.")
            stem = own.removeprefix("long.") if own.startswith("long.") else own
            assert (
                re.search(rf"[\"']{re.escape(stem)}[\"']", sources)
                or stem.startswith("read_")
                or stem in VERDICTS
            ), key


VERDICTS = {"helps", "worse", "unclear", "few", "no_control"}


def test_a_fact_cannot_break_the_page():
    assert "<script>" not in both("where", area="<script>", field="x", **{"from": "a", "to": "b", "days": 1})
