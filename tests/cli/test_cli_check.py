"""``mimamori check``: each kind of file, good and bad; every error names file, line, key, value and mend."""

from pathlib import Path

import pytest

from cli.demo.site import Site
from tests.cli.conftest import Run, line_of, spoil


def test_the_files_of_a_whole_site_are_complete(run: Run, site: Site) -> None:
    said = run("check", site.home_file, site.field_file, site.city_file)
    assert said.status == 0, said.err
    assert [line.rpartition(": ")[2] for line in said.out.splitlines()] == [
        "HomeSettings is complete",
        "FieldSettings is complete",
        "CitySettings is complete",
        "RegistryFile is complete",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "problem"),
    [
        ("home.toml", "height_m = 1.8", "height_m = 9.5", "height_m",
         "mount.height_m = 9.5: Input should be less than or equal to 3.5"),
        ("home.toml", "tilt_deg", "tilt_degrees", "tilt_degrees",
         "mount.tilt_degrees = 10.0: unknown key: remove it or mend its spelling"),
        ("home.toml", '"radar-0001"', '"Kitchen of Mrs F."', "device =",
         "device = 'Kitchen of Mrs F.': use 3 to 40 of a-z, 0-9 and -"),
        ("home.toml", "port = 18830", 'port = "soon"', 'port = "soon"',
         "broker.port = 'soon': Input should be a valid integer"),
        ("home.toml", "live = true", "live = true\nbutton_pin = 99", "button_pin",
         "button_pin = 99: Input should be less than or equal to 27"),
        ("field.toml", "confirm_hits = 10", "confirm_hits = 20", "[eye]",
         "lower the first or raise the second"),
        ("field.toml", "follow = true", 'follow = "yes please"', "follow",
         "camera.follow = 'yes please': Input should be a valid boolean"),
        ("field.toml", "max_on_s = 3.0", "max_on_s = 3000.0", "max_on_s",
         "repel.outputs.0.max_on_s = 3000.0: Input should be less than"),
        ("city.toml", "[web]\nport = 18080", "[web]\nport = 0", "port = 0",
         "web.port = 0: Input should be greater than or equal to 1"),
        ("city.toml", "http://127.0.0.1:18080", "http://city.example.jp", "public_url",
         "web.public_url = 'http://city.example.jp': use https"),
        ("city.toml", 'role = "family"', 'role = "neighbour"', "steps",
         "'neighbour'"),
        ("registry.toml", 'role = "farmer"', 'role = "wizard"', 'role = "wizard"',
         "people.2.role = 'wizard': Input should be 'family', 'minsei_iin', 'farmer'"),
        ("registry.toml", '["person-0001"]', '["person-0009"]', "person-0009",
         "homes.0.responsible = 'person-0009': no such person: add a [[people]] table"),
        ("registry.toml", 'id = "person-0002"', 'id = "person-0004"', 'id = "person-0004"\nname = "見本 技術"',
         "people.3.id = 'person-0004': this id is already taken"),
        ("registry.toml", 'home = "home-0001"', 'home = "home-0002"', 'home = "home-0002"',
         "devices.0.home = 'home-0002': no such home: add a [[homes]] table"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_file_line_key_value_and_mend(
    run: Run, site: Site, file: str, old: str, new: str, line: str, problem: str
) -> None:
    path = site.directory / file
    spoil(path, old, new)
    said = run("check", path)
    assert said.status == 1
    told = said.err.splitlines()[0]
    assert told.startswith(f"{path}:{line_of(path, line)}: ")
    assert problem in told


def test_a_missing_key_is_named(run: Run, site: Site) -> None:
    spoil(site.home_file, "port = ", "# port = ")
    spoil(site.home_file, "[radar]\nport = ", "[radar]\n# port = ")
    said = run("check", site.home_file)
    assert said.status == 1
    assert "radar.port = (missing): add this key" in said.err


def test_a_syntax_error_is_told_with_its_line(run: Run, site: Site) -> None:
    spoil(site.home_file, "[mount]", "[mount")
    said = run("check", site.home_file)
    assert said.status == 1
    assert said.err.startswith(f"{site.home_file}:{line_of(site.home_file, '[mount')}: (syntax)")


def test_all_files_are_looked_at_and_every_problem_is_told(run: Run, site: Site) -> None:
    spoil(site.home_file, "height_m = 1.8", "height_m = 9")
    spoil(site.home_file, "tilt_deg = 10.0", "tilt_deg = 99")
    said = run("check", site.home_file, site.directory / "absent.toml", site.field_file)
    assert said.status == 1
    assert len(said.err.splitlines()) == 3
    assert "absent.toml: cannot be read" in said.err
    assert "FieldSettings is complete" in said.out


def test_a_file_of_no_kind_is_told_what_would_make_it_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "what.toml").write_text("[kitchen]\nsink = 1\n")
    said = run("check", tmp_path / "what.toml")
    assert said.status == 1
    assert "[radar], [module] or [depth] a home, [camera] a field, [web] the city" in said.err


def test_a_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home.toml").write_bytes(b"\xff\xfe\x00radar")
    said = run("check", tmp_path / "home.toml")
    assert said.status == 1
    assert "cannot be read" in said.err


def test_a_placeholder_for_a_secret_is_refused_and_never_shown(run: Run, site: Site) -> None:
    (site.directory / "web.secret").write_text("changeme-changeme-changeme-changeme")
    said = run("check", site.city_file)
    assert said.status == 1
    assert "placeholder" in said.err
    assert "changeme" not in said.err + said.out


def test_a_password_in_an_address_is_not_shown(run: Run, site: Site) -> None:
    with site.city_file.open("a") as file:
        file.write('[series]\nkind = "influxdb1"\nurl = "http://root:hunter2@127.0.0.1:8086"\n')
    said = run("check", site.city_file)
    assert said.status == 1
    assert "series.url" in said.err
    assert "hunter2" not in said.err
