"""Settings are chosen on some recordings and checked on others."""

from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from models.falls.choosing import FIELDS, STEPS, choose
from models.falls.opening import Found
from models.falls.recording import Kind, Recording, TrueFall, Truth


def lying_at(number: int, low_m: float, *, falls: bool) -> Recording:
    """Stands 2 s, then goes down to ``low_m`` within half a second and stays there."""
    scenes = []
    for n in range(50):
        at_s = n / 10
        height_m = 0.95 if at_s < 2.0 else max(low_m, 0.95 - 2.0 * (at_s - 2.0))
        body = Body(
            1, Place(0, 3), height_m, 1.8 * height_m, (height_m,), int(height_m < 0.4), 0.0, 0.5, 0.0, at_s
        )
        scenes.append(Scene(at_s, (body,)))
    truth = Truth((TrueFall(2.0),) if falls else (), complete=True, source="labels")
    return Recording(f"r{number}", "r", Kind.DEPTH_FEATURES, 5.0, lambda: scenes, truth, unit=f"r{number}")


def test_each_part_is_judged_by_what_was_chosen_without_it():
    recordings = [lying_at(n, 0.2, falls=True) for n in range(2)]
    recordings += [lying_at(n, 0.6, falls=False) for n in range(2, 4)]
    (choice,) = choose(Found(recordings=recordings))
    assert choice.units == 4
    assert sum(fold.falls for fold in choice.folds) == 2
    assert sum(fold.missed + fold.false for fold in choice.folds) == 0
    assert "held out, all parts: 2 of 2 falls, 0 false" in "\n".join(choice.lines())


def test_among_equals_what_is_set_stays():
    recordings = [
        lying_at(n, 0.2, falls=n % 2 == 0) if n % 2 == 0 else lying_at(n, 0.8, falls=False) for n in range(6)
    ]
    (choice,) = choose(Found(recordings=recordings))
    assert choice.chosen == (1.0,) * len(FIELDS)
    assert 1.0 in STEPS


def test_one_recording_alone_chooses_nothing():
    assert choose(Found(recordings=[lying_at(0, 0.2, falls=True)])) == []
