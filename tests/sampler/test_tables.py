"""Raw draws become rows: truth in one column, verdicts in another table, null where unknown."""

from pathlib import Path
from typing import Any

import polars as pl
from apportion.data.sampler import tables, tasks

TASK = tasks.Problem("add-1-0", "add", "easy", "7 + 5 =", "12", (7, 5))


def draw(text: str) -> dict[str, Any]:
    return {"text": text, "tokens": 4, "logprob": -2.0, "finish": "stop", "seconds": 0.25}


RECORD = {
    "problem": "add-1-0",
    "prompt_tokens": 30,
    "solve": [draw(" 12"), draw(" 21"), draw(" dunno")],
    "resolve": [draw(text) for text in (" 12", " 21", " 21", " what", " 12", " 21")],
}
MADE = tables.tables([TASK], [RECORD], "a model", 0.8)


def test_samples_hold_the_truth_and_what_was_measured() -> None:
    assert MADE.samples["correct"].to_list() == [True, False, False]
    assert MADE.samples["answer"].to_list() == ["12", "21", None]
    assert MADE.samples["mean_logprob"].to_list() == [-0.5] * 3
    assert MADE.samples["text_hash"].n_unique() == 3


def test_verdicts_stand_apart_and_silence_is_null() -> None:
    kept = MADE.verdicts.select("sample", "verifier", "verdict", "accepts", "tokens")
    weak = kept.filter(pl.col("verifier") == "weak-test")
    again = kept.filter(pl.col("verifier") == "resolve")
    assert weak["accepts"].to_list() == [True, True, False]
    assert weak["tokens"].to_list() == [0, 0, 0]
    assert again["accepts"].to_list() == [True, False, True, None, False, False]
    assert again["verdict"].to_list() == [0, 1] * 3
    assert again["tokens"].to_list() == [4] * 6


def test_a_reference_is_not_a_gold_answer() -> None:
    code = next(task for task in tasks.problems(0) if task.name == "code-add")
    record = {**RECORD, "problem": code.name, "solve": [draw(" b + a")], "resolve": []}
    made = tables.tables([code], [record], "a model", 0.8)
    assert made.problems["gold"].to_list() == [None]
    assert made.samples["correct"].to_list() == [True]


def test_written_tables_come_back(tmp_path: Path) -> None:
    MADE.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "problems.parquet",
        "samples.parquet",
        "verdicts.parquet",
    ]
    assert pl.read_parquet(tmp_path / "samples.parquet").equals(MADE.samples)
