"""Links are ours, for one purpose, and not for ever."""

import pytest

from cloud.links import LinkExpiredError, Links, LinkUnknownError

SECRET = b"0123456789abcdef0123456789abcdef"
ALERT = "01J00000000000000000000000"
HOUR_MS = 3_600_000


class Now:
    def __init__(self):
        self.ms = 1_800_000_000_000

    def __call__(self):
        return self.ms


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def links(now):
    return Links(SECRET, "https://mimamori.example.jp/", now)


def token(url):
    return url.rsplit("/", 1)[1]


def test_an_answer_link_names_the_alert_and_the_person(links):
    url = links.answer_url(ALERT, "person-7")
    assert url.startswith("https://mimamori.example.jp/a/")
    assert links.read_answer(token(url)) == (ALERT, "person-7")


def test_a_sign_in_link_names_the_person(links):
    url = links.sign_in_url("person-7")
    assert url.startswith("https://mimamori.example.jp/s/")
    assert links.read_sign_in(token(url)) == "person-7"


def test_a_link_fits_any_message_and_any_address_bar(links):
    url = links.answer_url(ALERT, "p" * 40)
    assert len(url) < 300
    assert url.isascii()


def test_an_answer_link_is_good_for_a_day(links, now):
    url = links.answer_url(ALERT, "person-7")
    now.ms += 24 * HOUR_MS
    assert links.read_answer(token(url)).alert_id == ALERT
    now.ms += 2000
    with pytest.raises(LinkExpiredError):
        links.read_answer(token(url))


def test_a_sign_in_link_is_good_for_a_week(links, now):
    url = links.sign_in_url("person-7")
    now.ms += 7 * 24 * HOUR_MS
    assert links.read_sign_in(token(url)) == "person-7"
    now.ms += 2000
    with pytest.raises(LinkExpiredError):
        links.read_sign_in(token(url))


def test_a_link_of_one_purpose_opens_nothing_of_another(links):
    with pytest.raises(LinkUnknownError):
        links.read_sign_in(token(links.answer_url(ALERT, "person-7")))
    with pytest.raises(LinkUnknownError):
        links.read_answer(token(links.sign_in_url("person-7")))


def test_a_link_of_another_city_is_unknown(links, now):
    other = Links(b"another secret of thirty-two byte", "https://mimamori.example.jp", now)
    with pytest.raises(LinkUnknownError):
        links.read_answer(token(other.answer_url(ALERT, "person-7")))


def test_a_link_changed_in_any_place_is_unknown(links):
    good = token(links.answer_url(ALERT, "person-7"))
    for place in range(len(good) - 1):  # the last character of base64 carries bits that mean nothing
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        with pytest.raises(LinkUnknownError):
            links.read_answer(changed)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "見守り", "\x00", "x" * 10_000, "%2e%2e"])
def test_anything_else_is_unknown(links, text):
    with pytest.raises(LinkUnknownError):
        links.read_answer(text)


def test_a_clock_a_little_behind_the_writers_still_reads_the_link(links, now):
    url = links.answer_url(ALERT, "person-7")
    now.ms -= 60_000
    assert links.read_answer(token(url)).person_id == "person-7"
    now.ms -= HOUR_MS
    with pytest.raises(LinkUnknownError):
        links.read_answer(token(url))
