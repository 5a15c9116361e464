"""The files a technician copies are complete: `mimamori check` accepts them as they are, once their secrets exist."""

import re
import secrets
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.files import read_any
from cli.main import app
from cloud.settings import CitySettings
from edge.fall.settings import SensorKind
from edge.field_settings import FieldSettings
from edge.home_settings import HomeSettings
from gateway.database.session import Database
from gateway.registry import RegistryFile, load_registry

FILES = Path(__file__).parents[2] / "firmware_configs"
EXAMPLES = {"home": HomeSettings, "field": FieldSettings, "city": CitySettings, "registry": RegistryFile}
OTHER_HOMES = ["home_ceiling", "home_depth", "home_module"]
"""Instead of home.toml, with another sensor."""


def installed(file: Path, folder: Path) -> Path:
    """The file as on a machine: in the test's folders, its registry there, every secret it names made."""
    text = file.read_text(encoding="utf-8")
    for shipped in ("/etc/mimamori", "/var/lib/mimamori", "/run/secrets"):
        text = text.replace(shipped, f"{folder}{shipped}")
    for name in re.findall(r'"([^"]+\.(?:password|secret|token)|[^"]+/secrets/\w+)"', text):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch(mode=0o600)
        Path(name).write_text(secrets.token_hex(32))
    for name in re.findall(r'"([^"]+/registry\.toml)"', text):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(FILES / "examples" / "registry.toml", name)
    copy = folder / file.name
    copy.write_text(text, encoding="utf-8")
    return copy


@pytest.mark.parametrize("name", [*EXAMPLES, *OTHER_HOMES])
def test_an_example_is_accepted_by_check(name: str, tmp_path: Path):
    file = installed(FILES / "examples" / f"{name}.toml", tmp_path)
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 0, result.output
    assert isinstance(read_any(file), EXAMPLES.get(name, HomeSettings))


def test_there_is_an_example_for_each_sensor_of_a_home(tmp_path: Path):
    homes = [read_any(installed(FILES / "examples" / f"{name}.toml", tmp_path)) for name in OTHER_HOMES]
    given = [{"radar", "depth", "module"} & home.model_fields_set for home in homes]
    assert given == [{"radar"}, {"depth"}, {"module"}]
    assert homes[0].sensor_kind is SensorKind.CEILING_RADAR
    assert len({home.device for home in homes}) == 1


def test_the_city_file_of_the_containers_is_accepted_by_check(tmp_path: Path):
    file = installed(FILES / "compose" / "city.toml", tmp_path)
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 0, result.output


def test_the_examples_belong_together(tmp_path: Path):
    """The devices, the broker's users and the registry name each other."""
    home, field, city, registry = (
        read_any(installed(FILES / "examples" / f"{name}.toml", tmp_path)) for name in EXAMPLES
    )
    assert isinstance(home, HomeSettings)
    assert isinstance(field, FieldSettings)
    assert isinstance(city, CitySettings)
    assert isinstance(registry, RegistryFile)
    assert {device.id for device in registry.devices} == {home.device, field.device}
    for device in (home, field):
        assert device.broker.username == device.device
    for contact in (service for person in registry.people for service in person.contacts):
        assert getattr(city.services, contact) is not None
    told = {step.role for step in city.policy.fall.steps} | set(city.policy.fall.then)
    assert told <= {person.role for person in registry.people}


def test_the_example_registry_can_be_loaded(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    try:
        database.create()
        text = (FILES / "examples" / "registry.toml").read_text(encoding="utf-8")
        with database.write() as session:
            assert load_registry(session, text, "registry.toml").people > 0
    finally:
        database.close()


@pytest.mark.parametrize("name", ["home", "field", "city"])
def test_what_an_example_comments_out_as_a_default_is_the_default(name: str, tmp_path: Path):
    shipped = (FILES / "examples" / f"{name}.toml").read_text(encoding="utf-8")
    plain = read_any(installed(FILES / "examples" / f"{name}.toml", tmp_path))
    said = re.sub(r"^# (baud|silent_after_s|fps_max|confirm_\w+) = ", r"\1 = ", shipped, flags=re.MULTILINE)
    uncommented = tmp_path / "said" / f"{name}.toml"
    uncommented.parent.mkdir()
    uncommented.write_text(said, encoding="utf-8")
    assert read_any(installed(uncommented, tmp_path)) == plain


def test_a_new_field_is_not_armed(tmp_path: Path):
    field = read_any(installed(FILES / "examples" / "field.toml", tmp_path))
    assert isinstance(field, FieldSettings)
    assert not field.repel.armed
