"""Keys and codes: numbering by runs or by a join gives what a dictionary gives."""

from pathlib import Path

import polars as pl
import pytest
from apportion.data import store
from apportion.data.codes import encode, in_order
from apportion.data.door import cast_columns, sound
from apportion.data.keys import distinct, heads, numbered
from apportion.data.schema import TABLES
from apportion.data.synthetic import simulate
from hypothesis import given, settings
from hypothesis import strategies as st

ROWS = st.lists(
    st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, "x"]), st.integers(0, 3)),
    min_size=1,
    max_size=9,
)


def frame(rows: list[tuple[str | None, str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"p": pl.String, "q": pl.String, "i": pl.Int64}, orient="row")


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_keys_are_numbered_as_a_dictionary_would(
    rows: list[tuple[str | None, str | None, int]],
) -> None:
    seen: dict[tuple[str | None, str | None], int] = {}
    expected = [seen.setdefault(row[:2], len(seen)) for row in rows]
    assert numbered(frame(rows), ["p", "q"]).to_list() == expected
    found = dict.fromkeys(heads(frame(rows), ["p", "q"]).rows())
    assert list(found) == list(seen)
    assert distinct(frame(rows), ["p", "q"]) == (len(seen) == len(rows))
    assert distinct(frame(rows), ["p", "q", "i"]) == (len(set(rows)) == len(rows))


def test_an_empty_table_has_no_keys() -> None:
    none = frame([("a", None, 1)]).head(0)
    assert numbered(none, ["p", "q"]).to_list() == []
    assert distinct(none, ["p", "q", "i"])
    assert distinct(none, ["p", "q"])
    assert len(heads(none, ["p", "q"])) == 0


NUMBER = st.sampled_from([None, 0.0, -1.0, 0.5, float("nan"), float("inf")])
WHOLE = st.sampled_from([None, 0, 1, -1])
SAMPLE = st.fixed_dictionaries(
    {"problem": st.sampled_from([None, "a", "b"]), "sample": WHOLE},
    optional={
        "model": st.sampled_from([None, "m"]),
        "temperature": NUMBER,
        "attempt": WHOLE,
        "chain": WHOLE,
        "round": WHOLE,
        "score": NUMBER,
        "mean_logprob": NUMBER,
        "output_tokens": WHOLE,
        "seconds": NUMBER,
    },
)
TALLY = st.fixed_dictionaries(
    {
        "problem": st.sampled_from(["a", "b"]),
        "n": st.sampled_from([0, 1, 2, 10**7, 10**7 + 1]),
        "c": st.sampled_from([-1, 0, 1, 2]),
    },
    optional={"output_tokens": NUMBER},
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.tuples(st.just("samples"), st.lists(SAMPLE, min_size=1, max_size=3)),
        st.tuples(st.just("tallies"), st.lists(TALLY, min_size=1, max_size=3)),
    )
)
def test_the_quick_check_of_the_rules_agrees_with_the_schema(
    drawn: tuple[str, list[dict[str, object]]],
) -> None:
    name, rows = drawn
    table = cast_columns(pl.DataFrame(rows, infer_schema_length=None), name, "drawn")
    good, _ = TABLES[name].filter(table)
    assert sound(table, name) == (len(good) == len(table))


def test_codes_number_problems_by_appearance_and_answers_by_order() -> None:
    samples = pl.DataFrame(
        {"problem": ["b", "a", "b", "b"], "answer": ["y", "z", None, "x"], "sample": [0, 0, 1, 2]}
    ).with_columns(attempt=pl.lit(None, pl.Int64))
    codes = encode(samples)
    assert codes.rows() == [(0, 1), (1, 0), (0, None), (0, 0)]
    assert not in_order(samples, codes)
    by_problem = samples.sort("problem", maintain_order=True)
    assert in_order(by_problem, encode(by_problem))


def test_codes_return_with_an_orderly_trace_and_never_with_a_part_of_it(tmp_path: Path) -> None:
    trace = simulate(problems=5, samples=4)[0]
    assert trace.codes is None
    store.write(trace, tmp_path / "trace")
    kept = store.read(tmp_path / "trace")
    assert kept.codes is not None
    assert kept.codes.equals(encode(trace.samples))
    assert kept.samples.columns == trace.samples.columns
    assert kept.where(run=None).codes is None


@pytest.mark.parametrize("shuffled", [True, False])
def test_a_trace_of_several_groups_or_out_of_order_keeps_no_codes(
    tmp_path: Path, shuffled: bool
) -> None:
    trace = simulate(problems=5, samples=4)[0]
    odd = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("m")).otherwise(pl.lit("w"))
    samples = trace.samples.reverse() if shuffled else trace.samples.with_columns(model=odd)
    whole = type(trace)(trace.problems, samples, trace.verdicts, trace.tallies, trace.header)
    store.write(whole, tmp_path / "trace")
    assert store.read(tmp_path / "trace").codes is None
