"""Nobody sees what is not theirs: homes, fields, alerts, live pictures, devices."""

import pytest

STRANGERS_PATHS = (
    "/",
    "/homes/home-east",
    "/fields/field-hill",
    "/devices",
    "/api/alerts",
    "/live/radar-east",
)


@pytest.mark.parametrize("path", STRANGERS_PATHS)
def test_without_signing_in_nothing_opens(village, visit, path):
    village.falls()
    response = visit().get(path)
    assert response.status_code == 401
    assert "藤原" not in response.text


SEEN = {
    "family-east": {"/homes/home-east"},
    "family-west": {"/homes/home-west"},
    "minsei-east": {"/homes/home-east"},
    "minsei-west": {"/homes/home-west"},
    "farmer-hill": {"/fields/field-hill"},
    "farmer-river": {"/fields/field-river"},
    "technician-one": {"/devices", "/fields/field-hill", "/fields/field-river"},
    "desk-one": {
        "/devices",
        "/homes/home-east",
        "/homes/home-west",
        "/fields/field-hill",
        "/fields/field-river",
    },
}
PLACES = sorted(set().union(*SEEN.values()))


@pytest.mark.parametrize("person", SEEN)
def test_a_person_opens_the_own_places_and_no_other(village, visit, person):
    browser = visit(person)
    for path in PLACES:
        assert browser.get(path).status_code == (200 if path in SEEN[person] else 403), path


def test_a_place_that_is_not_there_looks_like_a_place_of_others(village, visit):
    assert visit("family-east").get("/homes/home-nowhere").status_code == 403
    assert visit("desk-one").get("/homes/home-nowhere").status_code == 404


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("family-east", True),
        ("minsei-east", True),
        ("desk-one", True),
        ("family-west", False),
        ("minsei-west", False),
        ("farmer-hill", False),
        ("technician-one", False),
    ],
)
def test_an_alert_is_seen_by_those_who_answer_for_the_home(village, visit, person, sees):
    alert = village.falls()
    browser = visit(person)
    shown = browser.get(f"/alerts/{alert}")
    assert shown.status_code == (200 if sees else 403)
    assert browser.get(f"/api/alerts/{alert}").status_code == (200 if sees else 403)
    listed = [one["id"] for one in browser.get("/api/alerts").json()["alerts"]]
    assert (alert in listed) is sees
    assert ("藤原" in browser.get("/").text) is (sees and person != "nobody")


@pytest.mark.parametrize(
    ("person", "on_a_quiet_day", "during_an_alert"),
    [
        ("family-east", True, True),
        ("minsei-east", False, True),
        ("desk-one", False, True),
        ("minsei-west", False, False),
        ("technician-one", False, False),
    ],
)
def test_a_home_is_watched_by_its_family_and_by_others_only_during_an_alert(
    village, visit, person, on_a_quiet_day, during_an_alert
):
    from cloud.api.access import may_watch_home, viewer

    def watches():
        with village.database.read() as session:
            return may_watch_home(session, viewer(session, person), "home-east")

    assert watches() is on_a_quiet_day
    if not on_a_quiet_day:
        assert visit(person).get("/live/radar-east").status_code == 403
    village.falls()
    assert watches() is during_an_alert


def test_the_record_of_a_day_is_the_familys_alone(village, visit):
    assert "この一日" in visit("family-east").get("/homes/home-east").text
    assert "この一日" not in visit("minsei-east").get("/homes/home-east").text


def test_a_technician_sees_devices_and_faults_and_no_resident(village, visit):
    village.falls()
    fault = village.camera_freezes()
    village.device_says("camera-hill", faults=["camera_frozen"])
    browser = visit("technician-one")
    page = browser.get("/devices").text
    assert "カメラの画像が止まっています" in page
    assert "home-east" in page
    assert "藤原" not in page
    assert "カメラの画像が止まっています" in browser.get("/").text
    answered = browser.post(
        f"/alerts/{fault}/answer", data={"answer": "going", "form_token": form_token(browser.get("/").text)}
    )
    assert answered.status_code == 200
    assert village.state_of(fault) == "acknowledged"


def test_a_picture_of_a_visit_is_for_those_who_see_the_field(village, visit):
    seen = village.troop_comes(picture=b"\xff\xd8jpeg")
    assert visit("farmer-hill").get(f"/visits/{seen}/picture").content == b"\xff\xd8jpeg"
    assert visit("farmer-river").get(f"/visits/{seen}/picture").status_code == 403
    assert visit().get(f"/visits/{seen}/picture").status_code == 401


def form_token(page: str) -> str:
    return page.split('name="form_token" value="')[1].split('"', maxsplit=1)[0]


def test_an_own_page_answers_only_with_its_own_form(village, visit):
    alert = village.falls()
    family, other = visit("family-east"), visit("minsei-east")
    path = f"/alerts/{alert}/answer"
    for token in ("", "x" * 32, form_token(other.get("/").text)):
        page = family.post(path, data={"answer": "going", "form_token": token})
        assert page.status_code == 403
        assert "もう一度お願いします" in page.text
    assert village.state_of(alert) == "open"
    page = family.post(path, data={"answer": "going", "form_token": form_token(family.get("/").text)})
    assert "ありがとうございました" in page.text
    assert village.state_of(alert) == "acknowledged"


def test_a_form_of_ones_own_does_not_answer_for_another_home(village, visit):
    alert = village.falls("radar-west")
    family = visit("family-east")
    token = form_token(family.get("/").text)
    page = family.post(f"/alerts/{alert}/answer", data={"answer": "all_is_well", "form_token": token})
    assert page.status_code == 403
    assert village.state_of(alert) == "open"


def test_signing_out_ends_the_session_on_this_device(village, visit):
    family = visit("family-east")
    page = family.post("/sign-out", data={"form_token": form_token(family.get("/").text)})
    assert page.status_code == 401
    assert family.get("/").status_code == 401


def test_a_session_is_not_made_by_hand_and_grows_old(village, visit):
    stranger = visit()
    stranger.cookies.set("mimamori", "WyJmYW1pbHktZWFzdCIsIngiLDFd.forged")
    assert stranger.get("/").status_code == 401
    family = visit("family-east")
    village.later(31 * 24 * 3600)
    assert family.get("/").status_code == 401


def test_machines_learn_roles_and_no_people(village, visit):
    alert = village.falls()
    visit().post(village.token(alert, "minsei-east"), data={"answer": "going"})
    told = visit("family-east").get(f"/api/alerts/{alert}").text
    assert "minsei_iin" in told
    assert "minsei-east" not in told
