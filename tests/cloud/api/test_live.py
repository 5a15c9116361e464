"""The live lane on its way to a page: the newest of each device, in words, to those who may look."""

import asyncio
import json

import pytest

from cloud.api import streams as streams_module
from cloud.api.cards import live_card
from cloud.api.live import LiveWatch
from cloud.api.streams import Changes, Streams, changed, watch
from cloud.portal.wording import Wording


@pytest.fixture
def live(village):
    return LiveWatch(village.settings.broker, village.now_ms)


TOPIC = "mimamori/1/radar-east/live"


def test_only_the_newest_message_of_each_device_is_kept(village, live):
    live.store(TOPIC, village.live_home(state="standing"))
    live.store("mimamori/1/radar-west/live", village.live_home("radar-west", state="sitting"))
    live.store(TOPIC, village.live_home(state="lying"))
    assert live.newest("radar-east").live.body.state == "lying"
    assert live.newest("radar-west").live.body.state == "sitting"
    assert live.newest("camera-hill") is None


def test_a_picture_that_is_no_longer_now_is_not_shown(village, live):
    live.store(TOPIC, village.live_home())
    village.later(11)
    assert live.newest("radar-east") is None


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"[]", b"x" * 500_000])
def test_a_message_that_is_not_of_the_contract_shows_nothing_and_stops_nothing(village, live, payload):
    live.store(TOPIC, payload)
    assert live.newest("radar-east") is None
    live.store(TOPIC, village.live_home())
    assert live.newest("radar-east") is not None


def test_one_device_cannot_speak_for_another(village, live):
    live.store(TOPIC, village.live_home("radar-west"))
    assert live.newest("radar-east") is None


def test_a_topic_of_another_kind_is_ignored(village, live):
    live.store("somewhere/else", village.live_home())
    live.store("mimamori/1/RADAR/live", village.live_home())
    assert live.newest("radar-east") is None


def test_devices_that_fell_silent_are_forgotten(village, live):
    for number in range(50):
        live.store(f"mimamori/1/radar-{number:03}/live", b"{}")
    village.later(30)
    live.store(TOPIC, village.live_home())
    assert list(live._newest) == ["radar-east"]


def test_the_question_counts_down_by_the_devices_own_clock(village, live):
    live.store(TOPIC, village.live_home(state="asking", asking_s=42))
    view = live_card(Wording("ja"), live.newest("radar-east"))
    assert view["left_s"] == 42
    assert view["said_words"].startswith("大丈夫ですか")
    assert (view["state_words"], view["mood"]) == ("本人に声をかけています", "watch")


def test_a_field_tells_animals_count_direction_and_outputs(village, live):
    live.store("mimamori/1/camera-hill/live", village.live_field(b"\xff\xd8"))
    view = live_card(Wording("ja"), live.newest("camera-hill"))
    assert view["count_words"].startswith("サル 3頭以上")
    assert view["outputs"] == [{"code": "horn", "words": "威嚇音"}]
    assert [box["confirmed"] for box in view["boxes"]] == [False, True, True]


def test_without_a_picture_the_view_says_none(village, live):
    live.store("mimamori/1/camera-hill/live", village.live_field(None))
    assert live_card(Wording("en"), live.newest("camera-hill"))["picture"] is None


# --- streams --------------------------------------------------------------------------------------


def parts(chunk: bytes):
    lines = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
    return lines.get("event"), json.loads(lines["data"]) if "data" in lines else None


def test_a_stream_sends_each_new_message_once_and_ends_with_the_server():
    async def story():
        streams, seen, state = Streams(), [], {"serial": 1}
        async for chunk in watch(streams, lambda: (state["serial"], {"n": state["serial"]}), lambda: True):
            event, data = parts(chunk)
            if event == "live":
                seen.append(data["n"])
                state["serial"] += 1
            if len(seen) == 3:
                streams.end()
        return seen

    assert asyncio.run(asyncio.wait_for(story(), 5)) == [1, 2, 3]


def test_a_stream_ends_when_its_reader_may_no_longer_look(monkeypatch):
    monkeypatch.setattr(streams_module, "RECHECK_S", 0.0)

    async def story():
        return [parts(chunk)[0] async for chunk in watch(Streams(), lambda: (1, {}), lambda: False)]

    assert asyncio.run(asyncio.wait_for(story(), 5))[-1] == "gone"


def test_a_quiet_stream_says_that_it_is_still_there(monkeypatch):
    monkeypatch.setattr(streams_module, "QUIET_S", 0.0)

    async def story():
        streams, chunks = Streams(), []
        async for chunk in watch(streams, lambda: (0, None), lambda: True):
            chunks.append(chunk)
            if len(chunks) > 3:
                streams.end()
        return chunks

    assert b": still here\n\n" in asyncio.run(asyncio.wait_for(story(), 5))


def test_a_change_in_the_database_is_told_to_those_it_concerns(village, monkeypatch):
    from cloud.api import access
    from cloud.api.pages import digest_for

    def digest(person):
        def now():
            with village.database.read() as session:
                return digest_for(session, access.viewer(session, person))

        return now

    before = {person: digest(person)() for person in ("family-east", "family-west", "desk-one")}
    village.falls()
    after = {person: digest(person)() for person in before}
    assert [person for person in before if before[person] != after[person]] == ["family-east", "desk-one"]

    async def story():
        streams, marks = Streams(), []
        async for chunk in changed(streams, Changes(village.database), digest("family-east")):
            event, data = parts(chunk)
            if event == "changed":
                marks.append(data["mark"])
                if len(marks) == 1:
                    village.escalate(200)
                else:
                    streams.end()
        return marks

    marks = asyncio.run(asyncio.wait_for(story(), 20))
    assert len(set(marks)) == 2


def test_a_stream_is_opened_only_for_those_who_may_look(village, visit):
    for person, path in (
        ("family-west", "/live/radar-east"),
        ("farmer-hill", "/live/radar-east"),
        ("farmer-river", "/live/camera-hill"),
        ("family-east", "/live/camera-hill"),
        ("desk-one", "/live/radar-nowhere"),
    ):
        assert visit(person).get(path).status_code == 403
    assert visit().get("/live/alerts").status_code == 401


@pytest.mark.parametrize(("bodies", "words"), [(None, ""), (0, ""), (1, ""), (3, "部屋にいる人や動物の数 3")])
def test_several_bodies_in_the_room_are_told(village, live, bodies, words):
    live.store(TOPIC, village.live_home(bodies=bodies))
    assert live_card(Wording("ja"), live.newest("radar-east"))["bodies_words"] == words
