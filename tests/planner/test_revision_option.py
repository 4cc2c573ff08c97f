"""Revisions are options: worth what their chains say, at what their chains cost."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.data.door import admit
from apportion.data.traces import Header, Trace, assemble
from apportion.planner.build import plan
from apportion.planner.costs import Prices
from apportion.planner.value import value_table

ANSWERS = {"a": ["01", "11"], "b": ["10", "00"], "c": ["01", "00"]}
"""By problem, whether each chain is right before and after its revision."""
TOKENS = (100, 150)


def log(told: dict[str, list[str]], tokens: Sequence[int] | None = TOKENS) -> Trace:
    rows = [
        (problem, 10 * chain + r, chain, r, int(right), None if tokens is None else tokens[r])
        for problem, chains in told.items()
        for chain, rounds in enumerate(chains)
        for r, right in enumerate(rounds)
    ]
    names = ("problem", "sample", "chain", "round", "correct", "output_tokens")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return assemble(Header(), samples=admit(frame, "samples", "made"))


def test_a_revision_is_worth_the_share_of_its_chains_that_end_right() -> None:
    counts = count(log(ANSWERS))
    table = value_table([counts], Prices(output_token=1.0))
    (place,) = (o for o, each in enumerate(table.options) if each.strategy == "revision")
    assert table.options[place].solutions == 2
    assert table.value[:, place].tolist() == [1.0, 0.0, 0.5]
    np.testing.assert_allclose(table.cost[:, place], 250)
    first = [o.strategy for o in table.options].index("one")
    assert table.value[:, first].tolist() == [0.5, 0.5, 0.0]


def test_without_tokens_a_revision_costs_a_sample_each() -> None:
    table = value_table([count(log(ANSWERS, None))], Prices(sample=1.0))
    (place,) = (o for o, each in enumerate(table.options) if each.strategy == "revision")
    assert table.cost[:, place].tolist() == [2.0] * 3


def test_a_plan_revises_where_that_helps_and_the_budget_allows() -> None:
    made = log({f"p{i:02d}": ["01", "01", "11", "00"] for i in range(20)})
    rich, poor = (plan(made, budget, "tokens", levels="none") for budget in (250.0, 110.0))
    (level,) = rich.levels
    assert [part.option.strategy for part in level.split] == ["revision"]
    assert rich.accuracy.estimate == pytest.approx(0.75)
    assert rich.spent == pytest.approx(250)
    assert poor.spent <= 110 * (1 + 1e-9)
    assert poor.accuracy.estimate < rich.accuracy.estimate
