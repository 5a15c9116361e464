"""The catalogues of all languages say the same things."""

import string

import pytest

from cloud.words import DEFAULT_LOCALE, LOCALES, UnknownWordError, catalogue, code, say

OTHERS = [locale for locale in LOCALES if locale != DEFAULT_LOCALE]


def placeholders(text):
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", OTHERS)
def test_every_language_has_the_same_keys(locale):
    assert set(catalogue(locale)) ^ set(catalogue(DEFAULT_LOCALE)) == set()


@pytest.mark.parametrize("locale", OTHERS)
def test_every_language_fills_in_the_same_facts(locale):
    there = catalogue(locale)
    differing = {
        key: (placeholders(text), placeholders(there[key]))
        for key, text in catalogue(DEFAULT_LOCALE).items()
        if key in there and placeholders(text) != placeholders(there[key])
    }
    assert differing == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_facts_have_names_and_no_text_is_empty(locale):
    for key, text in catalogue(locale).items():
        assert text.strip() or key.startswith("codes.unit."), key  # a plain count has no unit
        assert all(name.isidentifier() for name in placeholders(text)), key


def test_an_unknown_language_reads_as_japanese():
    assert catalogue("fr") == catalogue("ja")


def test_a_missing_key_is_named_with_the_mend():
    with pytest.raises(UnknownWordError, match=r"messages\.nothing.*cloud/words"):
        say("ja", "messages.nothing")


def test_a_code_of_a_newer_device_is_shown_as_it_is():
    assert code("ja", "species", "monkey") == "サル"
    assert code("ja", "species", "wolf") == "wolf"
