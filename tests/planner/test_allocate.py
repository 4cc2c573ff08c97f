"""The allocation is the optimum of a linear program, and behaves like one."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.planner.allocate import Allocation, allocate, budget_for, by_price, hulls, steps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy.optimize import linprog

quick = settings(max_examples=80, deadline=None)
Instance = tuple[Floats, Floats, Floats]


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Costs and values (L, O) and shares (L,); the first option is free and worth nothing.

    Values and costs come from coarse grids, so that ties and options on one line are common.
    """
    levels, options = draw(st.integers(1, 4)), draw(st.integers(2, 7))
    shape = (levels, options)
    cost = draw(nps.arrays(float, shape, elements=st.integers(1, 12).map(float)))
    value = draw(nps.arrays(float, shape, elements=st.integers(0, 10).map(lambda i: i / 10)))
    share = draw(nps.arrays(float, levels, elements=st.integers(1, 5).map(float)))
    cost[:, 0], value[:, 0] = 0.0, 0.0
    return cost, value, share / share.sum()


def random_instance(rng: np.random.Generator) -> Instance:
    levels, options = rng.integers(1, 6), rng.integers(2, 30)
    cost, value = rng.gamma(1.0, 5.0, (levels, options)), rng.random((levels, options))
    cost[:, 0], value[:, 0] = 0.0, 0.0
    return cost, value, rng.dirichlet(np.ones(levels))


def optimum(cost: Floats, value: Floats, share: Floats, budget: float) -> float:
    """The same problem by HiGHS: weights (L, O) in rows that add up to 1, within the budget."""
    levels, options = cost.shape
    found = linprog(
        -(share[:, None] * value).ravel(),
        A_ub=[(share[:, None] * cost).ravel()],
        b_ub=[budget],
        A_eq=np.kron(np.eye(levels), np.ones(options)),
        b_eq=np.ones(levels),
        method="highs",
    )
    assert found.success
    return -float(found.fun or 0.0)


def split_levels(made: Allocation) -> int:
    return int(((made.weight > 1e-9).sum(axis=1) > 1).sum())


@pytest.mark.parametrize("seed", range(60))
def test_no_linear_program_does_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, value, share = random_instance(rng)
    for budget in rng.uniform(0, (share @ cost.max(axis=1)) * 1.2, 4):
        made = allocate(cost, value, share, budget)
        assert made.value == pytest.approx(optimum(cost, value, share, budget), abs=1e-9)


@quick
@given(instances(), st.floats(0, 15))
def test_with_ties_too(instance: Instance, budget: float) -> None:
    made = allocate(*instance, budget)
    assert made.value == pytest.approx(optimum(*instance, budget), abs=1e-9)


@quick
@given(instances(), st.floats(0, 15))
def test_an_allocation_keeps_its_promises(instance: Instance, budget: float) -> None:
    """Never overspent, rows add up to 1, at most one level split, and certified."""
    cost, value, share = instance
    made = allocate(cost, value, share, budget)
    assert made.spent <= budget * (1 + 1e-9) + 1e-12
    np.testing.assert_allclose(made.weight.sum(axis=1), 1, atol=1e-12)
    assert (made.weight >= 0).all()
    assert split_levels(made) <= 1
    assert made.upper_bound >= made.value - 1e-12
    assert made.upper_bound - made.value < 1e-9
    assert made.price >= 0


@quick
@given(instances(), st.floats(0, 15), st.floats(0, 5))
def test_more_budget_never_hurts_and_buys_less_and_less(
    instance: Instance, budget: float, more: float
) -> None:
    low, middle, high = (allocate(*instance, budget + more * i) for i in range(3))
    assert low.value <= middle.value + 1e-12
    assert high.value - middle.value <= middle.value - low.value + 1e-9
    assert high.price <= low.price + 1e-12


@quick
@given(instances(), st.floats(0, 15), st.randoms(use_true_random=False))
def test_the_order_of_levels_and_options_changes_nothing(
    instance: Instance, budget: float, random: "np.random.Generator"
) -> None:
    cost, value, share = instance
    rows = list(range(len(share)))
    columns = list(range(cost.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    turned = allocate(cost[rows][:, columns], value[rows][:, columns], share[rows], budget)
    made = allocate(cost, value, share, budget)
    assert turned.value == pytest.approx(made.value, abs=1e-12)
    assert turned.price == pytest.approx(made.price, abs=1e-12)
    assert turned.upper_bound == pytest.approx(made.upper_bound, abs=1e-12)


@quick
@given(instances())
def test_the_frontier_is_concave_and_every_corner_is_an_optimum(instance: Instance) -> None:
    path = steps(*instance)
    slopes = path.value / path.cost
    assert (np.diff(slopes) <= 1e-12).all()
    assert (slopes > 0).all()
    for budget, value in zip(path.budgets, path.values, strict=True):
        assert value == pytest.approx(optimum(*instance, budget + 1e-12), abs=1e-9)


@quick
@given(instances(), st.floats(0.01, 0.99))
def test_the_budget_for_an_accuracy_is_the_smallest(instance: Instance, part: float) -> None:
    path = steps(*instance)
    accuracy = part * path.values[-1]
    budget = budget_for(path, accuracy)
    assert allocate(*instance, budget).value == pytest.approx(accuracy, abs=1e-9)
    if accuracy > 0:
        assert allocate(*instance, 0.98 * budget).value < accuracy
    assert np.isnan(budget_for(path, path.values[-1] + 0.001))


def test_a_level_nobody_asks_about_costs_nothing() -> None:
    cost, value = np.array([[0.0, 2.0], [0.0, 1.0]]), np.array([[0.0, 0.9], [0.0, 0.5]])
    made = allocate(cost, value, np.array([0.0, 1.0]), 0.5)
    assert (made.spent, made.value, made.price) == (0.5, 0.25, 0.5)


def test_the_hull_holds_the_best_of_equal_costs_and_no_middle_of_a_line() -> None:
    cost = np.array([[0.0, 1.0, 1.0, 2.0, 3.0, 3.5]])
    value = np.array([[0.0, 0.1, 0.3, 0.6, 0.7, 0.7]])
    base, level, old, new, slope = hulls(cost, value)
    assert (base.tolist(), level.tolist()) == ([0], [0, 0])
    assert (old.tolist(), new.tolist()) == ([0, 3], [3, 4])
    np.testing.assert_allclose(slope, [0.3, 0.1])


def test_an_option_of_infinite_cost_is_never_taken() -> None:
    cost, value = np.array([[0.0, np.inf, 2.0]]), np.array([[0.0, 1.0, 0.5]])
    made = allocate(cost, value, np.ones(1), 5.0)
    assert (made.value, made.spent) == (0.5, 2.0)
    assert made.upper_bound == 0.5


def test_levels_are_wrapped_in_pieces_as_they_are_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    cost, value = rng.gamma(1, 5, (50, 9)), rng.random((50, 9))
    whole = steps(cost, value, np.full(50, 0.02))
    monkeypatch.setattr("apportion.planner.allocate.CELLS", 9 * 7)
    pieces = steps(cost, value, np.full(50, 0.02))
    for name in ("level", "old", "new", "cost", "value", "base"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))


@pytest.mark.parametrize("seed", range(8))
def test_a_price_for_all_reaches_the_optimum_but_for_one_increment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, value = rng.gamma(1, 5, (400, 12)), rng.random((400, 12))
    cost[:, 0], value[:, 0] = 0, 0
    share = np.full(400, 1 / 400)
    budget = rng.uniform(0.2, 4)
    option, price = by_price(cost, value, share, budget)
    rows, path = np.arange(400), steps(cost, value, share)
    assert share @ cost[rows, option] <= budget
    best = allocate(cost, value, share, budget)
    short = best.value - share @ value[rows, option]
    assert -1e-12 <= short <= path.value.max()
    assert price >= best.price * (1 - 1e-9)
    with pytest.raises(InputError, match="at least"):
        by_price(cost + 1, value, share, 0.5)
    assert by_price(cost, value, share, 1e9)[1] == 0
