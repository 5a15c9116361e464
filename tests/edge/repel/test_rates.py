"""Beta distributions on a grid, held to what is known in closed form."""

import pytest

from edge.repel.rates import Rate, surely_better


def rate(left: float, stayed: float) -> Rate:
    return Rate(left, stayed, 0.5 + left, 0.5 + stayed)


def test_the_interval_is_the_beta_distributions():
    # Quantiles 0.025 and 0.975 of Beta(8.5, 3.5), integrated over 400,000 cells.
    assert rate(8, 3).interval() == pytest.approx((0.4349, 0.9165), abs=0.006)
    assert Rate(0, 0, 1.0, 1.0).interval() == pytest.approx((0.025, 0.975), abs=0.006)


def test_of_two_that_are_alike_each_is_better_half_of_the_time():
    assert surely_better(rate(5, 5), rate(5, 5), 0.0) == pytest.approx(0.5, abs=0.01)


def test_that_a_uniform_chance_beats_another_by_a_fifth_has_probability_a_third():
    # P(X > Y + d) = (1 - d)^2 / 2 for independent uniform X, Y.
    one = Rate(0, 0, 1.0, 1.0)
    assert surely_better(one, one, 0.2) == pytest.approx(0.32, abs=0.01)


def test_more_evidence_makes_surer():
    assert surely_better(rate(40, 10), rate(2, 48), 0.1) > surely_better(rate(4, 1), rate(0, 5), 0.1) > 0.9
