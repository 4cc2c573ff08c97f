"""Read as counts: the same counts as with the samples kept, the same refusals, and no samples."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.cli import main
from apportion.data import store
from apportion.data.errors import InputError
from apportion.data.readers import read
from hypothesis import given, settings
from hypothesis import strategies as st


def log(problems: int = 4, n: int = 6, first: int = 0, **columns: object) -> pl.DataFrame:
    """Samples numbered from `first`, some right, some ungraded, problems in alphabetical order."""
    rng = np.random.default_rng(3)
    right = rng.random(problems * n)
    frame = pl.DataFrame(
        {
            "problem": np.repeat([f"p{i}" for i in range(problems)], n),
            "sample": np.tile(np.arange(first, first + n), problems),
            "correct": pl.Series([None if r > 0.9 else bool(r < 0.4) for r in right]),
            "output_tokens": rng.integers(5, 99, problems * n),
        }
    )
    return frame.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def put(frame: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.write_parquet(path, row_group_size=7)
    elif path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_ndjson(path)
    return path


def refused(path: Path, **how: dict[str, str]) -> str:
    with pytest.raises(InputError) as error:
        read(path, only="counts", names=how.get("names"), verdicts=how.get("verdicts"))
    return str(error.value)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("first", [0, 1, 5])
def test_counts_are_those_of_the_samples(tmp_path: Path, ending: str, first: int) -> None:
    path = put(log(first=first, model="m", temperature=0.5), tmp_path / f"log.{ending}")
    whole, few = count(read(path)), count(read(path, only="counts"))
    assert few.drawn is None
    assert few.group == whole.group
    assert few.problems == whole.problems
    assert (few.n.tolist(), few.c.tolist()) == (whole.n.tolist(), whole.c.tolist())
    np.testing.assert_allclose(few.output_tokens, whole.output_tokens, rtol=1e-12)
    assert few.sources == whole.sources


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.integers(0, 4),
            st.sampled_from([None, "m", "w"]),
            st.sampled_from([None, 0, 1]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_refused_with_samples_is_refused_as_counts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str | None, int | None]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    schema = {"problem": pl.String, "sample": pl.Int32, "model": pl.String, "correct": pl.Int8}
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path, row_group_size=3)
    unique = len({(p, s, m) for p, s, m, _ in rows}) == len(rows)
    graded = any(correct is not None for *_, correct in rows)
    if not unique:
        assert "must be unique; got problem=" in refused(path)
    if unique and graded:
        samples = read(path).samples.filter(pl.col("correct").is_not_null())
        told = read(path, only="counts").tallies
        expected = samples.group_by("model", "problem").agg(n=pl.len(), c=pl.col("correct").sum())
        assert set(told.select("model", "problem", "n", "c").rows()) == set(expected.rows())


def test_a_group_column_that_varies_late_is_seen(tmp_path: Path) -> None:
    late = pl.when(pl.int_range(pl.len()) == 23).then(None).otherwise(pl.lit("m"))
    path = put(log().with_columns(model=late), tmp_path / "log.parquet")
    told = read(path, only="counts").tallies
    assert set(told["model"]) == {"m", None}
    assert told["n"].sum() == log()["correct"].count()


def test_a_problem_without_a_grade_is_not_counted_but_doubted(tmp_path: Path) -> None:
    blank = pl.when(pl.col("problem") != "p1").then("correct")
    trace = read(put(log().with_columns(correct=blank), tmp_path / "log.parquet"), only="counts")
    assert trace.tallies["problem"].to_list() == ["p0", "p2", "p3"]
    said = " ".join(trace.header.doubts)
    assert "samples are ungraded and left out" in said
    assert "read as counts: majority, best-of and verdicts need the samples" in said


def test_cold_repeats_and_missing_token_counts_are_doubted(tmp_path: Path) -> None:
    tokens = pl.when(pl.col("sample") > 0).then("output_tokens")
    frame = log(temperature=0.0).with_columns(output_tokens=tokens)
    trace = read(put(frame, tmp_path / "log.parquet"), only="counts")
    said = " ".join(trace.header.doubts)
    assert "4 problems were sampled more than once at temperature 0" in said
    assert "4 of 24 samples lack a token count" in said


def test_spellings_of_one_temperature_are_counted_together(tmp_path: Path) -> None:
    spelt = pl.when(pl.col("sample") < 3).then(pl.lit("0.5")).otherwise(pl.lit("0.50"))
    trace = read(put(log().with_columns(temperature=spelt), tmp_path / "log.csv"), only="counts")
    assert len(trace.tallies) == 4
    assert trace.tallies["temperature"].unique().to_list() == [0.5]


def test_levels_are_kept_and_must_agree(tmp_path: Path) -> None:
    path = put(log(level="hard"), tmp_path / "log.parquet")
    assert count(read(path, only="counts")).levels == ("hard",) * 4
    odd = pl.when(pl.col("sample") == 2).then(pl.lit("easy")).otherwise(pl.lit("hard"))
    said = refused(put(log().with_columns(level=odd), path))
    assert "a problem must have one level" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"correct": pl.lit(2)}, "row 1: correct must be true or false (or 1 or 0); got 2"),
        ({"correct": pl.lit([1])}, "column 'correct' must hold plain values; got List"),
        ({"sample": pl.col("sample") - 1}, "sample must be >= 0; got sample=-1"),
        ({"sample": pl.col("sample") // 2}, "must be unique; got problem='p0', sample=0"),
        ({"sample": pl.lit(0.5)}, "row 1: sample must be a whole number; got 0.5"),
        ({"sample": pl.lit(None)}, "row 1: sample must not be empty"),
        ({"problem": pl.lit("")}, "problem must not be empty"),
        ({"output_tokens": -pl.col("sample")}, "output_tokens must be >= 0; got output_tokens=-5"),
        ({"correct": pl.lit(None, pl.Boolean)}, "no sample is graded"),
    ],
)
def test_bad_values_are_refused_in_the_words_of_the_door(
    tmp_path: Path, change: dict[str, pl.Expr], said: str
) -> None:
    assert said in refused(put(log().with_columns(**change), tmp_path / "log.parquet"))


def test_what_counts_cannot_do_is_said(tmp_path: Path) -> None:
    path = put(log(), tmp_path / "log.parquet")
    assert "counts do not keep" in refused(path, verdicts={"v": "correct"})
    assert "there is no column 'x'" in refused(path, names={"score": "x"})
    assert "counts need a column 'correct'" in refused(put(log().drop("correct"), path))
    path.write_bytes(path.read_bytes()[:-9])
    assert "not a readable parquet file" in refused(path)
    with pytest.raises(InputError, match="only must be 'counts' or None; got 'samples'"):
        read(path, only="samples")  # type: ignore[arg-type]


def test_the_command_line_keeps_counts_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(log().rename({"correct": "passed"}), tmp_path / "log.parquet")
    out = tmp_path / "trace"
    main(["read", str(path), "--counts", "--map", "correct=passed", "-o", str(out), "--json"])
    printed = json.loads(capsys.readouterr().out)
    kept = store.read(out)
    assert printed["samples"] == len(kept) == log()["correct"].count()
    assert len(kept.samples) == 0
    assert kept.tallies["output_tokens"].null_count() == 0
