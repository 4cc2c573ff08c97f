"""Chains: read, kept and checked like any column; revisions are no draws, and raise no doubt."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.data import store
from apportion.data.chains import chains, first_answers
from apportion.data.door import admit
from apportion.data.doubts import doubts, stop_rule
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, Header, Trace, assemble
from polars.testing import assert_frame_equal

Row = dict[str, object]

# (problem, sample, chain, round, correct): chain 1 of a comes out of order, b has a free sample.
ROWS = [
    ("a", 5, 1, 1, 1), ("a", 0, 0, 0, 0), ("a", 1, 0, 1, 1), ("a", 4, 1, 0, 1),
    ("b", 2, None, None, 0), ("b", 0, 7, 0, 1), ("b", 1, 7, 1, 0),
]  # fmt: skip
COLUMNS = ("problem", "sample", "chain", "round", "correct")


def rows(told: Sequence[tuple[object, ...]] = ROWS) -> pl.DataFrame:
    return pl.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in told])


def log(told: Sequence[tuple[object, ...]] = ROWS, **columns: object) -> Trace:
    more = {name: pl.lit(value) for name, value in columns.items()}
    samples = rows(told).with_columns(**more)
    return assemble(Header(), samples=admit(samples, "samples", "made"))


def put(frame: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_ndjson(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_chains_are_read_written_and_read_again(tmp_path: Path, ending: str) -> None:
    trace = read(put(rows(), tmp_path / f"log.{ending}"))
    assert trace.samples["chain"].to_list() == rows()["chain"].to_list()
    assert trace.samples["round"].to_list() == rows()["round"].to_list()
    store.write(trace, tmp_path / "trace")
    assert_frame_equal(store.read(tmp_path / "trace").samples, trace.samples)


def test_a_trace_without_the_columns_opens_with_them_empty(tmp_path: Path) -> None:
    trace = log([("a", i, None, None, i % 2) for i in range(4)])
    store.write(trace, tmp_path / "trace")
    [kept] = (tmp_path / "trace").glob("samples-*.parquet")
    assert not {"chain", "round"} & set(pl.read_parquet_schema(kept))
    opened = store.read(tmp_path / "trace").samples
    assert opened["chain"].null_count() == opened["round"].null_count() == 4


@pytest.mark.parametrize("only", [None, "counts"])
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (("b", 3, None, 1, 1), "row 8: a sample must have a chain and a round, or neither; got"
                               " chain=None, round=1"),
        (("b", 3, 4, None, 1), "row 8: a sample must have a chain and a round, or neither; got"
                               " chain=4, round=None"),
        (("b", 3, 7, 1, 1), "row 7: a round must stand once in its chain; got problem='b',"
                            " sample=1, chain=7, round=1"),
        (("b", 3, 7, -1, 1), "row 8: round must be >= 0; got round=-1"),
        (("b", 3, -7, 0, 1), "row 8: chain must be >= 0; got chain=-7"),
        (("b", 1, 8, 0, 1), "must be unique; got problem='b', sample=1"),
    ],
)  # fmt: skip
def test_a_bad_chain_is_refused_in_one_line_whether_or_not_samples_are_kept(
    tmp_path: Path, bad: tuple[object, ...], said: str, only: str | None
) -> None:
    path = put(rows([*ROWS, bad]), tmp_path / "log.jsonl")
    with pytest.raises(InputError) as error:
        read(path, only=only)  # type: ignore[arg-type]
    assert str(error.value).startswith(f"{path}: row ")
    assert str(error.value).endswith(said)


def test_the_same_chain_and_round_may_stand_in_another_problem_or_run() -> None:
    both = pl.concat([log(run="x").samples, log(run="y").samples])
    assert_frame_equal(admit(both, "samples", "made"), both)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_revisions_are_left_out_where_only_counts_are_kept(tmp_path: Path, ending: str) -> None:
    path = put(rows(), tmp_path / f"log.{ending}")
    whole, few = count(read(path)), count(read(path, only="counts"))
    assert whole.problems == few.problems == ("a", "b")
    assert whole.n.tolist() == few.n.tolist() == [2, 2]
    assert whole.c.tolist() == few.c.tolist() == [1, 1]


def test_a_log_of_revisions_alone_says_what_it_lacks(tmp_path: Path) -> None:
    late = [("a", i, 0, i + 1, 1) for i in range(3)]
    with pytest.raises(InputError, match="counts need first answers"):
        read(put(rows(late), tmp_path / "log.csv"), only="counts")
    trace = read(tmp_path / "log.csv")
    assert any("1 of 1 chains lack their first answer" in said for said in trace.header.doubts)
    with pytest.raises(InputError, match="no sample is graded"):
        count(trace)


def test_first_answers_are_the_trace_itself_where_nothing_was_revised() -> None:
    free = simulate(problems=3, samples=4, verdicts=1)[0]
    assert first_answers(free) is free
    first = log([row for row in ROWS if row[3] in (None, 0)])
    assert first_answers(first) is first
    assert_frame_equal(first_answers(log()).samples, first.samples)


def test_verdicts_on_revisions_go_with_them() -> None:
    keys = log().samples.select("problem", "sample")
    told = keys.with_columns(verifier=pl.lit("v"), verdict=pl.lit(0), accepts=pl.lit(True))
    verdicts = admit(told, "verdicts", "made")
    trace = assemble(Header(), samples=log().samples, verdicts=verdicts)
    first = first_answers(trace)
    assert first.verdicts.select("problem", "sample").rows() == [
        ("a", 0), ("a", 4), ("b", 2), ("b", 0)
    ]  # fmt: skip


def test_chains_lie_in_the_order_of_the_problems_asked_for() -> None:
    found = chains(log(output_tokens=3), ("b", "a"))
    assert found is not None
    assert found.of.tolist() == [0, 1, 1]
    assert found.start.tolist() == [0, 2, 4, 6]
    assert found.right.tolist() == [1, 0, 0, 1, 1, 1]
    assert found.output_tokens.tolist() == [3] * 6
    assert np.isnan(found.seconds).all()
    assert chains(first_answers(log([ROWS[4]])), ("b",)) is None


def test_a_chain_with_a_gap_is_left_out() -> None:
    found = chains(log([*ROWS, ("a", 8, 2, 0, 1), ("a", 9, 2, 2, 1)]), ("a", "b"))
    assert found is not None
    assert found.of.tolist() == [0, 0, 1]


def revised(problems: int = 30, chained: int = 6, rounds: int = 4) -> Trace:
    """A log that a naive look would doubt: revisions learn, repeat their text, and are cold."""
    rng = np.random.default_rng(8)
    told = [
        (f"p{p}", c * rounds + r, c, r, int(r > 0 or rng.random() < 0.4))
        for p in range(problems)
        for c in range(chained)
        for r in range(rounds)
    ]
    trace = log(told, output_tokens=100)
    text = pl.concat_str("problem", "chain", separator="-")
    return replace(trace, samples=trace.samples.with_columns(text_hash=text))


def test_chains_raise_none_of_the_doubts_about_independence() -> None:
    assert doubts(revised()) == ()
    cold = revised(chained=1)
    cold = replace(cold, samples=cold.samples.with_columns(temperature=pl.lit(0.0)))
    assert doubts(cold) == ()
    # The same rows, taken for draws, do raise them.
    bare = [pl.lit(None, pl.Int64).alias(name) for name in ("chain", "round")]
    said = " ".join(doubts(replace(cold, samples=cold.samples.with_columns(bare))))
    for doubt in ("later attempts", "word for word", "at temperature 0"):
        assert doubt in said


def test_the_stop_rule_is_read_off_the_first_answers() -> None:
    trace = revised()
    ended = (pl.col("chain") > 2) & (pl.col("round") > 1) & (pl.col("problem") > "p2")
    uneven = replace(trace, samples=trace.samples.filter(~ended))
    assert stop_rule(uneven) == FIXED


def test_broken_and_uneven_chains_are_doubted() -> None:
    trace = revised(problems=10)
    gone = (pl.col("chain") == 1) & (pl.col("round") == 0)
    ended = (pl.col("chain") == 2) & (pl.col("round") > 1)
    broken, short = doubts(replace(trace, samples=trace.samples.filter(~gone & ~ended)))
    assert broken.startswith("10 of 60 chains lack their first answer (round 0) or a round after")
    assert short.startswith("10 of 50 chains end before others do, the first after round 1")
