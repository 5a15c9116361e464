"""The city's file: secrets by file only, refused with the mend."""

import pytest

from cloud.settings import CitySettings, SecretError, read_secret
from contract.configuration import ConfigurationError


def problem(city_settings, change):
    with pytest.raises(ConfigurationError) as caught:
        city_settings(change)
    [found] = caught.value.problems
    return found


@pytest.mark.parametrize(
    "content",
    ["", "short", "a" * 64, "change-me-" + "0123456789abcdef" * 4, "見守り" * 20, "0123456789abcdef\n" * 4],
)
def test_a_secret_that_could_be_guessed_refuses_to_start_and_is_not_printed(city_settings, tmp_path, content):
    weak = tmp_path / "weak.secret"
    weak.write_text(content)
    found = problem(city_settings, lambda text: text.replace("web.secret", "weak.secret"))
    assert found.key == "web.secret_file"
    assert "openssl rand -hex 32" in found.mend
    assert not content or content not in str(found)


def test_a_missing_secret_names_file_line_and_mend(city_settings, tmp_path):
    found = problem(city_settings, lambda text: text.replace("web.secret", "nowhere.secret"))
    assert found.line == 5
    assert str(tmp_path / "nowhere.secret") in found.mend


def test_a_secret_that_is_lost_after_the_start_says_so(tmp_path):
    with pytest.raises(SecretError, match="cannot read"):
        read_secret(tmp_path / "gone")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "city.example.jp"])
def test_the_demo_opens_its_pages_to_this_machine_only(city_settings, host):
    found = problem(city_settings, lambda text: text.replace("[web]", f'[web]\ndemo = true\nhost = "{host}"'))
    assert "demo" in found.mend


def test_the_demo_may_run_on_loopback(city_settings):
    assert city_settings(lambda text: text.replace("[web]", "[web]\ndemo = true")).web.demo


@pytest.mark.parametrize(
    "url", ["http://mimamori.example.jp", "mimamori.example.jp", "ftp://a.example", "https://"]
)
def test_links_lead_nowhere_but_to_https(city_settings, url):
    found = problem(city_settings, lambda text: text.replace("https://mimamori.example.jp", url))
    assert found.key == "web.public_url"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://192.168.1.5:8080", "https://a.example/"])
def test_inside_a_building_links_may_be_plain(city_settings, url):
    settings = city_settings(lambda text: text.replace("https://mimamori.example.jp", url))
    assert settings.web.public_url == url.rstrip("/")


def test_mail_in_the_clear_stays_inside_the_building(city_settings):
    found = problem(
        city_settings, lambda text: text.replace('host = "127.0.0.1"', 'host = "mail.example.jp"')
    )
    assert "starttls" in found.mend


def test_a_mail_user_without_a_password_is_refused(city_settings):
    found = problem(city_settings, lambda text: text.replace("sender =", 'username = "mimamori"\nsender ='))
    assert "password_file" in found.mend


def test_line_is_the_real_one_unless_told_otherwise(city_settings):
    def without_url(text):
        return "\n".join(line for line in text.splitlines() if not line.startswith("api_url"))

    settings: CitySettings = city_settings(without_url)
    assert settings.services.line.api_url == "https://api.line.me"
