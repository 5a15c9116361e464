"""A home whose scorers cannot be read watches on by its rules, and says so."""

from contract.messages import Fault
from edge.assembly import device_from
from edge.clock import ManualClock
from edge.fall_scorer import ScorerError
from edge.home_settings import HomeSettings


def test_a_network_that_cannot_be_read_is_a_fault_and_the_home_watches_on(tmp_path, monkeypatch):
    def broken(*_args):
        raise ScorerError("descent.json: no such file; install mimamori anew")

    monkeypatch.setattr("edge.fall_scorer.scorers_from", broken)
    settings = HomeSettings.model_validate(
        {"device": "home-01", "data_directory": str(tmp_path), "radar": {"port": str(tmp_path / "port")}}
    )
    home = device_from(settings, ManualClock(1_700_000_000_000))
    home.open()

    events = home.step(0.0).events
    home.close()

    told = {one.code: one for one in events if isinstance(one, Fault)}
    assert told["scorer_unusable"].component == "fall"
    assert "install mimamori anew" in (told["scorer_unusable"].detail or "")
