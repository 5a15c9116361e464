"""From an alert to a person's phone and back: real database, escalation, services, web app and browser."""

import threading
import time

import pytest
import uvicorn

from cli.broker import free_port
from cloud.api.app import create_app
from cloud.links import Links
from cloud.services.opening import open_notifier
from cloud.services.privacy import roster_of
from contract.messages import Clock, Event, Fall, FallPhase, Stamp
from gateway.alerts.escalation import Escalation
from gateway.alerts.intake import take
from gateway.alerts.policy import Policies
from gateway.database.session import Database
from gateway.database.tables import Alert
from gateway.registry import load_registry
from simulators.city.faults import Mishap
from simulators.city.phone import Phone

FAMILY, MINSEI_IIN = "U" + "a" * 32, "U" + "b" * 32
REGISTRY = f"""
[[homes]]
id = "home-0001"
resident = "見本 花子"
address = "見本市見本町1-2-3"
district = "mihon"
responsible = ["person-0001"]

[[devices]]
id = "radar-0001"
kind = "home"
home = "home-0001"

[[people]]
id = "person-0001"
name = "見本 一郎"
role = "family"
contacts = {{ line = "{FAMILY}", mail = "ichiro@family.example" }}

[[people]]
id = "person-0002"
name = "見本 よし子"
role = "minsei_iin"
district = "mihon"
contacts = {{ line = "{MINSEI_IIN}" }}
"""
INCIDENT = "01J00000000000000000000000"


class Town:
    """A database, an escalation and a web app on one made-up clock."""

    def __init__(self, settings, folder):
        self.now = 1_800_000_000_000
        self.database = Database(f"sqlite:///{folder / 'town.sqlite'}")
        self.database.create()
        with self.database.write() as session:
            load_registry(session, REGISTRY, "registry.toml")
        links = Links(settings.web.secret(), settings.web.public_url, self.now_ms)
        notifier = open_notifier(settings, links, roster_of(self.database), self.now_ms)
        self.escalation = Escalation(self.database, notifier, self.now_ms)
        self.settings = settings
        app = create_app(settings, self.database, now_ms=self.now_ms)
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=settings.web.port, log_config=None, lifespan="on")
        )
        self._thread = threading.Thread(target=self._server.run)

    def now_ms(self):
        return self.now

    def start(self):
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.02)

    def stop(self):
        self._server.should_exit = True
        self._thread.join()
        self.database.close()

    def fall(self):
        body = Fall(incident=INCIDENT, phase=FallPhase.CONFIRMED, confidence=0.9, evidence=[])
        stamp = Stamp(device="radar-0001", boot=INCIDENT, seq=0, at_ms=self.now, clock=Clock.SYNCED)
        event = Event(id=INCIDENT, stamp=stamp, body=body)
        with self.database.write() as session:
            take(session, event, self.now, Policies(self.settings.policy))

    def pass_time(self, seconds):
        """Let every turn of the escalation that is due happen."""
        for _ in range(3):
            self.escalation.turn()
        self.now += int(seconds * 1000)
        for _ in range(3):
            self.escalation.turn()

    def state(self):
        with self.database.read() as session:
            return session.get_one(Alert, INCIDENT).state


@pytest.fixture
def town(city_settings, tmp_path):
    port = free_port()
    with_port = f"[web]\nport = {port}"
    settings = city_settings(
        lambda text: text.replace("https://mimamori.example.jp", f"http://127.0.0.1:{port}").replace(
            "[web]", with_port
        )
    )
    running = Town(settings, tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.mark.system
def test_an_alert_rings_on_a_phone_and_a_pressed_button_answers_it(city, town):
    with (
        Phone(city.timeline, {"line": FAMILY}) as family,
        Phone(city.timeline, {"line": MINSEI_IIN}) as minsei,
    ):
        town.fall()
        town.pass_time(0)
        assert (len(family.inbox()), len(minsei.inbox())) == (1, 0)
        town.pass_time(town.settings.policy.fall.steps[0].wait_s + 1)
        assert len(minsei.inbox()) == 1

        page = minsei.open(minsei.inbox()[0])
        assert page.status == 200
        assert town.state() == "open"  # a chat program that looks at the link answers nothing

        answered = minsei.press(page, "going")
        assert answered.status == 200
        assert town.state() == "acknowledged"
        town.pass_time(0)
        assert "民生委員" in family.inbox()[-1].text

        later = family.open(family.inbox()[0])
        assert "民生委員" in later.text
        minsei.press(answered, "all_is_well")
        assert town.state() == "closed"
    sent = "\n".join(arrival.text for arrival in city.timeline.arrivals())
    assert "見本" not in sent


@pytest.mark.system
def test_while_line_is_ill_the_bell_rings_by_mail_and_in_the_end_once_by_each(city, town):
    city.line.faults.always(Mishap.ERROR)
    town.fall()
    for _ in range(4):
        town.pass_time(3)
    city.line.faults.always(None)
    for _ in range(4):
        town.pass_time(10)
    shown = [arrival.service for arrival in city.timeline.arrivals() if arrival.shown]
    assert sorted(shown) == ["line", "mail"]


@pytest.mark.system
def test_a_spent_quota_rings_by_mail_at_once(city, town):
    city.line.quota = 0
    town.fall()
    town.pass_time(0)
    assert [arrival.service for arrival in city.timeline.arrivals() if arrival.shown] == ["mail"]


@pytest.mark.system
def test_a_damaged_link_shows_a_plain_page_without_buttons(city, town):
    town.fall()
    town.pass_time(0)
    with Phone(city.timeline, {"line": FAMILY}) as family:
        page = family.open(family.inbox()[0])
        damaged = family.go(page.url[:-4] + "AAAA")
    assert damaged.status >= 400
    assert "going" not in damaged.answers()
    assert damaged.text
