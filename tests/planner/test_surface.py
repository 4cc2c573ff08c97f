"""A level's cells are the planner's own options, worth and costing what they do in the plan."""

import numpy as np
import pytest
from apportion.data.synthetic import simulate
from apportion.planner.asked import Asked
from apportion.planner.build import grounded, plan
from apportion.planner.ground import Ground
from apportion.planner.next_sample import next_sample
from apportion.planner.plan import Plan
from apportion.planner.surface import Cells, surfaces

BUDGET = 6.0


@pytest.fixture(scope="module")
def base() -> Ground:
    log, _ = simulate("mixed", problems=40, samples=32, verdicts=2, seed=3)
    nothing = (None, None, None)
    asked = Asked(BUDGET, None, "samples", "given", *nothing[:2], 0.0, {}, None, None, None, 0.9)
    return grounded(log, asked)


@pytest.fixture(scope="module")
def made(base: Ground) -> Plan:
    return plan(base, BUDGET, "samples", levels="given")


@pytest.fixture(scope="module")
def cells(base: Ground, made: Plan) -> tuple[Cells, ...]:
    return surfaces(base, made, unit="samples")


def test_every_level_has_cells_and_every_row_more_than_one_size(cells: tuple[Cells, ...]) -> None:
    assert {each.level for each in cells} == {"1-easy", "2-medium", "3-hard"}
    for each in cells:
        assert {(r.kind, r.verdicts) for r in each.rows} >= {
            ("unjudged", 0), ("until accepted", 1), ("judged", 1), ("judged", 2),
        }  # fmt: skip
        assert (np.isfinite(each.estimate).sum(axis=1) > 1).all()


def test_a_cell_is_worth_and_costs_what_its_option_does(
    base: Ground, cells: tuple[Cells, ...]
) -> None:
    table, of = base.plain.table, base.plain.levels.of
    for i, each in enumerate(cells):
        for r, row in enumerate(each.rows):
            if row.kind != "judged":
                continue
            for s, size in enumerate(each.solutions):
                same = [
                    j
                    for j, o in enumerate(table.options)
                    if (o.solutions, o.verdicts) == (size, row.verdicts)
                    and o.strategy in ("best-of", "weighted", "best-of-majority")
                ]
                values = [float(table.value[of == i, j].mean()) for j in same]
                assert each.estimate[r, s] == pytest.approx(
                    max(values, default=np.nan), nan_ok=True
                )
                # Verdicts are free where the budget counts samples.
                assert not same or each.cost[r, s] == pytest.approx(size)


def test_the_chosen_cells_are_the_plan(made: Plan, cells: tuple[Cells, ...]) -> None:
    for level, each in zip(made.levels, cells, strict=True):
        shares = sum(weight for _, _, weight in each.chosen)
        assert shares + each.elsewhere == pytest.approx(1)
        if each.elsewhere < 1e-9:
            spent = sum(each.cost[r, s] * weight for r, s, weight in each.chosen)
            assert spent == pytest.approx(level.cost)


def test_a_cell_alone_chosen_cannot_be_told_from_the_plan(cells: tuple[Cells, ...]) -> None:
    alone = [each for each in cells if len(each.chosen) == 1 and each.elsewhere < 1e-9]
    assert alone
    for each in alone:
        row, column, _ = each.chosen[0]
        low, high = each.ends
        assert low[row, column] <= each.estimate[row, column] <= high[row, column]
        # The cell may hold a better option that draws the same; then it may be told apart.
        assert each.alike[row, column] or each.rows[row].kind == "judged"
        assert not each.alike.all()


def test_the_best_cell_within_a_budget_costs_no_more_and_grows_with_it(
    cells: tuple[Cells, ...],
) -> None:
    for each in cells:
        assert each.best(0.5) is None
        found = [each.best(budget) for budget in (1.0, 2.0, 8.0, 64.0)]
        places = [place for place in found if place is not None]
        assert len(places) == len(found)
        budgets = zip((1.0, 2.0, 8.0, 64.0), places, strict=True)
        assert all(each.cost[place] <= budget + 1e-9 for budget, place in budgets)
        worth = [each.estimate[place] for place in places]
        assert worth == sorted(worth)


def test_what_to_log_next_is_the_same_from_the_log_and_from_a_plans_ground(base: Ground) -> None:
    log, _ = simulate("mixed", problems=40, samples=32, verdicts=2, seed=3)
    one = next_sample(log, BUDGET, "samples", levels="given")
    two = next_sample(base, BUDGET, "samples")
    assert one.doubts == two.doubts
    assert [p for p, _, _ in one.problems] == [p for p, _, _ in two.problems]
    for mine, other in zip(one.candidates, two.candidates, strict=True):
        assert (mine.what, mine.level, mine.verifier) == (other.what, other.level, other.verifier)
        assert (mine.amount, mine.cost) == pytest.approx((other.amount, other.cost))
        assert mine.gain == pytest.approx(other.gain, abs=1e-12)
