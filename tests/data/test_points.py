"""Tables of points: every format, missing cells, other names, and one line on bad input."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.data.errors import InputError
from apportion.data.points import read_points


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_table_reads_the_same_from_every_format(ending: str, tmp_path: Path) -> None:
    rows = pl.DataFrame({"loss": [1.5, None, 2.0], "task": ["007", None, "b"], "more": [1, 2, 3]})
    path = tmp_path / f"points{ending}"
    if ending == ".csv":
        rows.write_csv(path)
    elif ending == ".jsonl":
        rows.write_ndjson(path)
    else:
        rows.write_parquet(path)
    points = read_points(path, ["loss", "streams"], ["task"], maybe=["streams"])
    assert np.array_equal(points.numbers["loss"], [1.5, np.nan, 2.0], equal_nan=True)
    assert points.texts["task"] == ("007", None, "b")
    assert "streams" not in points.numbers
    assert len(points) == 3
    assert points.sources[0].name == path.name


def test_columns_may_be_called_otherwise_and_booleans_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    path.write_text('{"passed": true}\n{"passed": false}\n')
    points = read_points(path, ["right"], names={"right": "passed"})
    assert points.whole("right").tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("loss\n1\nx\n", "row 2: loss must be a finite number; got 'x'"),
        ("loss\n1\ninf\n", "row 2: loss must be a finite number; got 'inf'"),
        ("los\n1\n", "there is no column 'loss' (columns: los); did you mean 'los'?"),
        ("loss\n1\n \n2\n", "row 2: loss is missing"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(text: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_points(path, ["loss"]).whole("loss")
    assert line in str(error.value)
