"""A real uvicorn, a real broker, a real browser of a telephone's size: sign in, read, press, and it is answered."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from cli.broker import Broker, free_port
from cloud.api.serving import web_server
from cloud.links import system_now_ms
from tests.cloud.api.village import Village

pytestmark = pytest.mark.system

PATIENCE_S = 20
CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")


class RunningVillage(Village):
    """A village on the real clock, with its web app listening."""

    def now_ms(self) -> int:
        return system_now_ms() + self.ahead_ms

    ahead_ms = 0

    def later(self, seconds: float) -> None:
        self.ahead_ms += int(seconds * 1000)

    @property
    def at_ms(self) -> int:
        return self.now_ms()

    @at_ms.setter
    def at_ms(self, _value: int) -> None:
        pass

    def address(self, path: str) -> str:
        return f"{self.settings.web.public_url}{path}"


@pytest.fixture
def town(broker: Broker, tmp_path: Path) -> Iterator[RunningVillage]:
    made = RunningVillage(tmp_path, demo=True, broker_port=broker.port, port=free_port())
    server = web_server(made.settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    made.server, made.thread = server, thread
    yield made
    server.should_exit = True
    thread.join()
    made.close()


@pytest.fixture
def telephone() -> Iterator[Callable[..., webdriver.Chrome]]:
    """A browser 360 x 740 px; ``javascript=False`` for an old one."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium on this machine (apt install chromium chromium-driver)")
    with contextlib.ExitStack() as stack:

        def browser(*, javascript: bool = True) -> webdriver.Chrome:
            options = webdriver.ChromeOptions()
            options.binary_location = CHROMIUM
            for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
                options.add_argument(argument)
            if not javascript:
                options.add_experimental_option(
                    "prefs", {"profile.managed_default_content_settings.javascript": 2}
                )
            driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
            stack.callback(driver.quit)
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True},
            )
            return driver

        yield browser


def wait_until(true: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def text_of(driver: webdriver.Chrome) -> str:
    return driver.find_element(By.TAG_NAME, "main").text


def shows(driver: webdriver.Chrome, words: str) -> None:
    # Between two pages, and while a region is replaced, an element just found is gone again.
    passing = (StaleElementReferenceException, NoSuchElementException)
    WebDriverWait(driver, PATIENCE_S, ignored_exceptions=passing).until(lambda page: words in text_of(page))


@contextlib.contextmanager
def devices_of(broker: Broker) -> Iterator[mqtt.Client]:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


one_broker = pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)


@one_broker
@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_signing_in_by_link_reading_and_answering_takes_one_press(town, telephone, javascript):
    alert = town.falls()
    driver = telephone(javascript=javascript)
    driver.get(town.address(town.sign_in("family-east")))
    assert "転倒したようです" in text_of(driver)
    driver.find_element(By.CSS_SELECTOR, "button[value=going]").click()
    shows(driver, "ありがとうございました")
    assert town.state_of(alert) == "acknowledged"
    assert ("family-east", "going") in town.answers_of(alert)


@one_broker
@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_messages_link_is_answered_without_signing_in(town, telephone, javascript):
    alert = town.falls()
    driver = telephone(javascript=javascript)
    driver.get(town.address(town.token(alert, "minsei-east")))
    driver.find_element(By.CSS_SELECTOR, "button[value=helped]").click()
    shows(driver, "ありがとうございました")
    assert town.state_of(alert) == "closed"


@one_broker
def test_an_open_page_follows_what_happens(town, telephone):
    driver = telephone()
    driver.get(town.address(town.sign_in("minsei-east")))
    assert "いま返事を待っている知らせはありません" in text_of(driver)
    alert = town.falls()
    shows(driver, "転倒したようです")
    other = telephone()
    other.get(town.address(town.token(alert, "family-east")))
    other.find_element(By.CSS_SELECTOR, "button[value=going]").click()
    shows(driver, "ご家族が「向かいます」と答えました")


@one_broker
def test_a_live_home_counts_the_question_down(town, telephone, broker):
    driver = telephone()
    driver.get(town.address(town.sign_in("family-east")))
    driver.get(town.address("/homes/home-east"))
    with devices_of(broker) as devices:

        def asks(page):
            devices.publish("mimamori/1/radar-east/live", town.live_home(state="asking", asking_s=30))
            left = page.find_element(By.CSS_SELECTOR, "[data-part=left]").text
            return left.isdigit() and 0 < int(left) <= 30

        WebDriverWait(driver, PATIENCE_S).until(asks)
    assert "大丈夫ですか" in text_of(driver)
    assert "本人に声をかけています" in text_of(driver)


@one_broker
def test_the_demo_is_answered_on_its_telephone_and_stays_on_the_page(town, telephone):
    driver = telephone()
    driver.get(town.address("/demo"))
    shows(driver, "まだ何も起きていません")
    alert = town.falls()
    town.escalate(200)
    shows(driver, "民生委員に知らせました")
    button = driver.find_element(By.CSS_SELECTOR, "#phone-minsei_iin button[value=going]")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    shows(driver, "民生委員が「向かいます」と答えました")
    assert driver.current_url == town.address("/demo")
    assert town.answers_of(alert)[-1] == ("minsei-east", "going")


@one_broker
def test_pages_fit_a_small_telephone_and_break_no_rule_of_their_own(town, telephone):
    town.falls()
    town.troop_comes(outcome="stayed")
    driver = telephone()
    for person, path in (
        ("family-east", "/"),
        ("family-east", "/homes/home-east"),
        ("farmer-hill", "/fields/field-hill"),
        ("technician-one", "/devices"),
        ("desk-one", "/"),
        ("desk-one", "/demo"),
    ):
        driver.get(town.address(town.sign_in(person)))
        for language in ("ja", "en"):
            driver.get(town.address(f"{path}?lang={language}"))
            assert driver.execute_script("return document.documentElement.scrollWidth") <= 360, path
            small = driver.execute_script(
                "return [...document.querySelectorAll('button, nav a')]"
                ".filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
            )
            assert small == [], path
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


@one_broker
def test_the_server_ends_although_browsers_hold_streams_open(town, telephone):
    driver = telephone()
    driver.get(town.address("/demo"))
    shows(driver, "まだ何も起きていません")
    town.server.should_exit = True
    town.thread.join(timeout=PATIENCE_S)
    assert not town.thread.is_alive()
