"""Laws of loss averaged: the true one is heard, one alone is itself, few runs weigh alike."""

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.laws.lossmix import loss_laws

from .test_losses import table

BOTH = ("chinchilla", "kaplan")


@pytest.mark.parametrize("truth", BOTH)
def test_the_law_that_is_true_is_heard_more(truth: str) -> None:
    weights = []
    for seed in range(3):
        made = loss_laws(table(truth, 0.001, seed, rows=80), BOTH, worlds=2)
        weights.append(made.weight[BOTH.index(truth)])
        assert made.weight.sum() == pytest.approx(1)
        assert (made.weight >= 0).all()
    assert np.mean(weights) > 0.6


def test_the_average_lies_between_its_laws_and_one_alone_is_itself() -> None:
    columns = table("chinchilla", 0.01, rows=40)
    asked = {"parameters": [1e10], "tokens": [1e12]}
    made = loss_laws(columns, BOTH, worlds=100)
    each = [law.worlds(asked)[0, 0] for law in made.laws]
    whole = made.at(asked)[0]
    assert min(each) <= whole.estimate <= max(each)
    assert whole.low <= whole.estimate <= whole.high
    alone = loss_laws(columns, ["kaplan"], worlds=100)
    assert (alone.worlds(asked) == alone.laws[0].worlds(asked)).all()
    assert alone.doubts == alone.laws[0].doubts


def test_with_few_runs_laws_weigh_alike_and_that_is_said() -> None:
    made = loss_laws({n: x[:8] for n, x in table("chinchilla", 0.01).items()}, BOTH, worlds=20)
    assert made.weight.tolist() == [0.5, 0.5]
    assert any("too few runs to hold the largest out" in doubt for doubt in made.doubts)


def test_laws_of_different_columns_are_refused() -> None:
    with pytest.raises(InputError, match="explain different columns"):
        loss_laws(table("chinchilla", 0.01), ["chinchilla", "parscale"])
