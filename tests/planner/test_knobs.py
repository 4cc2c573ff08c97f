"""Plans over knobs: the best of every mixture, prices by terms, levels, doubts, refusals."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.chain import chain
from apportion.fitting.laws.knoblaw import KnobLaw
from apportion.fitting.laws.knobs import knob_law
from apportion.planner.knobs import KnobPlan, knob_plan
from apportion.planner.terms import priced, term
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

TRIED = {"documents": [1.0, 2, 4, 8], "shots": [1.0, 3, 9]}
PRICE = ["100:documents", "10:documents*shots", "50"]


def fitted(level: float, seed: int = 0) -> KnobLaw:
    rng = np.random.default_rng(seed)
    grid = np.array(list(product(*TRIED.values())))
    ease = rng.normal(level, 0.5, 20)
    p = expit(ease[:, None] + np.log(grid) @ [0.5, 0.2])
    c = rng.binomial(10, p).ravel().astype(float)
    knobs = {n: np.tile(x, 20) for n, x in zip(TRIED, grid.T, strict=True)}
    tasks = [str(i) for i in np.repeat(np.arange(20), len(grid))]
    return knob_law(knobs, np.full(len(c), 10.0), c, tasks=tasks, seed=seed, worlds=100)


LAWS = {"easy": fitted(0.0), "hard": fitted(-2.0, 1)}


def planned(budget: float = 600.0, **how: object) -> KnobPlan:
    return knob_plan(LAWS, budget, PRICE, tried=TRIED, **how)  # type: ignore[arg-type]


def test_a_price_is_the_sum_of_its_terms() -> None:
    settings = {"documents": np.array([2.0, 3.0]), "shots": np.array([4.0, 5.0])}
    assert priced(settings, [term(t) for t in PRICE]).tolist() == [330.0, 500.0]


def test_no_pair_of_settings_within_the_budget_beats_the_plan() -> None:
    """Brute force over one setting a level; the plan may split one level, so it is as good."""
    made = planned()
    grid = np.array(list(product(*TRIED.values())))
    settings = dict(zip(TRIED, grid.T, strict=True))
    cost = priced(settings, [term(t) for t in PRICE])
    value = [law.worlds(settings)[1:].mean(axis=0) for law in LAWS.values()]
    best = max(
        (value[0][i] + value[1][j]) / 2
        for i, j in product(range(len(grid)), repeat=2)
        if (cost[i] + cost[j]) / 2 <= 600
    )
    assert made.frontier_at(600) >= best - 1e-12
    assert made.upper_bound >= made.frontier_at(600) - 1e-12
    assert made.upper_bound - made.frontier_at(600) < 1e-9
    assert made.spent == pytest.approx(600)


def test_more_budget_never_hurts_and_the_shares_are_those_of_the_mix() -> None:
    values = [planned(b).frontier_at(b) for b in (200, 400, 800, 1600)]
    assert values == sorted(values)
    made = planned(mix={"easy": 3.0, "hard": 1.0})
    assert [level.share for level in made.levels] == [0.75, 0.25]
    whole = sum(level.share * level.accuracy.estimate for level in made.levels)
    assert made.accuracy.estimate == pytest.approx(whole)
    assert made.accuracy.low < made.accuracy.estimate < made.accuracy.high


def test_one_law_may_have_levels_that_differ_by_what_tasks_are_like() -> None:
    rng = np.random.default_rng(5)
    gain = np.repeat(rng.normal(size=30), 4)
    x = np.tile([1.0, 2, 4, 8], 30)
    c = rng.binomial(20, expit(-1 + gain + 0.5 * np.log(x))).astype(float)
    law = knob_law(
        {"documents": x}, np.full(120, 20.0), c, tasks=[str(i // 4) for i in range(120)],
        covariates={"gain": gain},
    )  # fmt: skip
    made = knob_plan(
        law, 300, ["100:documents"], tried={"documents": [1, 2, 4, 8]},
        covariates={"like": {"gain": 1.0}, "unlike": {"gain": -1.0}},
    )  # fmt: skip
    assert made.levels[0].accuracy.estimate > made.levels[1].accuracy.estimate


class Revised:
    """A chain of revisions as a law of one knob, the rounds."""

    names, weight = ("rounds",), 1.0

    def __init__(self) -> None:
        flips = np.random.default_rng(0).random((40, 6))
        right = [flips[:, 0] < 0.3]
        for flip in flips.T[1:]:
            right.append(np.where(right[-1], flip >= 0.05, flip < 0.3))
        self.chain = chain(np.column_stack(right).astype(float))

    def worlds(self, settings: Mapping[str, Floats], _: object = None) -> Floats:
        return self.chain.at(settings["rounds"].astype(int)).worlds

    def beyond(self, settings: Mapping[str, Floats]) -> Floats:
        return np.maximum(np.log(settings["rounds"] / 6), 0.0)


def test_any_law_that_gives_accuracy_in_worlds_can_be_planned_with() -> None:
    """Two rounds cost 20; the plan is the best whole number of rounds, or a mixture of two."""
    law = Revised()
    made = knob_plan(law, 35.0, ["10:rounds"], tried={"rounds": [1, 2, 3, 4, 5, 6]})
    [level] = made.levels
    assert {setting["rounds"] for _, setting in level.split} == {3.0, 4.0}
    two = law.worlds({"rounds": np.array([3.0, 4.0])})[1:].mean(axis=0)
    assert made.frontier_at(35.0) == pytest.approx(two.mean())


def test_simpler_uses_are_shown_and_what_lies_beyond_the_log_is_doubted() -> None:
    made = planned()
    assert set(made.instead) == {
        "one setting for all levels", "only documents turned", "only shots turned"
    }  # fmt: skip
    assert all(a.estimate <= made.accuracy.estimate + 0.01 for a in made.instead.values())
    far = knob_plan(LAWS["easy"], 1e6, PRICE, tried=TRIED | {"documents": [1.0, 8, 100]})
    assert any("e-folds beyond the settings logged" in doubt for doubt in far.doubts)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"budget": 10.0}, "budget must be >= 160, the least price; got 10"),
        ({"price": []}, "needs a price"),
        ({"price": ["3:document"]}, "did you mean 'documents'"),
        ({"price": ["x:documents"]}, "NUMBER:KNOB"),
        ({"tried": {"documents": [1.0]}}, "values to try are needed of each knob"),
        ({"mix": {"easy": 1.0}}, "mix must give a share"),
        ({"tried": TRIED | {"shots": list(np.arange(1.0, 9_000))}}, "1 to 20,000 in all"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(
    change: dict[str, object], line: str
) -> None:
    given = {"laws": LAWS, "budget": 600.0, "price": PRICE, "tried": TRIED} | change
    with pytest.raises(InputError, match=line):
        knob_plan(**given)  # type: ignore[arg-type]


def test_json_has_the_shape_of_a_plan() -> None:
    told = planned().json()
    assert set(told) == {
        "budget", "spent", "accuracy", "levels", "baselines", "frontier", "certificate", "doubts"
    }  # fmt: skip
