"""A machine of one role gets the packages of its own lock and nothing else: its verbs must do with them."""

import re
import secrets
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

ONLY = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}: not in this role's lock", name=name)
refused = set(sys.argv.pop(1).split(","))
sys.meta_path.insert(0, Refuse())
from cli.main import main
main()
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def outside(role: str) -> set[str]:
    """Modules that are installed here and come from no package of the role's lock."""
    lock = (REPOSITORY / "requirements" / f"{role}.txt").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)} | {"mimamori"}
    return {
        module
        for module, packages in packages_distributions().items()
        if not locked & {normal(package) for package in packages} and module not in sys.stdlib_module_names
    }


def run(role: str, *verb: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ONLY, ",".join(outside(role)), *verb],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    secret = tmp_path / "web.secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(32))
    data = f'data_directory = "{tmp_path}"\n'
    broker = "[broker]\nport = 9\n"
    texts = {
        "home": f'device = "radar-0001"\n{data}{broker}[radar]\nport = "{tmp_path}/radar"\n',
        "field": f'device = "cam-0001"\n{data}{broker}[camera]\nsource = "{tmp_path}"\n[eye]\nmodel = "x.json"\n',
        "city": f'{data}{broker}[web]\npublic_url = "http://127.0.0.1:8080"\nsecret_file = "{secret}"\n',
        "registry": "",
    }
    found = {}
    for name, text in texts.items():
        found[name] = tmp_path / f"{name}.toml"
        found[name].write_text(text, encoding="utf-8")
    return found


def test_the_two_roles_leave_each_other_s_packages_out():
    assert {"sqlalchemy", "fastapi", "uvicorn", "pytest"} <= outside("edge")
    assert {"cv2", "onnxruntime", "gpiozero", "serial", "numpy", "pytest"} <= outside("city")


@pytest.mark.parametrize(("role", "names"), [("edge", ("home", "field")), ("city", ("city", "registry"))])
def test_a_role_can_check_its_own_files(role: str, names: tuple[str, ...], files: dict[str, Path]):
    done = run(role, "check", *(str(files[name]) for name in names))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["home", "field"])
def test_a_device_can_be_tried_with_the_packages_of_its_lock(name: str, files: dict[str, Path]):
    done = run("edge", "edge", "check", "--seconds", "0.2", str(files[name]))
    assert "ok   outbox" in done.stdout, done.stderr
    assert "No module named" not in done.stdout + done.stderr


@pytest.mark.parametrize("verb", [("alerts", "list"), ("gateway", "dead-letters"), ("registry", "load")])
def test_a_city_can_be_looked_after_with_the_packages_of_its_lock(
    verb: tuple[str, str], files: dict[str, Path]
):
    more = (str(files["registry"]),) if verb[0] == "registry" else ()
    done = run("city", *verb, str(files["city"]), *more)
    assert done.returncode == 0, done.stderr


def test_every_module_that_the_city_runs_is_in_its_lock(files: dict[str, Path]):
    """Imports alone: what the verbs import when they run."""
    code = ONLY.replace(
        "from cli.main import main\nmain()",
        "import cli.gateway, cloud.api.serving, cloud.services.opening, gateway.ingest, gateway.alerts.escalation\n"
        "import gateway.series, gateway.series.influx, edge.agent",
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ",".join(outside("city"))],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_module_that_a_device_runs_is_in_its_lock():
    modules = "edge.assembly, edge.home, edge.field, edge.sensors.ti.sensor, edge.sensors.camera.sensor, edge.repel.repeller"
    code = ONLY.replace(
        "from cli.main import main\nmain()", f"import cli.edge, {modules}, edge.wildlife.detector"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ",".join(outside("edge"))],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
