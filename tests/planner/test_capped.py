"""The allocation under caps is the optimum of its linear programme, and behaves like one."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.planner import capped as module
from apportion.planner.allocate import Allocation, allocate, budget_for, steps
from apportion.planner.capped import Capped, capped, frontier, undominated
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

quick = settings(max_examples=60, deadline=None)
WITHIN = 1 + 1e-9


@dataclass(frozen=True)
class World:
    """Costs, values, shares, costs in other units, and caps; the first option is free and 0."""

    cost: Floats
    value: Floats
    share: Floats
    others: Floats
    caps: Floats

    def capped(self, budget: float, floor: Floats | None = None) -> Capped:
        return capped(self.cost, self.value, self.share, budget, self.others, self.caps, floor)

    def spent(self, made: Allocation) -> Floats:
        """What an allocation spends in each unit (1 + K,), the budget's first."""
        usable = np.where(np.isfinite(self.cost), self.cost, 0.0)
        assert not made.weight[~np.isfinite(self.cost)].any()
        costs = np.concatenate([usable[None], self.others])
        return np.asarray(np.einsum("l,lo,ulo->u", self.share, made.weight, costs))

    def loose(self) -> "World":
        return replace(self, caps=self.others.max(axis=2).sum(axis=1) + 1.0)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Numbers from coarse grids, so that ties, equals and options on one line are common."""
    levels, options, units = (
        draw(st.integers(1, 4)),
        draw(st.integers(2, 7)),
        draw(st.integers(1, 3)),
    )
    shape = (levels, options)
    cost = draw(nps.arrays(float, shape, elements=st.integers(1, 12).map(float)))
    others = draw(nps.arrays(float, (units, *shape), elements=st.integers(0, 8).map(float)))
    value = draw(nps.arrays(float, shape, elements=st.integers(0, 10).map(lambda i: i / 10)))
    share = draw(nps.arrays(float, levels, elements=st.integers(1, 5).map(float)))
    caps = draw(nps.arrays(float, units, elements=st.integers(0, 12).map(lambda i: i / 2)))
    cost[:, 0], others[:, :, 0], value[:, 0] = 0.0, 0.0, 0.0
    return World(cost, value, share / share.sum(), others, caps)


def random_world(rng: np.random.Generator, levels: int = 3, options: int = 40) -> World:
    """Units of very different size: tokens, seconds, dollars."""
    shape = (levels, options)
    scale = np.asarray([20.0, 0.01])
    cost, value = 1000 * rng.gamma(1.0, 1.0, shape), rng.random(shape)
    others = scale[:, None, None] * rng.gamma(1.0, 1.0, (2, *shape))
    cost[:, 0], others[:, :, 0], value[:, 0] = 0.0, 0.0, 0.0
    caps = scale * rng.uniform(0.01, 1.0, 2)
    return World(cost, value, rng.dirichlet(np.ones(levels)), others, caps)


@quick
@given(worlds(), st.floats(0, 15))
def test_loose_caps_change_nothing(world: World, budget: float) -> None:
    world = world.loose()
    made = world.capped(budget)
    alone = allocate(world.cost, world.value, world.share, budget)
    assert made.allocation.value == pytest.approx(alone.value, abs=1e-9)
    assert made.binding == ()
    assert (made.prices == 0).all()


@quick
@given(worlds(), st.floats(0, 15))
def test_infinite_caps_and_budgets_are_none(world: World, budget: float) -> None:
    none = replace(world, caps=np.full(len(world.caps), np.inf))
    loose = world.loose().capped(budget).allocation
    assert none.capped(budget).allocation.value == pytest.approx(loose.value, abs=1e-9)
    best = none.capped(np.inf)
    assert best.allocation.value == pytest.approx(world.share @ world.value.max(axis=1), abs=1e-9)
    assert best.allocation.price == 0
    assert best.binding == ()


@quick
@given(worlds(), st.floats(0, 15))
def test_an_allocation_keeps_its_promises(world: World, budget: float) -> None:
    """Neither the budget nor a cap is exceeded, rows add up to 1, and it says what it comes to."""
    made = world.capped(budget).allocation
    assert (world.spent(made) <= np.append(budget, world.caps) * WITHIN).all()
    np.testing.assert_allclose(made.weight.sum(axis=1), 1, atol=1e-12)
    assert (made.weight >= 0).all()
    assert made.spent == pytest.approx(world.spent(made)[0], abs=1e-12)
    assert made.value == pytest.approx((world.share[:, None] * made.weight * world.value).sum())


@pytest.mark.parametrize("seed", range(40))
def test_no_allocation_does_better(seed: int) -> None:
    """Weak duality: prices of 0 or more bound every allocation, and this one reaches the bound."""
    rng = np.random.default_rng(seed)
    world = random_world(rng)
    world.cost[rng.random(world.cost.shape) < 0.1] = np.inf
    world.cost[:, 0] = 0.0
    for budget in rng.uniform(0, 1000, 4):
        made = world.capped(budget)
        got = made.allocation
        assert got.price >= 0
        assert (made.prices >= 0).all()
        usable = np.isfinite(world.cost)
        net = world.value - got.price * np.where(usable, world.cost, 0.0)
        net = np.where(usable, net - np.tensordot(made.prices, world.others, 1), -np.inf)
        bound = got.price * budget + made.prices @ world.caps + world.share @ net.max(axis=1)
        assert got.upper_bound == pytest.approx(bound, abs=1e-12)
        assert got.upper_bound == pytest.approx(got.value, abs=1e-9)
        assert (world.spent(got) <= np.append(budget, world.caps) * WITHIN).all()


@quick
@given(worlds(), st.floats(0, 15), st.floats(0, 1))
def test_a_tighter_cap_never_gives_more(world: World, budget: float, part: float) -> None:
    loose = world.capped(budget)
    for unit in range(len(world.caps)):
        caps = world.caps.copy()
        caps[unit] *= part
        tight = replace(world, caps=caps).capped(budget)
        assert tight.allocation.value <= loose.allocation.value + 1e-9
        # Its price says at most how much less.
        lost = loose.allocation.value - tight.allocation.value
        assert lost <= tight.prices[unit] * (world.caps[unit] - caps[unit]) + 1e-9


@quick
@given(worlds(), st.floats(0, 15), st.floats(0, 5))
def test_more_budget_never_hurts_and_buys_less_and_less(
    world: World, budget: float, more: float
) -> None:
    low, middle, high = (
        capped(world.cost, world.value, world.share, amount, world.others, world.caps)
        for amount in (budget, budget + more, budget + 2 * more)
    )
    rise = middle.allocation.value - low.allocation.value
    assert rise >= -1e-9
    assert high.allocation.value - middle.allocation.value <= rise + 1e-9
    if more > 1e-6:
        assert high.allocation.price <= low.allocation.price + 1e-9


@pytest.mark.parametrize(("levels", "pieces"), [(1, 200), (2, 40)])
def test_a_grid_of_all_mixtures_comes_close_and_no_further(levels: int, pieces: int) -> None:
    """Rounding a mixture down to the grid loses at most one piece of each of two options."""
    row = [(i, j) for i in range(pieces + 1) for j in range(pieces + 1 - i)]
    each = np.asarray([(pieces - i - j, i, j) for i, j in row]) / pieces
    places = np.asarray(list(itertools.product(range(len(each)), repeat=levels)))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        world = random_world(rng, levels, 3)
        budget = rng.uniform(0, 800)
        costs = np.concatenate([world.cost[None], world.others])
        spent = sum(world.share[i] * (each @ costs[:, i].T)[places[:, i]] for i in range(levels))
        reached = sum(world.share[i] * (each @ world.value[i])[places[:, i]] for i in range(levels))
        best = reached[(spent <= np.append(budget, world.caps)).all(axis=1)].max()
        got = world.capped(budget).allocation.value
        assert best - 1e-9 <= got <= best + 2 / pieces


@quick
@given(worlds(), st.floats(0, 15))
def test_pruning_changes_nothing(world: World, budget: float) -> None:
    costs = np.concatenate([world.cost[None], world.others])
    kept = undominated(costs, world.value)
    assert kept.any(axis=1).all()
    for level, option in np.argwhere(~kept):
        no_dearer = (costs[:, level] <= costs[:, level, [option]]).all(axis=0)
        assert (kept[level] & no_dearer & (world.value[level] >= world.value[level, option])).any()
    made = world.capped(budget).allocation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "undominated", lambda costs, _: np.isfinite(costs).all(axis=0))
        whole = world.capped(budget).allocation
    assert made.value == pytest.approx(whole.value, abs=1e-9)
    assert not made.weight[~kept].any()


def test_of_equal_options_the_first_is_kept() -> None:
    value = np.asarray([[0.0, 0.5, 0.5, 0.5, 0.4]])
    costs = np.asarray([[[0.0, 1.0, 1.0, 2.0, 1.0]], [[0.0, 3.0, 3.0, 2.0, 2.0]]])
    assert undominated(costs, value).tolist() == [[True, True, False, True, True]]


@quick
@given(worlds(), st.floats(0, 15))
def test_a_cap_binds_when_nothing_of_it_is_left(world: World, budget: float) -> None:
    made = world.capped(budget)
    left = world.caps - world.spent(made.allocation)[1:]
    for unit, cap in enumerate(world.caps):
        if unit in made.binding:
            assert left[unit] <= 2e-9 * cap
        else:
            assert left[unit] > 0
            assert made.prices[unit] == 0


@quick
@given(worlds(), st.lists(st.sampled_from([0.0, 0.7, 1.0]), min_size=4, max_size=4))
def test_floors_are_kept_and_the_bound_is_without_them(world: World, parts: list[float]) -> None:
    floor = np.asarray(parts)[: len(world.share)] * world.value.max(axis=1)
    world = world.loose()
    free = world.capped(3.0).allocation
    try:
        made = world.capped(3.0, floor).allocation
    except InputError as error:
        needed = float(str(error).split("at least ")[1].split()[0])
        assert needed > 3.0 * (1 - 1e-5)
        made = world.capped(needed * (1 + 1e-5), floor).allocation
        free = world.capped(needed * (1 + 1e-5)).allocation
    assert ((made.weight * world.value).sum(axis=1) >= floor - 1e-9).all()
    assert made.value <= free.value + 1e-9
    assert made.upper_bound >= free.value - 1e-9


@quick
@given(worlds(), st.data())
def test_a_refused_limit_suffices_once_it_is_what_was_asked(
    world: World, data: st.DataObject
) -> None:
    """Each refusal names a limit and the least it may be: no more of them than there are limits."""
    parts = data.draw(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=4, max_size=4))
    floor = np.asarray(parts)[: len(world.share)] * world.value.max(axis=1)
    limits = np.append(0.5, world.caps)
    for _ in limits:
        try:
            replace(world, caps=limits[1:]).capped(limits[0], floor)
            return
        except InputError as error:
            name, told = str(error).split(" must be at least ")
            unit = 0 if name == "budget" else 1 + int(name[5:-1])
            needed = float(told.split()[0])
            assert needed > limits[unit] * (1 - 1e-5)
            limits[unit] = needed * (1 + 1e-5)
    replace(world, caps=limits[1:]).capped(limits[0], floor)


TINY = World(
    np.asarray([[0.0, 1.0, 4.0], [0.0, 1.0, 4.0]]),
    np.asarray([[0.0, 0.5, 0.9], [0.0, 0.2, 0.4]]),
    np.asarray([0.5, 0.5]),
    np.asarray([[[0.0, 2.0, 2.0], [0.0, 2.0, 2.0]]]),
    np.asarray([1.5]),
)


@pytest.mark.parametrize(
    ("budget", "cap", "floor", "told"),
    [
        (
            9.0,
            9.0,
            [0.95, 0.0],
            "floor of level 0 must be at most 0.9, the most that its options reach; got 0.95",
        ),
        (
            9.0,
            1.5,
            [0.9, 0.4],
            "caps[0] must be at least 2 per problem for every level to have its floor; got 1.5",
        ),
        (
            2.0,
            1.5,
            [0.9, 0.1],
            "budget must be at least 2.25 per problem for every level to have its floor"
            " within the other caps; got 2",
        ),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(
    budget: float, cap: float, floor: list[float], told: str
) -> None:
    with pytest.raises(InputError) as error:
        replace(TINY, caps=np.asarray([cap])).capped(budget, np.asarray(floor))
    assert str(error.value) == told


def test_a_level_that_may_use_nothing_is_refused() -> None:
    cost = TINY.cost.copy()
    cost[1] = np.inf
    with pytest.raises(InputError, match="level 1 must be left an option; got none"):
        replace(TINY, cost=cost).capped(1.0)


def test_without_an_option_for_nothing_the_least_budget_is_told() -> None:
    cost = TINY.cost + 3.0
    with pytest.raises(InputError, match=r"budget must be at least 3 .* to have an option"):
        replace(TINY, cost=cost).capped(2.0)
    assert replace(TINY, cost=cost).capped(3.0).allocation.value == pytest.approx(0, abs=1e-9)


def test_a_level_nobody_asks_about_costs_nothing_and_gets_the_best() -> None:
    world = replace(TINY, share=np.asarray([1.0, 0.0]))
    made = world.capped(1.0).allocation
    assert made.value == pytest.approx(0.5 * 8 / 12 + 0.9 * 1 / 12)  # a + 4 b = 1, 2 a + 2 b = 1.5
    assert made.weight[1].tolist() == [0.0, 0.0, 1.0]


@quick
@given(worlds(), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_between_corners_the_frontier_is_a_line(world: World, parts: list[float]) -> None:
    made = frontier(world.cost, world.value, world.share, world.others, world.caps)
    assert (np.diff(made.budgets) > 0).all()
    assert (np.diff(made.values) > 0).all()
    assert (np.diff(np.diff(made.values) / np.diff(made.budgets)) < 1e-9).all()
    budgets = [made.budgets[-1] * 1.1 * part for part in parts]
    each = [
        capped(world.cost, world.value, world.share, budget, world.others, world.caps)
        for budget in budgets
    ]
    between = np.interp(budgets, made.budgets, made.values)
    np.testing.assert_allclose([at.allocation.value for at in each], between, atol=1e-9)


@quick
@given(worlds())
def test_a_corner_is_a_mixture_within_the_caps(world: World) -> None:
    made = frontier(world.cost, world.value, world.share, world.others, world.caps)
    for corner, (budget, value) in enumerate(zip(made.budgets, made.values, strict=True)):
        weight = made.mixture(corner, world.cost.shape[1])
        spent = world.spent(Allocation(weight, 0.0, 0.0, 0.0, 0.0))
        assert (spent <= np.append(budget, world.caps) * WITHIN + 1e-12).all()
        assert (world.share[:, None] * weight * world.value).sum() == pytest.approx(value)


@quick
@given(worlds(), st.floats(0.05, 0.95))
def test_with_loose_caps_the_frontier_is_the_sorted_one(world: World, part: float) -> None:
    world = world.loose()
    made = frontier(world.cost, world.value, world.share, world.others, world.caps)
    sorted_one = steps(world.cost, world.value, world.share)
    wanted = part * sorted_one.values[-1]
    assert budget_for(made, wanted) == pytest.approx(budget_for(sorted_one, wanted), abs=1e-7)
    assert made.budgets[-1] == pytest.approx(sorted_one.budgets[-1], abs=1e-7)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """HiGHS can write to file descriptor 1 behind the back of Python."""
    for seed in range(10):
        world = random_world(np.random.default_rng(seed))
        world.capped(300.0)
        with pytest.raises(InputError):
            world.capped(0.0, np.full(len(world.share), 0.5))
    assert capfd.readouterr() == ("", "")
