"""The label page's server: for whoever holds its address, strict about what it takes, and in two languages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from edge.wildlife.kept_frame import KeptFrame
from models.labelling.book import LabelBook
from models.labelling.boxes import Box
from models.labelling.page import label_page
from models.labelling.wording import LOCALES, catalogue

CLASSES = ("monkey", "person")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LabelBook]:
    made = LabelBook(tmp_path / "book", CLASSES)
    (tmp_path / "one.jpg").write_bytes(b"jpeg")
    frame = KeptFrame(
        device="cam-1", at_ms=1, width_px=100, height_px=80, why="unsure", model="m", model_sha256="s",
        detections=[],
    )  # fmt: skip
    made.take(tmp_path / "one.jpg", frame, [Box("monkey", 1, 2, 3, 4, "model", 0.5)], 0.5)
    yield made
    made.close()


@pytest.fixture
def page(book: LabelBook) -> TestClient:
    return TestClient(label_page(book, lambda: 7), base_url=f"http://127.0.0.1/{book.key}")


def change(**more) -> dict:
    box = {"species": "monkey", "x": 10, "y": 20, "w": 30, "h": 40}
    return {"state": "done", "boxes": [box], "base": 0, "request": "request-1", **more}


def test_a_change_is_in_the_book_before_it_is_answered(page: TestClient, book: LabelBook):
    told = page.post("/frames/one", json=change()).json()
    assert told == {"revision": book.frame("one").revision, "overtook": False}
    assert (book.frame("one").state, book.frame("one").boxes) == ("done", [Box("monkey", 10, 20, 30, 40)])


def test_whoever_overtakes_another_s_change_is_told_and_both_are_kept(page: TestClient, book: LabelBook):
    first = page.post("/frames/one", json=change()).json()["revision"]
    second = page.post("/frames/one", json=change(request="request-2", boxes=[])).json()
    assert second["overtook"]
    again = page.post("/frames/one", json=change(request="request-3", base=second["revision"]))
    assert not again.json()["overtook"]
    assert again.json()["revision"] == first + 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"boxes": [{"species": "unicorn", "x": 1, "y": 1, "w": 9, "h": 9}]},
        {"boxes": [{"species": "monkey", "x": 100, "y": 1, "w": 9, "h": 9}]},
        {"boxes": [{"species": "monkey", "x": -1, "y": 1, "w": 9, "h": 9}]},
        {"boxes": [{"species": "monkey", "x": 1, "y": 1, "w": 0, "h": 9}]},
        {"boxes": [{"species": "monkey", "x": 1, "y": 1, "w": 9, "h": 9}] * 301},
        {"state": "perhaps"},
        {"request": "x"},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(page: TestClient, book: LabelBook, wrong: dict):
    assert page.post("/frames/one", json=change(**wrong)).status_code == 422
    assert book.frame("one").revision == 0


def test_a_box_is_cut_at_the_picture_s_edge(page: TestClient, book: LabelBook):
    page.post("/frames/one", json=change(boxes=[{"species": "monkey", "x": 90, "y": 70, "w": 50, "h": 50}]))
    assert book.frame("one").boxes == [Box("monkey", 90, 70, 10, 10)]


@pytest.mark.parametrize(
    "path", ["/", "/frames", "/frames/one", "/pictures/one.jpg", "/static/label.js", "/docs"]
)
def test_nothing_is_there_for_whoever_lacks_the_key(book: LabelBook, path: str):
    stranger = TestClient(label_page(book), base_url="http://127.0.0.1")
    assert stranger.get(path).status_code == 404
    assert stranger.get(f"/not-the-key{path}").status_code == 404


@pytest.mark.parametrize("name", ["..%2Flabels.sqlite", "..%2f..%2fsecret", "other"])
def test_no_other_file_can_be_asked_for(page: TestClient, name: str):
    assert page.get(f"/pictures/{name}.jpg").status_code == 404


def test_nothing_from_elsewhere_runs_in_the_page_and_its_address_is_told_to_nobody(page: TestClient):
    answer = page.get("/")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_japanese_comes_first_and_english_second(page: TestClient):
    assert "これでよい" in page.get("/").text
    assert "This is right" in page.get("/?lang=en").text
    assert "これでよい" in page.get("/?lang=xx").text


def test_both_catalogues_say_the_same_things():
    ja, en = (catalogue(locale) for locale in LOCALES)
    assert ja.keys() == en.keys()
    for part in ("page", "script", "species"):
        assert ja[part].keys() == en[part].keys()


def test_every_word_that_the_page_s_scripts_ask_for_is_in_the_catalogue():
    import re

    from models.labelling import page

    static = Path(page.__file__).parent / "static"
    asked = set(re.findall(r"\bwords\.(\w+)", (static / "label.js").read_text()))
    told = set(re.findall(r'tell\(.*?"(\w+)"', (static / "saving.js").read_text()))
    told |= {
        name for pair in re.findall(r'"(\w+)" : "(\w+)"', (static / "saving.js").read_text()) for name in pair
    }
    assert (asked | told) <= catalogue("ja")["script"].keys()
    assert {"saved", "waiting", "overtook"} <= told


def test_the_labels_can_be_taken_home_as_coco(page: TestClient):
    page.post("/frames/one", json=change())
    tree = json.loads(page.get("/labels.json").content)
    assert tree["annotations"][0]["bbox"] == [10, 20, 30, 40]
