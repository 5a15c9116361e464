"""Policy settings, their mends, and the snapshot an alert carries."""

import json

import pytest

from contract.configuration import ConfigurationError, Settings, parse
from gateway import registry
from gateway.alerts.policy import ROLES, Policies, Policy, PolicySettings


class City(Settings):
    policy: PolicySettings = PolicySettings()


def test_a_fall_asks_the_family_then_the_minsei_iin_then_the_desk() -> None:
    policy = Policy.from_snapshot(Policies(PolicySettings()).snapshot("fall"))
    assert [(step.role, step.wait_s) for step in policy.steps] == [
        ("family", 180),
        ("minsei_iin", 300),
        ("desk", 300),
    ]
    assert policy.then == ("desk", "technician")


def test_a_bears_sighting_has_its_own_policy() -> None:
    policies = Policies(PolicySettings())
    assert policies.snapshot("sighting", "monkey")["name"] == "sighting"
    assert policies.snapshot("sighting", "bear")["name"] == "bear"


def test_a_snapshot_is_json_and_survives_a_newer_program() -> None:
    snapshot = Policies(PolicySettings()).snapshot("fall")
    stored = json.loads(json.dumps(snapshot))
    assert Policy.from_snapshot({**stored, "later": 1}) == Policy.from_snapshot(snapshot)


def test_steps_are_counted_on_through_the_rounds() -> None:
    policy = Policy.from_snapshot(Policies(PolicySettings()).snapshot("fall"))
    assert policy.last_step == 8
    assert policy.step(4).role == "minsei_iin"
    with pytest.raises(IndexError):
        policy.step(9)


def test_steps_that_wait_0_s_belong_to_the_next() -> None:
    policy = Policy.from_snapshot(Policies(PolicySettings()).snapshot("sighting", "bear"))
    assert [policy.group_start(number) for number in range(7)] == [0, 0, 2, 2, 4, 4, 6]


def test_back_off_doubles_up_to_its_most() -> None:
    retry = Policy.from_snapshot(Policies(PolicySettings()).snapshot("fall")).retry
    assert [retry.pause_ms(tries) for tries in (1, 2, 3, 6, 7, 10_000)] == [
        2000,
        4000,
        8000,
        60_000,
        60_000,
        60_000,
    ]


def test_a_policy_of_ones_own_is_read_from_the_file() -> None:
    text = '[policy.fall]\nrounds = 2\nsteps = [{ role = "family", wait_s = 20 }, { role = "desk", wait_s = 5.5 }]\n'
    fall = parse(text, City, "city.toml").policy.fall
    assert [(step.role, step.wait_s) for step in fall.steps] == [("family", 20), ("desk", 5.5)]


@pytest.mark.parametrize(
    ("text", "line", "mend"),
    [
        ('[policy.fall]\n\nsteps = [{ role = "aunt", wait_s = 60 }]', 3, "use one of family, minsei_iin"),
        ('[policy.fall]\nsteps = [{ role = "family", wait_s = 0 }]', 1, "give its wait_s a minute"),
        ("[policy.fall]\nsteps = []", 2, "at least 1 item"),
        (
            '[policy.fault]\nthen = ["aunt"]\nsteps = [{ role = "desk", wait_s = 60 }]',
            2,
            "use some of family",
        ),
        ("[policy.retry]\ntries = 0", 2, "greater than or equal to 1"),
        ("[policy]\nfalls = 1", 2, "unknown key"),
    ],
)
def test_a_wrong_policy_says_where_and_how_to_mend(text: str, line: int, mend: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, City, "city.toml")
    problem = caught.value.problems[0]
    assert problem.line == line
    assert mend in problem.mend


def test_an_unknown_kind_of_alert_has_no_policy() -> None:
    with pytest.raises(ValueError, match="fall, sighting"):
        Policies(PolicySettings()).snapshot("flood")


def test_a_step_may_name_every_role_of_the_registry() -> None:
    assert set(ROLES) == {role.value for role in registry.Role}
