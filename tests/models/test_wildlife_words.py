"""The page's words exist in both languages, and every one of them is used."""

import re
from pathlib import Path

from models.wildlife import report
from models.wildlife.traits import SIZES
from models.wildlife.words import catalogue, named

SOURCES = "".join(file.read_text() for file in Path(report.__file__).parent.glob("*.py"))


def test_both_catalogues_say_the_same_things():
    ja, en = catalogue("ja"), catalogue("en")
    assert list(ja) == list(en)
    for key in ja:
        if isinstance(ja[key], dict):
            assert list(ja[key]) == list(en[key]), key
        if isinstance(ja[key], list):
            assert len(ja[key]) == len(en[key]), key


def test_every_word_is_used():
    for key, words in catalogue("ja").items():
        stem = re.sub(r"_(note|text|none)$", "", key)
        assert isinstance(words, dict) or re.search(rf"[\"']{stem}[\"']", SOURCES), key


def test_every_size_has_its_words():
    assert set(catalogue("ja")["sizes"]) == {name for name, _ in SIZES}


def test_a_name_without_words_stands_as_it_is_and_can_break_nothing():
    assert named("species", "<b>odd") == "&lt;b&gt;odd"
