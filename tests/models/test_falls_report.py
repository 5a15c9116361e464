"""The page's words exist in both languages, and every one of them is used."""

import re
from pathlib import Path

from models.falls import report
from models.falls.words import catalogue, named

SOURCES = "".join(file.read_text() for file in Path(report.__file__).parent.glob("*.py"))


def test_both_catalogues_say_the_same_things():
    ja, en = catalogue("ja"), catalogue("en")
    assert list(ja) == list(en)
    assert [len(ja[key]) for key in ja if key.endswith("_items")] == [
        len(en[key]) for key in en if key.endswith("_items")
    ]


def test_every_word_is_used():
    tables = {"sensors", "kinds", "homes"}
    for key in set(catalogue("ja")) - tables:
        stem = key.removesuffix("_note")
        assert re.search(rf"[\"']{stem}[\"']", SOURCES), key


def test_a_name_without_words_stands_as_it_is_and_can_break_nothing():
    assert named("kinds", "<b>odd_kind") == "&lt;b&gt;odd kind"
