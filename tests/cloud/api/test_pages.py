"""What the pages say and how they behave as web pages."""

import re

import pytest

from contract.messages import Fall, FallPhase
from gateway.database import tables
from gateway.series import Point, open_series

PEOPLE = ("family-east", "minsei-east", "farmer-hill", "technician-one", "desk-one")


def everything_happens(village):
    fall = village.falls()
    village.troop_comes(outcome="left", picture=b"\xff\xd8jpeg")
    village.later(3600)
    village.troop_comes()
    village.camera_freezes()
    village.device_says("camera-hill", faults=["camera_frozen"])
    with village.database.write() as session:
        session.add(
            tables.DeadLetter(
                topic="mimamori/1/x/event",
                reason="<b>not JSON</b>",
                payload=b"?",
                payload_sha256="0",
                count=3,
                first_ms=1,
                last_ms=2,
            )
        )
    return fall


SIGNS_OF_A_SLIP = (
    "Traceback",
    "codes.",
    ">pages.",
    "{role}",
    "Undefined",
    "<b>not JSON",
    " None",
    "style=",
    "onclick",
)
PROPER_NAMES = re.compile(r"日本語|藤原 文子|東町1-2-3|斎藤 一郎|西町9-9|越沢の畑|川べりの畑")

PAGES = [
    ("family-east", "/"),
    ("family-east", "/homes/home-east"),
    ("minsei-east", "/"),
    ("minsei-east", "/homes/home-east"),
    ("farmer-hill", "/"),
    ("farmer-hill", "/fields/field-hill"),
    ("technician-one", "/"),
    ("technician-one", "/devices"),
    ("desk-one", "/"),
    (None, "/demo"),
    (None, "/nowhere"),
    (None, "/"),
]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_is_whole_in_every_language(village, visit, lang):
    everything_happens(village)
    for person, path in PAGES:
        page = visit(person).get(path, params={"lang": lang})
        assert page.status_code in (200, 401, 404), path
        assert f'<html lang="{lang}">' in page.text
        for sign in SIGNS_OF_A_SLIP:
            assert sign not in page.text, (path, sign)
        left = PROPER_NAMES.sub("", page.text)
        assert lang == "ja" or not re.search(r"[぀-ヿ一-鿿]", left), path


def test_every_page_is_kept_by_nobody_and_runs_nothing_inline(village, visit):
    everything_happens(village)
    for person, path in PAGES:
        headers = visit(person).get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "no-referrer", path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_the_language_switch_is_remembered(village, visit):
    family = visit("family-east")
    assert "ご家族への知らせ" in family.get("/").text
    assert "Alerts for your family" in family.get("/?lang=en").text
    assert "Alerts for your family" in family.get("/").text
    assert "ご家族への知らせ" in family.get("/?lang=ja").text


def test_a_person_whose_language_is_known_reads_it_at_once(village, visit):
    assert "All alerts of the city" in visit("desk-one").get("/").text


def test_open_alerts_come_first_with_their_course_and_buttons(village, visit):
    village.falls()
    village.escalate(200)
    page = visit("minsei-east").get("/").text
    assert page.index("いまの知らせ") < page.index("これまでの知らせ")
    for words in ("返事がありません。転倒と判断しました", "ご家族に知らせました", "民生委員に知らせました"):
        assert words in page
    assert page.count('value="going"') == 1


@pytest.mark.parametrize(
    ("kind", "grave", "said"),
    [
        ("slide_from_bed", "medium", "ベッドから落ちたようです"),
        ("long_lie", "high", "床に横になったままです"),
        ("of_tomorrow", "low", "of_tomorrow"),
    ],
)
def test_an_alert_says_how_somebody_fell_before_the_buttons(village, visit, kind, grave, said):
    alert = village.falls(kind=kind, grave=grave)
    for page in ("/", "/homes/home-east", f"/alerts/{alert}"):
        text = visit("family-east").get(page).text
        assert text.index(said) < text.index('value="going"')
        assert f'class="severity {grave}"' in text


def test_a_question_that_was_answered_says_no_longer_how_somebody_fell(village, visit):
    alert = village.falls(confirmed=False)
    assert "急に倒れました" in visit("family-east").get(f"/alerts/{alert}").text
    village.happens(Fall(alert, FallPhase.CANCELLED, 0.8, [], cancelled_by="stood_up"))
    assert "急に倒れました" not in visit("family-east").get(f"/alerts/{alert}").text


def test_an_answered_alert_shows_who_answered(village, visit):
    alert = village.falls()
    visit().post(village.token(alert, "minsei-east"), data={"answer": "going"})
    page = visit("family-east").get("/").text
    assert "民生委員が「向かいます」と答えました" in page
    assert 'value="going"' not in page


def test_a_field_shows_visits_with_the_repellers_timeline_and_outcome(village, visit):
    village.troop_comes(outcome="left")
    page = visit("farmer-hill").get("/fields/field-hill").text
    assert "サル 5頭以上" in page
    assert "立ち去りました" in page
    assert '<svg class="pins"' in page
    assert page.count("<rect") == 2


def test_the_last_day_is_read_from_the_series(village, visit):
    series = open_series(village.settings.series)
    series.write(
        [
            Point("radar-east", "radar", village.at_ms - n * 3_600_000, {"points": float(n)})
            for n in range(1, 20)
        ]
    )
    series.close()
    page = visit("family-east").get("/homes/home-east").text
    assert page.count("<rect") == 19
    assert "19.0" in page


def test_a_store_of_series_that_is_down_leaves_the_page_standing(village, visit, tmp_path):
    (tmp_path / "series.sqlite").write_bytes(b"this is no database" * 100)
    page = visit("family-east").get("/homes/home-east")
    assert page.status_code == 200
    assert "記録の置き場所につながりません" in page.text


def test_what_the_registry_holds_cannot_become_markup(village, visit):
    with village.database.write() as session:
        session.get_one(tables.Home, "home-east").resident = '<img src=x onerror="alert(1)">'
    village.falls()
    page = visit("family-east").get("/").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_static_files_change_their_address_and_are_kept(village, visit):
    browser = visit()
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', browser.get("/demo").text)
    assert len(found) >= 4
    for address in set(found):
        response = browser.get(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
    assert browser.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_errors_have_one_shape_for_machines(village, visit):
    for path, status, code in (("/api/alerts", 401, "sign_in"), ("/api/nothing", 404, "not_found")):
        response = visit().get(path)
        assert response.status_code == status
        assert response.json()["error"]["code"] == code
    missing = visit("desk-one").get("/api/alerts/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


def test_a_fault_of_ours_shows_a_plain_page_and_no_trace(village, visit):
    browser = visit("family-east")
    with village.database.write() as session:
        session.get_one(tables.Home, "home-east")
    browser.app.state.city.sessions = None
    page = browser.get("/")
    assert page.status_code == 500
    assert "こちらの不具合です" in page.text
    assert "Traceback" not in page.text


def test_health_tells_whether_database_and_broker_are_there(village, visit):
    response = visit().get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"ok": True, "database": True, "broker_connected": False}


def test_the_demo_is_there_only_where_the_settings_say_so(village, tmp_path):
    from fastapi.testclient import TestClient

    from cloud.api.app import create_app

    web = village.settings.web.model_copy(update={"demo": False})
    app = create_app(village.settings.model_copy(update={"web": web}), village.database)
    with TestClient(app) as browser:
        assert browser.get("/demo").status_code == 404
        assert browser.get("/demo/live/radar-east").status_code == 404


def test_the_demo_tells_the_story_on_two_telephones(village, visit):
    browser = visit()
    assert "まだ何も起きていません" in browser.get("/demo").text
    alert = village.falls()
    village.escalate(200)
    page = browser.get("/demo").text
    assert page.count("見守りの知らせがあります") == 2
    links = re.findall(r'action="[^"]*(/a/[^"]+)"', page)
    assert len(links) == 2
    browser.post(links[1], data={"answer": "going"})
    page = browser.get("/demo").text
    assert "「向かいます」と答えました" in page
    assert village.state_of(alert) == "acknowledged"
    assert browser.get(re.findall(r'href="[^"]*(/s/[^"]+)"', page)[0]).status_code == 200
