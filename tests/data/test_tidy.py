"""Tidy files: every format gives the same trace, and several sources are joined as they should."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from apportion.data.errors import InputError
from apportion.data.readers import files, read
from apportion.data.traces import FIXED, Trace
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

Rows = Sequence[dict[str, object]]
Write = Callable[..., Path]

ROWS: Rows = [
    {"problem": "é, \"x\"", "sample": 0, "correct": True, "answer": "007", "score": 0.5},
    {"problem": "é, \"x\"", "sample": 1, "correct": False, "answer": " 7", "score": -1e-9},
    {"problem": "007", "sample": 0, "correct": None, "answer": None, "score": None},
    {"problem": "7", "sample": 3, "correct": True, "answer": "NaN", "score": 3.0},
]  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows to a file of the name's kind."""

    def put(name: str, rows: Rows) -> Path:
        path = tmp_path / name
        if path.suffix == ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif path.suffix == ".csv":
            pl.DataFrame(rows, infer_schema_length=None).write_csv(path)
        else:
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
        return path

    return put


def column(trace: Trace, name: str) -> list[object]:
    found: list[object] = trace.samples[name].to_list()
    return found


def refused(*sources: Path, **more: dict[str, str]) -> str:
    """What the reader says against the sources."""
    with pytest.raises(InputError) as error:
        read(sources, names=more.get("names"), verdicts=more.get("verdicts"))
    return str(error.value)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_format_reads_to_the_same_trace(write: Write, ending: str) -> None:
    one, other = read([write("log.jsonl", ROWS)]), read([write(f"log.{ending}", ROWS)])
    for table in ("problems", "samples", "verdicts", "tallies"):
        assert_frame_equal(getattr(one, table), getattr(other, table))


def test_names_keep_their_zeros_and_answers_their_text(write: Write) -> None:
    for name in ("log.csv", "log.jsonl", "log.parquet"):
        trace = read([write(name, ROWS)])
        assert trace.problems["problem"].to_list() == ["é, \"x\"", "007", "7"]  # fmt: skip
        assert column(trace, "answer") == ["007", " 7", None, "NaN"]


@pytest.mark.parametrize(
    "dressed",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\n" + text.replace(b"\n", b"\n\n"),
        lambda text: text.rstrip(b"\n"),
    ],
    ids=["byte order mark", "CRLF", "blank lines", "no last newline"],
)
@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_the_dress_of_a_text_file_changes_nothing(
    write: Write, name: str, dressed: Callable[[bytes], bytes]
) -> None:
    path = write(name, ROWS)
    plain = read([path])
    path.write_bytes(dressed(path.read_bytes()).removeprefix(b"\n" if name == "log.csv" else b""))
    assert_frame_equal(read([path]).samples, plain.samples)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
    st.text("abcé\U0001f600 \t\"\\/", max_size=4),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text("ab é")]),
    st.data(),
)
def test_the_fast_and_the_patient_parser_agree_on_one_type(
    only: st.SearchStrategy[object], data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.one_of(st.none(), only), min_size=1, max_size=6))
    text = "".join(json.dumps({"x": v, "y": 1}) + "\n" for v in values).encode()
    fast = pl.read_ndjson(text, infer_schema_length=None)
    patient = files._patient(text, Path("log.jsonl"))
    assert fast["x"].to_list() == patient["x"].to_list()


@settings(max_examples=60, deadline=None)
@given(st.lists(SCALARS, min_size=1, max_size=6))
def test_a_column_of_mixed_types_loses_no_value(
    tmp_path_factory: pytest.TempPathFactory, values: list[object]
) -> None:
    path = tmp_path_factory.mktemp("mixed") / "log.jsonl"
    rows = [{"problem": "a", "sample": i, "correct": 1, "answer": v} for i, v in enumerate(values)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept = read([path]).samples["answer"]
    assert [v is None for v in kept] == [v is None or v == "" for v in values]
    for value, text in zip(values, kept, strict=True):
        if isinstance(value, str) and value:
            assert text == value
        elif isinstance(value, bool):
            assert text == ("true" if value else "false")
        elif isinstance(value, int | float):
            assert float(text) == value


TRUTHS = [(True, [True, 1, 1.0, "1", "true", "True", "yes"]), (False, [False, 0, 0.0, "0", "NO"])]


@pytest.mark.parametrize(("meant", "values"), TRUTHS)
def test_0_and_1_are_booleans_however_they_are_written(
    write: Write, meant: bool, values: list[object]
) -> None:
    rows = [{"problem": "a", "sample": i, "correct": v} for i, v in enumerate([*values, None])]
    assert column(read([write("log.jsonl", rows)]), "correct") == [*[meant] * len(values), None]
    for value in values:
        assert column(read([write("log.csv", [{**rows[0], "correct": value}])]), "correct") == [
            meant
        ]


def test_null_is_not_false(write: Write) -> None:
    trace = read([write("log.csv", ROWS)])
    assert column(trace, "correct") == [True, False, None, True]
    assert "1 of 4 samples are ungraded" in " ".join(trace.header.doubts)


@pytest.mark.parametrize("three", [3, 3.0, "3", "3.0", " 3 "])
def test_a_count_of_three_is_three_however_it_is_written(write: Write, three: object) -> None:
    trace = read([write("log.jsonl", [{"problem": 12, "n": three, "c": 1}])])
    assert trace.tallies.select("problem", "n", "c").row(0) == ("12", 3, 1)


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet"])
def test_large_whole_numbers_stay_exact(write: Write, name: str) -> None:
    big = 2**60 + 1
    assert column(read([write(name, [{"problem": big, "sample": big, "correct": 1}])]), "sample")[
        0
    ] == (big)
    assert len(read([write(name, [{"problem": "a", "n": 10**7, "c": 0}])])) == 10**7


def test_numbers_that_pandas_made_floats_keep_their_names(write: Write) -> None:
    rows = [{"problem": 1.0, "sample": 0, "answer": a, "gold": 42} for a in (42.0, 42.5, None)]
    for i, row in enumerate(rows):
        row["sample"] = float(i)
    trace = read([write("log.parquet", rows)])
    assert trace.problems.select("problem", "gold").row(0) == ("1", "42")
    assert column(trace, "answer") == ["42", "42.5", None]
    assert column(trace, "correct") == [True, False, None]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_answers_are_graded_against_the_gold_of_their_own_file(write: Write, ending: str) -> None:
    answers = [" 42", "42.0", "43", None]
    rows = [{"problem": 1, "sample": i, "answer": a, "gold": "42"} for i, a in enumerate(answers)]
    trace = read([write(f"log.{ending}", rows)])
    assert column(trace, "correct") == [True, True, False, None]


def test_answers_are_graded_against_the_gold_of_a_problems_file(write: Write) -> None:
    answers = [{"problem": p, "sample": 0, "answer": "x"} for p in ("a", "b", "c")]
    golds = [{"problem": "a", "gold": "x"}, {"problem": "b", "gold": "y"}]
    graded = [{"problem": "d", "sample": 0, "correct": 0, "answer": "x"}]
    paths = [write("s.jsonl", answers), write("t.jsonl", graded), write("p.csv", golds)]
    assert column(read(paths), "correct") == [True, False, None, False]
    assert "'gold'" in refused(*paths[:2])


def test_what_several_files_tell_of_a_problem_is_joined(write: Write) -> None:
    s = write("s.jsonl", [{"problem": 1, "sample": 0, "correct": 1, "level": "easy"}])
    t = write("t.jsonl", [{"problem": 1, "sample": 1, "correct": 1, "level": None}])
    p = write("p.csv", [{"problem": 1, "level": "easy"}])
    g = write("g.csv", [{"problem": 1, "gold": "x"}])
    told = read([s, t, p, g]).problems
    assert told.rows() == [("1", "easy", None, "x")]


def test_a_level_may_be_missing_in_some_samples(write: Write) -> None:
    rows = [
        {"problem": 1, "sample": i, "correct": 1, "level": v} for i, v in enumerate([None, "x"])
    ]
    assert read([write("s.jsonl", rows)]).problems["level"].to_list() == ["x"]


def test_verdicts_find_their_samples_in_any_order_of_files(write: Write) -> None:
    s = write("s.jsonl", [{"problem": 1, "sample": i, "correct": 1, "run": "r"} for i in (0, 1)])
    v = write(
        "v.jsonl",
        [
            {"problem": "1", "sample": i, "verifier": "v", "accepts": a}
            for i, a in [(0, 1), (0, None), (1, 0)]
        ],
    )
    for paths in ([s, v], [v, s]):
        verdicts = read(paths).verdicts
        assert verdicts["run"].to_list() == ["r"] * 3
        assert verdicts["verdict"].to_list() == [0, 1, 0]
        assert verdicts["accepts"].to_list() == [True, None, False]


def test_a_column_becomes_a_verifier(write: Write) -> None:
    rows = [
        {"problem": 1, "sample": i, "correct": 1, "weak": w, "points": p}
        for i, (w, p) in enumerate([(1, 0.5), (None, 1.0), ("True", -2)])
    ]
    for name in ("s.jsonl", "s.csv"):
        path = write(name, [{**row, "weak": None if i == 1 else 1} for i, row in enumerate(rows)])
        trace = read([path], verdicts={"w": "weak", "p": "points"})
        assert trace.verifiers == ["w", "p"]
        lifted = trace.verdicts.filter(pl.col("verifier") == "w")
        assert lifted["accepts"].to_list() == [True, None, True]
        assert lifted["score"].null_count() == 3
        assert trace.verdicts.filter(pl.col("verifier") == "p")["score"].to_list() == [0.5, 1, -2]
        assert "notes" not in trace.header.settings
    mixed = read([write("m.jsonl", rows)], verdicts={"w": "weak"}).verdicts
    assert mixed["accepts"].to_list() == [True, None, True]


def test_a_map_holds_in_every_file_that_has_the_column(write: Write) -> None:
    s = write("s.jsonl", [{"task": 1, "sample": 0, "passed": 1}])
    v = write("v.jsonl", [{"task": 1, "sample": 0, "verifier": "v", "ok": 0}])
    names = {"problem": "task", "correct": "passed", "accepts": "ok"}
    trace = read([s, v], names=names)
    assert column(trace, "correct") == [True]
    assert trace.verdicts["accepts"].to_list() == [False]


def test_a_map_may_swap_two_columns_or_use_one_twice(write: Write) -> None:
    path = write("s.jsonl", [{"problem": 0, "sample": "x", "correct": 1}])
    swapped = read([path], names={"problem": "sample", "sample": "problem"}).samples
    assert swapped.select("problem", "sample").row(0) == ("x", 0)
    path = write("t.jsonl", [{"problem": 0, "sample": 0, "correct": 1, "topic": "algebra"}])
    told = read([path], names={"level": "topic", "benchmark": "topic"}).problems
    assert told.select("level", "benchmark").row(0) == ("algebra", "algebra")


def test_runs_in_one_file_are_never_merged(write: Write) -> None:
    rows = [
        {"problem": 1, "sample": 0, "correct": r == "x", "run": r, "temperature": t}
        for r in ("x", "y")
        for t in (0.2, 0.8)
    ]
    trace = read([write("s.jsonl", rows)])
    assert [(g.run, g.temperature, len(part)) for g, part in trace.groups()] == [
        ("x", 0.2, 1), ("x", 0.8, 1), ("y", 0.2, 1), ("y", 0.8, 1),
    ]  # fmt: skip


def test_samples_and_counts_of_other_problems_stand_side_by_side(write: Write) -> None:
    s = write("s.jsonl", [{"problem": 1, "sample": 0, "correct": 1}])
    c = write("c.csv", [{"problem": 2, "n": 5, "c": 1}])
    trace = read([s, c])
    assert trace.problems["problem"].to_list() == ["1", "2"]
    assert len(trace) == 6
    assert trace.header.stop_rule != FIXED


def test_what_was_not_read_is_noted_and_harmless(write: Write) -> None:
    rows = [{"problem": 1, "sample": 0, "correct": 1, "x": {"y": [1]}, "z": float("nan")}]
    trace = read([write("s.jsonl", rows)])
    assert trace.header.settings["notes"] == ["s.jsonl: columns not read: x, z"]


def test_surrogates_without_partner_keep_names_apart(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    names = ("\\ud800", "\\udfff", "\\ud83d\\ude00")
    path.write_text("".join(f'{{"problem":"{n}","sample":0,"correct":1}}\n' for n in names))
    assert read([path]).problems["problem"].to_list() == ["\\ud800", "\\udfff", "\U0001f600"]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("problem", pl.Series([b"a"]), "'problem' must hold plain values; got Binary"),
        ("problem", pl.Series([["a"]]), "'problem' must hold plain values; got List(String)"),
        ("answer", pl.Series([{"a": 1}]), "'answer' must hold plain values; got Struct"),
        ("seconds", pl.Series([2_000_000]).cast(pl.Duration("us")), "seconds must be a number"),
        ("sample", pl.Series([1]).cast(pl.Datetime("us")), "sample must be a whole number"),
        ("sample", pl.Series([2**64 - 1], dtype=pl.UInt64), "got 18446744073709551615"),
        ("sample", pl.Series([float("nan")]), "sample must be a whole number; got nan"),
        ("correct", pl.Series([float("nan")]), "true or false (or 1 or 0); got nan"),
    ],
)  # fmt: skip
def test_a_parquet_column_of_another_kind_is_refused(
    tmp_path: Path, name: str, values: pl.Series, said: str
) -> None:
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame({"problem": ["a"], "sample": [0], "correct": [True]})
    frame.with_columns(values.alias(name)).write_parquet(path)
    assert said in refused(path)


def test_categories_and_decimals_are_read_for_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    frame = pl.DataFrame({"problem": ["a", "b"], "sample": [0, 0], "correct": [1.0, 0.0]})
    frame.with_columns(
        pl.col("problem").cast(pl.Categorical), pl.col("correct").cast(pl.Decimal(5, 1))
    ).write_parquet(path)
    trace = read([path])
    assert column(trace, "problem") == ["a", "b"]
    assert column(trace, "correct") == [True, False]


def test_one_source_or_several_are_given_as_they_come(write: Write) -> None:
    s = write("s.jsonl", [{"problem": 1, "sample": 0, "correct": 1}])
    v = write("v.jsonl", [{"problem": 1, "sample": 0, "verifier": "v", "accepts": 0}])
    assert len(read(str(s)).samples) == len(read([s]).samples) == 1
    assert_frame_equal(read(s, str(v)).verdicts, read([s, v]).verdicts)
    with pytest.raises(InputError, match="at least one source"):
        read()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_packed_file_reads_like_the_file(write: Write, ending: str) -> None:
    plain = write(f"log.{ending}", ROWS)
    packed = plain.with_name(f"packed.{ending}.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert_frame_equal(read([packed]).samples, read([plain]).samples)
    assert read([packed], only="counts").tallies.equals(read([plain], only="counts").tallies)


def test_an_error_in_a_packed_file_names_that_file(tmp_path: Path) -> None:
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"problem": "a", "sample": 0, "correct": true}\n{"problem'))
    assert refused(packed).startswith(f"{packed}: line 2 is not a JSON object")
    packed.write_bytes(packed.read_bytes()[:20])
    assert refused(packed).startswith(f"{packed}: not a readable")
