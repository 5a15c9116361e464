"""The story on a real broker and Debian's real InfluxDB: what was measured is in it, and comes back on the page."""

import json
import re
import urllib.parse
import urllib.request
from pathlib import Path

import httpx
import pytest

from cli.demo.site import FAMILY, FIELD_DEVICE, HOME_DEVICE
from cli.demo.stages import FIELD_STAGES, HOME_STAGES
from cli.demo.town import Town
from cli.files import read_city
from cloud.links import Links
from tests.servers import Server, Servers
from tests.system.hall import wait_until
from tests.system.story import telling

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def series_toml(server: Server) -> str:
    return f'[series]\nkind = "influxdb1"\nurl = "{server.url}"\ndatabase = "story"\n'


def ask(server: Server, question: str) -> dict[str, list]:
    """The columns of one InfluxQL answer, asked without any code of ours; nothing where there is no series."""
    address = f"{server.url}/query?" + urllib.parse.urlencode({"db": "story", "q": question, "epoch": "ms"})
    with urllib.request.urlopen(address) as answer:
        found = json.load(answer)["results"][0].get("series")
    if found is None:
        return {}
    columns = zip(*found[0]["values"], strict=True)
    return dict(zip(found[0]["columns"], map(list, columns), strict=True))


def counted(server: Server, measurement: str, field: str, device: str) -> int:
    answer = ask(server, f'SELECT count("{field}") FROM "{measurement}" WHERE "device" = \'{device}\'')
    return answer["count"][0] if answer else 0


def day_of_the_home(town: Town) -> str:
    """The home's page as her daughter reads it: signed in with a link the city's own secret signs."""
    web = read_city(town.site.city_file).web
    links = Links(web.secret(), web.public_url)
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as browser:
        assert browser.get(links.sign_in_url(FAMILY)).is_success
        page = browser.get(f"{town.site.public_url}/homes/home-0001")
    assert page.status_code == 200
    return page.text


def test_the_story_is_told_and_what_was_measured_is_in_influxdb_and_on_the_page(
    servers: Servers, tmp_path: Path
) -> None:
    server = servers.influxd()
    with telling(tmp_path / "town", city_toml=series_toml(server)) as tale:
        tale.town.begin()
        assert tale.tell([*HOME_STAGES, *FIELD_STAGES]) == [], tale.last_words()
        for measurement, field, device in (
            ("radar", "points", HOME_DEVICE),
            ("presence", "height_m", HOME_DEVICE),
            ("eye", "pictures_frames", FIELD_DEVICE),
            ("health", "uptime_s", FIELD_DEVICE),
        ):
            wait_until(lambda: counted(server, measurement, field, device) >= 2, 60)  # noqa: B023 - asked at once
        assert not (tmp_path / "town" / "series.sqlite").exists()

        tale.town.processes.kill("home")  # so that the numbers stand still while they are compared
        wanted = f'SELECT mean("points") FROM "radar" WHERE "device" = \'{HOME_DEVICE}\' GROUP BY time(15m) fill(none)'
        page, means = day_of_the_home(tale.town), ask(server, wanted)["mean"]
        assert '<svg class="chart"' in page
        shown = [float(value) for value in re.findall(r'<td class="count">([\d.]+)</td>', page)]
        assert shown == [pytest.approx(mean, abs=0.051) for mean in means[::-1]]


def test_influxdb_stopped_in_mid_story_delays_no_alert_and_has_everything_in_the_end(
    servers: Servers, tmp_path: Path
) -> None:
    """Frozen is worse than gone: it takes connections and answers nothing."""
    server = servers.influxd()
    with telling(tmp_path / "town", city_toml=series_toml(server)) as tale:
        tale.town.begin()
        wait_until(lambda: counted(server, "radar", "points", HOME_DEVICE) >= 1, 60)
        server.freeze()
        try:
            assert tale.tell(HOME_STAGES) == [], tale.last_words()
            # The page says that the day cannot be shown, and shows the alert all the same.
            page = day_of_the_home(tale.town)
            assert '<svg class="chart"' not in page
            assert "/alerts/" in page
        finally:
            server.thaw()
        last_ms = max(line.at_ms for line in tale.look().fall.transitions)
        waited = (
            f'SELECT count("points") FROM "radar" WHERE "device" = \'{HOME_DEVICE}\' AND time < {last_ms}ms'
        )
        told_s = (last_ms - tale.town.said("sim-home")) / 1000
        # A batch every 10 s of the story, those of the freeze with their own times.
        wait_until(lambda: (ask(server, waited) or {"count": [0]})["count"][0] >= told_s // 10 - 1, 120)
