"""What a link in a message does, for whoever and whatever opens it."""

import pytest

from gateway.database import tables


def test_opening_a_link_shows_the_alert_and_answers_nothing(village, visit):
    alert = village.falls()
    for method in ("get", "head"):
        response = getattr(visit(), method)(village.token(alert, "family-east"))
        assert response.status_code in (200, 405)
    page = visit().get(village.token(alert, "family-east"))
    assert "向かいます" in page.text
    assert village.state_of(alert) == "open"
    assert [said for _, said in village.answers_of(alert) if said != "told"] == []


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ("going", "acknowledged", "「向かいます」を受け付けました"),
        ("cannot", "open", "次の方に知らせます"),
        ("all_is_well", "closed", "「無事でした」を受け付けました"),
        ("helped", "closed", "「手助けしました」を受け付けました"),
        ("called_119", "closed", "「119番に電話しました」を受け付けました"),
    ],
)
def test_one_press_answers_and_the_page_says_thanks(village, visit, answer, state, words):
    alert = village.falls()
    page = visit().post(village.token(alert, "family-east"), data={"answer": answer})
    assert page.status_code == 200
    assert "ありがとうございました" in page.text
    assert words in page.text
    assert village.state_of(alert) == state
    assert ("family-east", answer) in village.answers_of(alert)


def test_a_second_answer_is_told_which_role_was_first(village, visit):
    alert = village.falls()
    visit().post(village.token(alert, "minsei-east"), data={"answer": "going"})
    page = visit().post(village.token(alert, "family-east"), data={"answer": "going"})
    assert "すでに民生委員が返事をしています" in page.text
    assert "東 民子" not in page.text
    shown = visit().get(village.token(alert, "family-east"))
    assert "すでに民生委員が返事をしています" in shown.text


def test_whoever_is_going_is_asked_how_it_was_and_can_close_the_alert(village, visit):
    alert = village.falls()
    link = village.token(alert, "family-east")
    visit().post(link, data={"answer": "going"})
    assert "着いたら、どうだったかを教えてください" in visit().get(link).text
    visit().post(link, data={"answer": "helped"})
    assert village.state_of(alert) == "closed"


@pytest.mark.parametrize("answer", ["", "nonsense", "told", "<script>"])
def test_an_answer_that_is_none_is_refused_with_a_plain_page(village, visit, answer):
    alert = village.falls()
    page = visit().post(village.token(alert, "family-east"), data={"answer": answer})
    assert page.status_code == 400
    assert "送られた内容が読めませんでした" in page.text
    assert village.state_of(alert) == "open"


def test_an_unknown_link_gets_a_plain_page_that_says_what_to_do(village, visit):
    alert = village.falls()
    damaged = village.token(alert, "family-east")[:-3]
    for path in (damaged, "/a/x", "/s/x", "/s/" + "y" * 4000):
        page = visit().get(path)
        assert page.status_code == 404
        assert "このリンクは使えません" in page.text


def test_a_sign_in_link_is_no_answer_link_and_the_other_way_round(village, visit):
    alert = village.falls()
    answer, sign_in = village.token(alert, "family-east"), village.sign_in("family-east")
    assert visit().get(answer.replace("/a/", "/s/")).status_code == 404
    assert visit().get(sign_in.replace("/s/", "/a/")).status_code == 404


def test_an_old_link_says_that_it_has_expired(village, visit):
    alert = village.falls()
    link = village.token(alert, "family-east")
    village.later(25 * 3600)
    for page in (visit().get(link), visit().post(link, data={"answer": "going"})):
        assert page.status_code == 410
        assert "期限が切れています" in page.text
    assert village.state_of(alert) == "open"


def test_a_link_of_somebody_who_no_longer_answers_for_the_home_opens_nothing(village, visit):
    alert = village.falls()
    link = village.token(alert, "family-west")
    assert visit().get(link).status_code == 403
    page = visit().post(link, data={"answer": "all_is_well"})
    assert page.status_code == 403
    assert "藤原" not in page.text
    assert village.state_of(alert) == "open"


def test_a_link_of_somebody_the_registry_forgot_opens_nothing(village, visit):
    alert = village.falls()
    link = village.token(alert, "desk-one")
    with village.database.write() as session:
        session.query(tables.Attempt).filter_by(person_id="desk-one").delete()
        session.query(tables.Contact).filter_by(person_id="desk-one").delete()
        session.query(tables.Person).filter_by(id="desk-one").delete()
    assert visit().get(link).status_code == 404


def test_the_page_tells_what_to_say_to_119_and_dials_nothing(village, visit):
    alert = village.falls()
    page = visit().get(village.token(alert, "family-east"))
    assert "119番に伝えること" in page.text
    assert "東町1-2-3" in page.text
    assert "tel:" not in page.text


def test_names_and_addresses_stay_out_of_titles_and_links(village, visit):
    alert = village.falls()
    page = visit().get(village.token(alert, "family-east")).text
    title = page.split("<title>")[1].split("</title>")[0]
    assert "藤原" not in title
    assert "東町" not in title
    assert "藤原" not in village.token(alert, "family-east")


def test_while_the_device_still_asks_the_link_says_so(village, visit):
    alert = village.falls(confirmed=False)
    page = visit().get(village.token(alert, "family-east"))
    assert "いま装置が本人に声をかけています" in page.text


def test_the_answer_to_a_cancelled_alert_is_that_it_is_over(village, visit):
    from contract.messages import Fall, FallPhase

    alert = village.falls(confirmed=False)
    village.happens(Fall(alert, FallPhase.CANCELLED, 0.8, [], cancelled_by="stood_up"))
    page = visit().post(village.token(alert, "family-east"), data={"answer": "going"})
    assert "この知らせは終わっています" in page.text
