"""The kernel against random histories, and the referee against kernels that lack one rule each."""

import importlib.util
import sys
from pathlib import Path

import pytest

from edge.repel import safety
from simulators.repel import histories
from simulators.repel.histories import play

HISTORIES = 1000
SOURCE = Path(safety.__file__).read_text(encoding="utf-8")


def test_in_no_random_history_is_a_rule_broken() -> None:
    played = play(0, HISTORIES)
    assert played.broken == []
    assert played.shots > HISTORIES / 3  # a kernel that never fires would break no rule
    assert played.remote_shots > 0
    assert {reason.value for reason in safety.Reason} == set(played.vetoes)


@pytest.mark.system
@pytest.mark.parametrize(
    ("rule", "without"),
    [
        ("(Reason.STOPPED, state.stopped)", "(Reason.STOPPED, False)"),
        ("(Reason.DISARMED, not settings.armed)", "(Reason.DISARMED, False)"),
        ("not scene.eye_ok or _within(state.blind_s", "_within(state.blind_s"),
        ("_within(state.blind_s, settings.person_clear_s, now.at_s)", "False"),
        ("scene.person_in_view or _within(", "_within("),
        ("_within(state.person_s, settings.person_clear_s, now.at_s)", "False"),
        ("other or bear", "bear"),
        ("(Reason.SPECIES, other or bear)", "(Reason.SPECIES, other)"),
        ("now.unix_ms < state.muted_until_ms", "False"),
        ("now.local is None or not _in_hours(settings, now.local)", "False"),
        ("if not settings.hours.hold(local.time()):", "if False:"),
        ("sun is not None and sun[0] <= local < sun[1]", "True"),
        (
            "return [output for output in settings.outputs if settings.far_enough(output)]",
            "return settings.outputs",
        ),
        (">= settings.daily_dose", "> settings.daily_dose"),
        ("(Reason.GAP, _within(state.attempt_s", "(Reason.GAP, False and _within(state.attempt_s"),
        ("attempt_s = None if over else now.at_s", "attempt_s = None"),
        ("min(on_s, output.max_on_s)", "on_s"),
        ("if output.name in outputs", "if True"),
        ("if now.at_s >= offer.until_s:", "if False:"),
        ("if not genuine or offer is None", "if offer is None"),
        ("challenge != offer.challenge", "False"),
        ("    state = replace(state, offer=None)\n    if now.at_s", "    if now.at_s"),
        ("if not scene.confirmed or scene.visit is None or scene.count < 1:", "if scene.visit is None:"),
    ],
)
def test_the_referee_catches_a_kernel_without_that_rule(
    monkeypatch: pytest.MonkeyPatch, rule: str, without: str
) -> None:
    assert rule in SOURCE
    monkeypatch.setattr(histories, "safety", _kernel(SOURCE.replace(rule, without)))
    for first in range(0, 20_000, 100):
        if play(first, 100).broken:
            return
    pytest.fail("no history shows that the rule is gone")


def _kernel(source: str) -> object:
    spec = importlib.util.spec_from_loader("a_kernel_that_lacks_a_rule", loader=None)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    exec(compile(source, "safety.py", "exec"), module.__dict__)
    return module
