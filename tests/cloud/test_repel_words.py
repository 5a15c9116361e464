"""Whatever the chooser gives as its reason has words in every language, and reads as a sentence."""

import re
from pathlib import Path

import pytest

import edge.repel.chooser
from cloud.portal.wording import Wording
from cloud.words import LOCALES, catalogue
from edge.repel.repeller import NOTHING_WORKS
from edge.repel.safety import Reason

SOURCE = Path(edge.repel.chooser.__file__).read_text(encoding="utf-8")
GIVEN = set(re.findall(r'Evidence\(\s*"(\w+)"', SOURCE)) | {"for_comparison", "used_of_late"}


def test_the_reasons_are_found_in_the_source():
    assert {"tried", "left_share", "call_people", "rests_for"} <= GIVEN
    assert len(GIVEN) >= 12


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_has_words(locale: str):
    told = {key.rpartition(".")[2] for key in catalogue(locale) if key.startswith("codes.repel_why.")}
    assert told == GIVEN


@pytest.mark.parametrize("locale", LOCALES)
def test_every_veto_has_words(locale: str):
    wanted = {f"codes.veto.{reason}" for reason in (*Reason, NOTHING_WORKS)}
    assert wanted - catalogue(locale).keys() == set()


def test_a_reason_is_a_sentence_with_its_number():
    assert Wording("en").reason("left_share", 62.0, "percent").endswith("62 %")
    assert Wording("ja").reason("rests_for", 6.5, "days") == "このあと 6.5 日は何も鳴らしません"


def test_a_newer_devices_reason_is_shown_as_it_came():
    assert Wording("en").reason("moonlight", 3.0, "lux") == "moonlight: 3 lux"
