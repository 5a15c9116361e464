"""A real browser on the label page: mouse, finger and keyboard correct boxes; nothing is lost when either side dies."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from cli.broker import free_port
from edge.wildlife.kept_frame import KeptFrame
from models.labelling.book import LabelBook
from models.labelling.boxes import Box
from models.labelling.page import label_page

pytestmark = pytest.mark.system

PATIENCE_S = 20
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
CLASSES = ("monkey", "person", "bear", "boar", "deer", "raccoon", "dog", "cat", "other_animal")
WIDE, HIGH = 640, 360
PROPOSED = Box("monkey", 100, 100, 200, 120, "model", 0.41)


def fill(folder: Path) -> LabelBook:
    book = LabelBook(folder / "book", CLASSES)
    rng = np.random.default_rng(1)
    for n in range(3):
        picture = cv2.resize(rng.integers(60, 160, (9, 16, 3), np.uint8), (WIDE, HIGH))
        cv2.rectangle(picture, (110, 110), (290, 210), (60, 90, 120), -1)
        jpeg = folder / f"frame-{n}.jpg"
        cv2.imwrite(str(jpeg), picture)
        frame = KeptFrame(
            device="cam-1", at_ms=n, width_px=WIDE, height_px=HIGH, why="unsure", model="m", model_sha256="s",
            detections=[],
        )  # fmt: skip
        book.take(jpeg, frame, [PROPOSED], 0.9 - n / 10)
    return book


class Desk:
    """The page in a browser, and the book behind it."""

    def __init__(self, driver: webdriver.Chrome, address: str, book: LabelBook) -> None:
        self.driver, self.address, self.book = driver, address, book

    def open(self, lang: str = "ja") -> None:
        self.driver.get(f"{self.address}?lang={lang}")
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "#boxes g.box"))

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.05)

    def shown(self) -> str:
        return self.driver.execute_script("return location.hash.slice(1)")

    def view(self) -> str:
        """The part of the picture that is seen: x, y, width, height."""
        return self.driver.execute_script("return document.getElementById('picture').getAttribute('viewBox')")

    def at(self, x: float, y: float) -> tuple[int, int]:
        """A pixel of the picture as a place in the window."""
        found = self.driver.execute_script(
            "const m = document.getElementById('picture').getScreenCTM();"
            "const p = new DOMPoint(arguments[0], arguments[1]).matrixTransform(m); return [p.x, p.y]",
            x, y,
        )  # fmt: skip
        return round(found[0]), round(found[1])

    def drag(self, *places: tuple[float, float]) -> None:
        actions = ActionChains(self.driver, duration=20)
        window = [self.at(*place) for place in places]
        actions.w3c_actions.pointer_action.move_to_location(*window[0])
        actions.w3c_actions.pointer_action.pointer_down()
        for place in window[1:]:
            actions.w3c_actions.pointer_action.move_to_location(*place)
        actions.w3c_actions.pointer_action.pointer_up()
        actions.perform()

    def tap(self, x: float, y: float) -> None:
        self.drag((x, y))

    def fingers(self, kind: str, *places: tuple[float, float]) -> None:
        points = [dict(zip(("x", "y"), self.at(*place), strict=True), id=n) for n, place in enumerate(places)]
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def press(self, selector: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def keys(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def labels(self, name: str = "frame-0"):
        return self.book.frame(name)

    def saved(self, true: Callable[[list[Box]], object], name: str = "frame-0") -> None:
        self.until(lambda: true(self.labels(name).boxes))


@contextlib.contextmanager
def browser(
    profile: Path, *, size: tuple[int, int] = (1200, 850), phone: bool = False
) -> Iterator[webdriver.Chrome]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium on this machine (apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    for argument in [*arguments, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    if phone:
        metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, LabelBook]]:
    book, port = fill(tmp_path), free_port()
    config = uvicorn.Config(label_page(book), port=port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/{book.key}/", book
    server.should_exit = True
    thread.join()
    book.close()


@pytest.fixture
def desk(served, tmp_path: Path) -> Iterator[Desk]:
    with browser(tmp_path / "profile") as driver:
        made = Desk(driver, *served)
        made.open()
        yield made


@pytest.fixture
def phone(served, tmp_path: Path) -> Iterator[Desk]:
    with browser(tmp_path / "profile", phone=True) as driver:
        made = Desk(driver, *served)
        made.open()
        yield made


def near(box: Box, x: float, y: float, w: float, h: float, by_px: float = 4) -> bool:
    return all(abs(a - b) <= by_px for a, b in zip((box.x, box.y, box.w, box.h), (x, y, w, h), strict=True))


def test_the_mouse_draws_chooses_moves_resizes_and_takes_back(desk: Desk):
    desk.press("[data-species=boar]")
    desk.drag((400, 50), (450, 90), (500, 120))
    desk.saved(lambda boxes: len(boxes) == 2)
    assert desk.labels().boxes[1].species == "boar"
    assert near(desk.labels().boxes[1], 400, 50, 100, 70)

    desk.drag((450, 80), (460, 100), (470, 110))
    desk.saved(lambda boxes: near(boxes[1], 420, 80, 100, 70))
    desk.drag((520, 150), (540, 170), (560, 200))
    desk.saved(lambda boxes: near(boxes[1], 420, 80, 140, 120))

    desk.tap(200, 160)
    desk.press("[data-species=bear]")
    desk.saved(lambda boxes: boxes[0].species == "bear" and boxes[0].by == "human")
    desk.press("#remove")
    desk.saved(lambda boxes: [box.species for box in boxes] == ["boar"])
    desk.press("#undo")
    desk.saved(lambda boxes: [box.species for box in boxes] == ["bear", "boar"])
    assert desk.labels().state == "open"


def test_what_is_right_is_said_by_one_press_and_the_next_one_comes(desk: Desk):
    assert desk.shown() == "frame-0"
    for n in (1, 2):
        desk.press("#done")
        desk.until(lambda wanted=f"frame-{n}": desk.shown() == wanted)
    desk.press("#done")
    desk.until(lambda: "全部済みました" in desk.driver.find_element(By.ID, "count").text)
    desk.until(lambda: [frame.state for frame in desk.book.frames()] == ["done"] * 3)
    assert desk.labels().boxes == [PROPOSED]


def test_the_keyboard_alone_is_enough(desk: Desk):
    desk.tap(200, 160)
    desk.keys("2")
    desk.saved(lambda boxes: boxes[0].species == "person")
    desk.keys("\ue017")  # Delete
    desk.saved(lambda boxes: boxes == [])
    desk.driver.find_element(By.TAG_NAME, "body").click()
    desk.keys("\ue007")  # Enter
    desk.until(lambda: desk.labels().state == "done" and desk.shown() == "frame-1")
    desk.keys("\ue012")  # left
    desk.until(lambda: desk.shown() == "frame-0")


def test_a_finger_draws_and_two_fingers_only_look_closer(phone: Desk):
    phone.fingers("touchStart", (400, 60))
    phone.fingers("touchMove", (450, 90))
    phone.fingers("touchMove", (520, 140))
    phone.fingers("touchEnd")
    phone.saved(lambda boxes: len(boxes) == 2)
    assert near(phone.labels().boxes[1], 400, 60, 120, 80, by_px=8)

    phone.fingers("touchStart", (300, 250))
    phone.fingers("touchStart", (300, 250), (340, 250))
    phone.fingers("touchMove", (260, 250), (380, 250))
    phone.fingers("touchEnd")
    assert float(phone.view().split()[2]) < 0.6 * WIDE
    assert len(phone.labels().boxes) == 2
    phone.press("#whole")
    assert phone.view() == f"0 0 {WIDE} {HIGH}"


def test_a_small_animal_can_be_boxed_when_it_is_looked_at_closely(desk: Desk):
    for _ in range(4):
        desk.press("#larger")
    desk.drag((320, 180), (323, 182), (326, 184))
    desk.saved(lambda boxes: len(boxes) == 2)
    assert near(desk.labels().boxes[1], 320, 180, 6, 4, by_px=1)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_fits_a_small_telephone_and_breaks_no_rule_of_its_own(phone: Desk, lang: str):
    phone.open(lang)
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 360
    small = phone.driver.execute_script(
        "return [...document.querySelectorAll('button, a, summary')]"
        ".filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
    )
    assert small == []
    assert [entry for entry in phone.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


class Process:
    """``mimamori models label`` itself, which can be killed and begun again on the same port."""

    def __init__(self, book: Path) -> None:
        self.book, self.port = book, free_port()
        self.begin()

    def begin(self) -> None:
        arguments = ["models", "label", str(self.book), "--port", str(self.port)]
        self.running = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self.running.stdout is not None
        for line in self.running.stdout:
            if found := re.search(r"http://\S+", line):
                self.address = found[0]
                return

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()
        assert self.running.stdout is not None
        self.running.stdout.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    fill(tmp_path).close()
    made = Process(tmp_path / "book")
    yield made
    made.kill()


def test_what_is_drawn_while_the_server_is_dead_is_saved_when_it_lives_again(
    process: Process, tmp_path: Path
):
    with browser(tmp_path / "profile") as driver:
        book = LabelBook(process.book)
        desk = Desk(driver, process.address, book)
        desk.open()
        desk.drag((400, 50), (450, 90), (500, 120))
        desk.saved(lambda boxes: len(boxes) == 2)
        process.kill()
        desk.drag((400, 200), (450, 240), (500, 270))
        desk.until(lambda: "つながりません" in driver.find_element(By.ID, "saved").text)
        desk.press("[data-species=deer]")
        assert len(desk.labels().boxes) == 2
        process.begin()
        desk.saved(lambda boxes: [box.species for box in boxes] == ["monkey", "monkey", "deer"])
        book.close()


def test_what_is_drawn_is_not_lost_when_server_and_browser_both_die(process: Process, tmp_path: Path):
    book = LabelBook(process.book)
    with browser(tmp_path / "profile") as driver:
        desk = Desk(driver, process.address, book)
        desk.open()
        process.kill()
        desk.drag((400, 50), (450, 90), (500, 120))
        desk.until(lambda: "つながりません" in driver.find_element(By.ID, "saved").text)
        time.sleep(1)  # a browser writes its storage down within that
    process.begin()
    assert len(book.frame("frame-0").boxes) == 1
    with browser(tmp_path / "profile") as driver:
        desk = Desk(driver, process.address, book)
        desk.open()
        desk.saved(lambda boxes: len(boxes) == 2)
    book.close()
