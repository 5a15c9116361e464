"""A person's phone: what it shows, and how it answers a page without JavaScript."""

import pytest

from simulators.city.http import HttpServer, Reply
from simulators.city.phone import Phone, PhoneError
from simulators.city.timeline import Timeline

PAGE = """<!doctype html><html><head><title>x</title><style>p { color: red }</style></head>
<body><p>受付番号&nbsp;A12<br>確認</p><script>hidden()</script>
<form method="post" action="/a/token?lang=ja">
  <input type="hidden" name="csrf" value="c&amp;d"><input type="text" name="note" value="">
  <button name="answer" value="going">向かいます</button>
  <button name="answer" value="cannot">行けません</button>
  <button type="button" name="answer" value="nothing">?</button>
  <button name="answer" value="helped" disabled>手助けしました</button>
</form>
<form action="/language"><select name="lang"><option value="ja">日本語<option value="en">English</select>
<input type="submit" value="OK"></form></body></html>"""


@pytest.fixture
def browsed():
    """A tiny web app: every request it got, and where it is."""
    requests = []

    def answer(request):
        requests.append(request)
        return Reply(body=PAGE)

    server = HttpServer("test-app", answer)
    server.start()
    yield server, requests
    server.stop()


@pytest.fixture
def phone():
    timeline = Timeline(lambda: 1)
    with Phone(timeline, {"line": "U1", "mail": "a@b"}) as one:
        one.timeline = timeline
        yield one


def test_the_inbox_holds_what_this_persons_phone_shows(phone):
    phone.timeline.add("line", "U1", "one", 200, shown=True)
    phone.timeline.add("line", "U1", "one", 409, shown=False)
    phone.timeline.add("line", "U2", "of somebody else", 200, shown=True)
    phone.timeline.add("mail", "a@b", "two", 250, shown=True)
    phone.timeline.add("webhook", "U1", "of a machine", 202, shown=True)
    assert [arrival.text for arrival in phone.inbox()] == ["one", "two"]


def test_a_message_without_a_link_cannot_be_opened(phone):
    phone.timeline.add("line", "U1", "no link", 200, shown=True)
    with pytest.raises(PhoneError):
        phone.open(phone.inbox()[0])


def test_pressing_a_button_posts_its_form_and_its_value(browsed, phone):
    server, requests = browsed
    phone.timeline.add("line", "U1", f"見てください。{server.url}/a/token。", 200, shown=True)
    page = phone.open(phone.inbox()[0])
    assert page.status == 200
    assert "受付番号 A12" in page.text
    assert "hidden" not in page.text
    assert page.answers() == ["going", "cannot", "OK", "ja", "en"]
    phone.press(page, "cannot", note="腰痛")
    got, posted = requests
    assert (got.method, got.path) == ("GET", "/a/token")
    assert (posted.method, posted.path) == ("POST", "/a/token?lang=ja")
    assert posted.headers["content-type"] == "application/x-www-form-urlencoded"
    assert posted.body == b"csrf=c%26d&note=%E8%85%B0%E7%97%9B&answer=cannot"


def test_a_choice_is_sent_with_get_where_the_form_says_so(browsed, phone):
    server, requests = browsed
    phone.press(phone.go(f"{server.url}/home"), "en")
    assert (requests[1].method, requests[1].path) == ("GET", "/language?lang=en")


@pytest.mark.parametrize("answer", ["nothing", "helped", "absent"])
def test_a_button_that_cannot_be_pressed_is_said(browsed, phone, answer):
    server, _requests = browsed
    with pytest.raises(PhoneError, match="going"):
        phone.press(phone.go(f"{server.url}/"), answer)
