"""The season's test bed: what its troop does without and with a repeller, and what its figures say."""

import json

import numpy as np
import pytest
from numpy.random import default_rng
from typer.testing import CliRunner

from cli.main import app
from contract.messages import RepelPhase
from edge.repel.chooser import Chooser
from edge.repel.settings import CONTROL
from simulators.field.habituation import Habits, Nature
from simulators.field.season import SeasonRun, settings, world
from simulators.field.season_rivals import Rotation
from simulators.field.season_trial import FEARLESS, HORN, NOTHING, OURS, live
from simulators.field.season_troop import Fright, SeasonTroop
from simulators.field.season_truth import truth

NATURE = Nature(0.05, 30.0, 0.2, 0.6, 0.8, 0.5, 4.0)


def troop(strength: float, size: int = 12) -> SeasonTroop:
    """In the field, feeding, on the tenth minute."""
    made = SeasonTroop(default_rng(3), size, NATURE, {"horn": Fright(strength, 80.0)})
    made.come()
    for _ in range(30):
        made.step(4.0, 1.0)
    return made


def test_an_exposure_costs_response_and_rest_gives_it_back():
    habits = Habits(NATURE, ("horn", "voice"), 4)
    for _ in range(20):
        habits.expose("horn", "west", 2.0, np.ones(4))
    horn, voice = habits.response[0]
    assert horn < 0.45
    assert horn < voice < 1.0
    habits.rest(60.0)
    assert habits.response[0, 0] > 0.85


@pytest.mark.parametrize(("places", "delays"), [(("w", "e"), (2.0, 2.0)), (("w", "w"), (1.0, 9.0))])
def test_another_place_or_another_delay_costs_less(places: tuple[str, ...], delays: tuple[float, ...]):
    same, other = Habits(NATURE, ("horn",), 1), Habits(NATURE, ("horn",), 1)
    for n in range(20):
        same.expose("horn", "w", 2.0, np.ones(1))
        other.expose("horn", places[n % 2], delays[n % 2], np.ones(1))
    assert other.response[0, 0] > same.response[0, 0] + 0.03


def test_a_chase_after_a_stimulus_makes_it_worth_fearing_again():
    made = troop(0.5)
    made.habits.response[:] = 0.2
    made.chased(["horn"])
    assert made.habits.response.mean() == pytest.approx(0.6)
    assert made.danger.mean() > 0.4


def test_what_the_leaders_fear_the_troop_flees_and_what_nobody_fears_moves_nobody():
    frightened, unmoved = troop(5.0), troop(0.0)
    for made in (frightened, unmoved):
        assert made.in_field.all()
        made.frighten("horn", "west", [(20.0, 15.0)], 2.0)
        for _ in range(15):
            made.step(2.0, 1.0)
    assert frightened.led_off
    assert not frightened.in_field.any()
    assert unmoved.in_field.sum() == unmoved.size or unmoved.led_off


def test_the_truth_of_a_stimulus_lies_between_nothing_and_certain():
    feared, plain = troop(5.0), troop(0.0)
    said = {"gone_within_s": 60.0, "not_back_within_s": 600.0, "copies": 12}
    assert truth(feared, [feared], "horn", default_rng(1), **said) > 0.5
    assert truth(plain, [plain], "horn", default_rng(1), **said) < 0.3
    assert truth(feared, [feared], CONTROL, default_rng(1), **said) < 0.3
    assert feared.in_field.all(), "only copies are frightened"


def test_a_season_runs_the_real_kernel_and_tells_of_every_attempt():
    configured = settings()
    run = SeasonRun(world(2001), configured, lambda rng: Chooser(configured, rng), days=5)
    season = run.live()
    fired = [told for told in season.repels if told.phase is RepelPhase.FIRED]
    assert season.activations == sum(told.stimulus != CONTROL for told in fired) > 5
    assert all(told.pins for told in fired if told.stimulus != CONTROL)
    assert all(told.why for told in fired)
    reasons = {told.reason for told in season.repels if told.phase is RepelPhase.VETOED}
    assert "hours" in reasons
    gaps_ms = np.diff([told.pins[0].at_ms for told in fired if told.pins])
    assert (gaps_ms >= 120_000).all()
    by_day = np.bincount([int(told.pins[0].at_ms // 86_400_000) % 1000 for told in fired if told.pins])
    assert by_day.max() <= 24  # twelve of a local day; a day of UTC may touch two


def test_the_same_seed_lives_the_same_season():
    assert live(2002, HORN, 4) == live(2002, HORN, 4)


def test_doing_nothing_costs_the_most_and_fires_nothing():
    nothing, ours = live(2001, NOTHING, 5), live(2001, OURS, 5)
    assert nothing.activations == 0
    assert nothing.eaten_kg > ours.eaten_kg > 0


def test_a_troop_that_fears_nothing_is_given_up():
    lived = live(2003, FEARLESS, 8)
    assert lived.stopped_after is not None
    assert lived.stopped_after <= 30


def test_the_rotation_passes_its_turn_only_when_it_was_done():
    configured = settings()
    rotation = Rotation(configured, ("horn", "voice"))
    first = rotation.choose(0)
    assert rotation.choose(1) == first
    rotation.tried(first)
    assert rotation.choose(2).stimulus == "voice"
    assert first.outputs == ("horn-west", "horn-east")


def test_the_verb_prints_each_figure_with_what_is_wanted(tmp_path):
    file = tmp_path / "season.json"
    ran = CliRunner().invoke(
        app, ["evaluate", "season", "--seeds", "1", "--first", "2001", "--days", "3", "--json", str(file)]
    )
    assert ran.exit_code == 0, ran.output
    for words in ("beside one fixed horn", "beside taking turns", "fewer", "held the truth", "fears nothing"):
        assert words in ran.stdout
    assert len(json.loads(file.read_text())) == 5
