"""compose.yaml by its form: it names nothing that is not there, and holds no secret."""

import re
from pathlib import Path

import yaml

FOLDER = Path(__file__).parents[2] / "firmware_configs" / "compose"
REPOSITORY = FOLDER.parents[1]
TEXT = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
FILE = yaml.safe_load(TEXT)
SERVICES = FILE["services"]
CITY = (FOLDER / "city.toml").read_text(encoding="utf-8")


def settings_of(conf: Path) -> dict[str, str]:
    lines = [line.split(maxsplit=1) for line in conf.read_text(encoding="utf-8").splitlines()]
    return {words[0]: words[1] for words in lines if len(words) == 2 and not words[0].startswith("#")}


def test_every_file_it_mounts_is_in_the_repository_and_every_volume_is_declared():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), source
            else:
                assert source in FILE["volumes"]


def test_every_secret_is_a_file_beside_it_that_git_and_images_leave_out():
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(FILE["secrets"])
    assert all(secret["file"] == f"./secrets/{name}" for name, secret in FILE["secrets"].items())
    for ignoring in (".gitignore", ".dockerignore"):
        assert "firmware_configs/compose/secrets/" in (REPOSITORY / ignoring).read_text(encoding="utf-8")


def test_no_value_of_a_secret_is_written_in_it():
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", key):
                assert key.endswith("_FILE")
                assert value.startswith("/run/secrets/")


def test_the_city_file_names_services_of_it_and_only_secrets_its_services_get():
    for host in re.findall(r'host = "([a-z]+)"|://(?:\w+@)?([a-z]+)[:/]', CITY):
        assert "".join(host) in SERVICES, host
    named = set(re.findall(r"/run/secrets/([\w.]+)", CITY))
    for service in ("gateway", "web"):
        assert named == set(SERVICES[service]["secrets"])


def test_the_broker_file_names_only_what_its_container_gets():
    conf = (FOLDER / "mosquitto.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"/run/secrets/([\w.]+)", conf)) == set(SERVICES["broker"]["secrets"])
    targets = {volume.split(":")[1] for volume in SERVICES["broker"]["volumes"]}
    places = {value.rstrip("/") for value in settings_of(FOLDER / "mosquitto.conf").values()}
    assert {place for place in places if place.startswith("/mosquitto")} <= targets


def test_the_broker_of_the_containers_promises_what_the_tested_one_does():
    shipped, ours = (
        settings_of(FOLDER.parent / "mosquitto" / "mosquitto.conf"),
        settings_of(FOLDER / "mosquitto.conf"),
    )
    places = {key for key in shipped if key.endswith(("file", "location")) or key == "listener"}
    assert shipped.keys() == ours.keys()
    assert {key: shipped[key] for key in shipped.keys() - places} == {
        key: ours[key] for key in ours.keys() - places
    }


def test_the_broker_without_encryption_is_not_published():
    assert SERVICES["broker"]["ports"] == ["8883:8883"]


def test_the_image_is_built_from_files_that_exist():
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    for lock in re.findall(r"requirements/\S+\.txt", text):
        assert (REPOSITORY / lock).is_file()
    build = SERVICES["gateway"]["build"]
    assert (FOLDER / build["context"]).resolve() == REPOSITORY
    assert (REPOSITORY / build["dockerfile"]).is_file()


def test_it_says_what_could_not_be_run():
    assert "Not run by us" in TEXT
