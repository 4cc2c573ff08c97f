"""Beyond half the log: fits that are held to it, flagged, and near the truth."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.benchmarks.averaging import lost
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth
from apportion.fitting.mixed import accepting, mixed
from apportion.fitting.utility import first_accepted
from apportion.planner.beyond import with_beyond
from apportion.planner.build import plan
from apportion.planner.check import check
from apportion.planner.costs import Prices
from apportion.planner.table import ValueTable
from apportion.planner.value import value_table

PRICE = Prices(sample=1.0, verdict=0.1)


@pytest.fixture(scope="module")
def made() -> tuple[Counts, Truth, ValueTable]:
    trace, truth = simulate("mixed", problems=150, samples=16, verdicts=2, seed=3)
    log = count(trace)
    return log, truth, with_beyond(value_table([log], PRICE), [log], PRICE, 0)


def test_accepting_the_first_is_worth_what_the_world_says(
    made: tuple[Counts, Truth, ValueTable],
) -> None:
    """For these problems; a standard error from half the log's own noise and the fit's worlds."""
    _, truth, table = made
    right, wrong = truth.p * truth.tpr, (1 - truth.p) * truth.fpr
    off = table.believed
    assert off is not None
    for b, o in enumerate(off.columns.tolist()):
        option = table.options[o]
        assert option.fitted
        assert option.solutions > 8
        if option.strategy != "accept-first":
            continue
        ends = first_accepted(right, wrong, np.asarray([float(option.solutions)]))
        error = np.hypot(off.right[:, :, b].mean(axis=1).std(), 0.5 / np.sqrt(16 * 150))
        assert abs(table.value[:, o].mean() - ends[0].mean()) < 4 * error
        assert table.cost[:, o].mean() == pytest.approx(1.1 * ends[2].mean(), rel=0.12)
    assert table.wrong is not None
    assert (table.value + table.wrong <= 1 + 1e-9).all()


def test_more_solutions_go_on_from_half_the_log(made: tuple[Counts, Truth, ValueTable]) -> None:
    _, _, table = made
    worth = {
        (o.strategy, o.solutions): v
        for o, v in zip(table.options, table.value.mean(0), strict=True)
    }
    assert worth["accept-first", 12] >= worth["accept-first", 8] - 1e-3
    assert worth["accept-first", 12] - worth["accept-first", 8] < 0.05
    assert worth["majority", 16] == pytest.approx(worth["majority", 8], abs=0.05)


def test_rates_of_all_families_are_those_of_the_world() -> None:
    trace, truth = simulate("mixed", problems=200, samples=16, verdicts=1, seed=5)
    log, rng = count(trace), np.random.default_rng(0)
    known = mixed(log, worlds=100, rng=rng)
    assert known.weight.sum() == pytest.approx(1)
    error = np.sqrt((truth.p * (1 - truth.p)).mean() / (16 * 200))
    assert abs(known.solve.mean() - truth.p.mean()) < 4 * error
    never = log.c == 0
    assert (known.solve[:, never].mean(axis=0) > 0).all()
    right, wrong = accepting(log, known, rng)
    assert abs(right.mean() - (truth.p * truth.tpr).mean()) < 4 * error
    assert abs(wrong.mean() - ((1 - truth.p) * truth.fpr).mean()) < 4 * error


def test_a_plan_beyond_the_log_says_so_and_can_be_checked() -> None:
    """A verifier that is never wrong, and problems that need more than the log has."""
    logs = []
    for seed in (1, 2):
        log = count(simulate("bimodal", problems=40, samples=12, seed=seed)[0])
        assert log.drawn is not None
        accepts = log.drawn.right.astype(np.int8)[:, None]
        logs.append(replace(log, verifier="sure", drawn=replace(log.drawn, accepts=accepts)))
    far = plan(logs[0], 60.0, "samples")
    used = [part.option for level in far.levels for part in level.split]
    assert any(option.fitted and option.solutions > 12 for option in used)
    assert any("not seen but fitted" in doubt for doubt in far.doubts)
    parts = [part for level in far.json()["levels"] for part in level["split"]]  # type: ignore[attr-defined]
    assert any(part.get("beyond_log") for part in parts)
    seen = check(far, logs[1])
    assert any("valued by fits to this log" in doubt for doubt in seen.doubts)
    near = plan(logs[0], 60.0, "samples", most=6)
    assert all(p.option.solutions <= 6 for level in near.levels for p in level.split)


def test_fits_start_from_what_half_the_log_says(made: tuple[Counts, Truth, ValueTable]) -> None:
    """A size that the log itself can value, valued by fits, has the log's own mean."""
    log, _, table = made
    again = with_beyond(value_table([log], PRICE), [log], PRICE, 0, far=np.asarray([8]))
    own = {(o.strategy, o.solutions, o.verdicts): i for i, o in enumerate(table.options)}
    off = again.believed
    assert off is not None
    for o in off.columns.tolist():
        each = again.options[o]
        exact = table.value[:, own[each.strategy, each.solutions, each.verdicts]].mean()
        assert again.value[:, o].mean() == pytest.approx(exact, abs=2e-3)  # clipped at 0 and 1


def test_all_families_lose_no_more_than_the_likeliest() -> None:
    """A check of a few logs, paired; the gate over many is in `make calibrate`."""
    pairs = np.asarray([lost(8, seed) for seed in range(8)])
    gain = pairs[:, 1] - pairs[:, 0]
    assert gain.mean() > -2 * gain.std(ddof=1) / np.sqrt(len(gain))
