"""A running city, and a notifier that is set up from its file."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud.links import Links
from cloud.services.opening import open_notifier
from cloud.settings import CitySettings
from contract.configuration import parse
from gateway.alerts.notifier import Notice, Notifier
from simulators.city.city import City

USER = "U" + "0123456789abcdef" * 2
MAILBOX = "daughter@family.example"
RETRY_KEY = "ac23d376-ff35-493e-9544-42b28f51f740"
NOW_MS = 1_800_000_000_000
ROSTER = (
    "佐藤 花子",
    "山形県鶴岡市田麦俣字六十里1-2",
    "Hanako Sato",
    "0235-00-0000",
    MAILBOX,
    USER,
)


@pytest.fixture
def city() -> Iterator[City]:
    with City(now_ms=lambda: NOW_MS) as running:
        yield running


@pytest.fixture
def city_settings(city: City, tmp_path: Path) -> Callable[..., CitySettings]:
    """Settings from the city's own tables; ``change`` edits the text first."""

    def build(change: Callable[[str], str] = lambda text: text) -> CitySettings:
        secret_file = tmp_path / "web.secret"
        secret_file.touch(mode=0o600)
        secret_file.write_text(secrets.token_hex(32))
        text = f"""\
data_directory = "{tmp_path}"

[web]
public_url = "https://mimamori.example.jp"
secret_file = "{secret_file}"

{city.services_toml(tmp_path)}"""
        return parse(change(text), CitySettings, "city.toml")

    return build


@pytest.fixture
def notifier(city_settings: Callable[..., CitySettings]) -> Notifier:
    settings = city_settings(lambda text: text.replace("sender =", "timeout_s = 0.5\nsender =", 1))
    return notifier_of(settings)


def notifier_of(settings: CitySettings) -> Notifier:
    links = Links(settings.web.secret(), settings.web.public_url, lambda: NOW_MS)
    return open_notifier(settings, links, lambda: ROSTER, lambda: NOW_MS)


@pytest.fixture
def open_with() -> Callable[[CitySettings], Notifier]:
    return notifier_of


@pytest.fixture
def a_notice(city: City) -> Callable[..., Notice]:
    """A fall's notice to one person; each keyword changes it."""
    addresses = {"line": USER, "mail": MAILBOX, "webhook": f"{city.webhook.url}/desk"}

    def build(service: str = "line", **changes: object) -> Notice:
        return Notice(
            **{
                "purpose": "fall",
                "alert_id": "01J00000000000000000000000",
                "number": "A12",
                "step": 0,
                "person_id": "person-7",
                "locale": "ja",
                "service": service,
                "address": addresses.get(service, "nowhere"),
                "retry_key": RETRY_KEY,
                **changes,
            }
        )

    return build
