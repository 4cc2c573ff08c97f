"""Caps in other units and on single problems: kept, named, never a gain, and refused in a line."""

from itertools import pairwise

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.build import plan
from apportion.planner.ground import Ground
from apportion.planner.lay import laid
from apportion.planner.plan import Plan
from apportion.planner.simple import SIMPLER

WITHIN = 1 + 1e-6
PARTS = (2.0, 0.5, 0.2)


@pytest.fixture(scope="module")
def base() -> Ground:
    log = count(simulate("mixed", problems=60, samples=16, verdicts=1, seed=9)[0])
    return laid([log], "given", parallel=1, seed=0, probing=False, most=8)


def apparent(made: Plan) -> float:
    return made.accuracy.estimate + made.optimism


def test_a_tighter_cap_is_kept_and_never_gains(base: Ground) -> None:
    free = plan(base, 6.0, "samples")
    full = free.costs["tokens_solved"] + free.costs["tokens_verified"]
    made = [plan(base, 6.0, "samples", caps={"tokens": full * x}) for x in PARTS]
    for part, each in zip(PARTS, made, strict=True):
        spent = each.costs["tokens_solved"] + each.costs["tokens_verified"]
        assert spent <= full * part * WITHIN
        assert each.spent <= 6.0 * WITHIN
        assert each.json()["caps"] == {"tokens": full * part}
    assert [each.binding for each in made[1:]] == [("tokens",)] * 2
    assert apparent(made[0]) >= apparent(free) - SIMPLER
    assert all(apparent(b) <= apparent(a) + 1e-9 for a, b in pairwise(made))


def test_a_loose_cap_does_not_bind(base: Ground) -> None:
    made = plan(base, 6.0, "samples", caps={"tokens": 1e9})
    assert made.binding == ()
    assert made.json()["binding"] == []


def test_a_hard_cap_holds_on_every_problem_of_a_level(base: Ground) -> None:
    (log,), levels = base.logs, base.plain.levels
    hard = 4 * float(np.median(log.output_tokens))
    made = plan(base, hard, "tokens", hard=hard)
    judge = np.nan_to_num(log.verdict_tokens)
    for i, level in enumerate(made.levels):
        own = levels.of == i
        for option in (part.option for part in level.split):
            each = option.solutions * (log.output_tokens + option.verdicts * judge)
            assert each[own].max() <= hard * WITHIN
    assert made.json()["caps"] == {"per problem": hard}
    free = plan(base, hard, "tokens")
    assert apparent(made) <= apparent(free) + SIMPLER


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_solutions_than_asked_for(base: Ground, most: int) -> None:
    made = plan(base, 6.0, "samples", most=most)
    assert max(part.option.solutions for level in made.levels for part in level.split) <= most


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"caps": {"samples": 3.0}}, "samples is the budget's own unit"),
        ({"caps": {"verdicts": 3.0}}, "unit must be one of samples, tokens.*got 'verdicts'"),
        ({"caps": {"tokens": 0.0}}, "cap: tokens must be a positive number; got 0"),
        ({"caps": {"tokens": float("nan")}}, "cap: tokens must be a positive number; got nan"),
        ({"caps": {"usd": 1.0}}, "unit 'usd' needs a price list"),
        ({"caps": {"seconds": 1.0}}, "unit 'seconds' needs seconds in the log"),
        ({"hard": 0.0}, "the hard cap must be a positive number; got 0"),
        ({"hard": float("nan")}, "the hard cap must be a positive number; got nan"),
        ({"hard": 0.5}, "the hard cap leaves no option at all"),
        ({"most": 0}, "most must satisfy most >= 1; got most=0"),
    ],
)
def test_what_cannot_be_held_is_refused_in_one_line(
    base: Ground, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as told:
        plan(base, 6.0, "samples", **asked)  # type: ignore[arg-type]
    assert "\n" not in str(told.value)


def test_a_probe_that_the_caps_cannot_pay_is_left_out(base: Ground) -> None:
    """Where a probe was insisted on there is then no plan; else there is one without it."""
    with pytest.raises(InputError, match="the caps leave nothing to pay the smallest probe with"):
        plan(base.logs[0], 6.0, "samples", levels="probe", caps={"tokens": 1.0}, most=8)
    made = plan(base.logs[0], 6.0, "samples", caps={"tokens": 400.0}, most=8)
    assert made.probe is None
    assert made.binding == ("tokens",)
