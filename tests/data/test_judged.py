"""Judgments from tidy files: three kinds, missing ones counted, one line where one is wrong."""

from pathlib import Path

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.judgments import LEFT, MISSING, RIGHT, TIE, Grades, Orders, Pairs
from apportion.data.readers.judged import read_judgments


def written(folder: Path, text: str, name: str = "j.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_pairs_take_sides_ties_names_and_nothing(tmp_path: Path) -> None:
    rows = "item,left,right,judge,winner\n1,a,b,x,left\n1,b,a,x,Right\n"
    rows += "2,a,c,y,draw\n2,c,a,y,c\n3,a,b,x,\n"
    made = read_judgments(written(tmp_path, rows))
    assert isinstance(made, Pairs)
    assert made.candidates == ("a", "b", "c")
    assert made.winner.tolist() == [LEFT, RIGHT, TIE, LEFT, MISSING]
    assert made.origin.items == ("1", "2", "3")
    assert made.origin.judges == ("x", "y")
    assert made.origin.doubts == ("1 of 5 judgments say nothing and are missing",)
    assert len(made.origin.sources[0].sha256) == 64
    assert not made.left.flags.writeable


def test_levels_are_those_that_occur_or_those_asked_for(tmp_path: Path) -> None:
    rows = "item,candidate,judge,level,gold\n1,a,x,1,1\n1,b,x,3,\n2,a,x,5,4\n2,b,x,,5\n"
    path = written(tmp_path, rows)
    made = read_judgments(path)
    assert isinstance(made, Grades)
    assert made.values == (1.0, 3.0, 4.0, 5.0)
    assert made.level.tolist() == [0, 1, 3, MISSING]
    assert made.gold is not None
    assert made.gold.tolist() == [0, MISSING, 2, 3]
    five = read_judgments(path, levels=5)
    assert isinstance(five, Grades)
    assert five.values == (1.0, 2.0, 3.0, 4.0, 5.0)
    four = read_judgments(path, levels=4)
    assert isinstance(four, Grades)
    assert four.level.tolist() == [0, 2, MISSING, MISSING]
    assert any("outside 1 to 4 (such as 5)" in doubt for doubt in four.origin.doubts)
    two = read_judgments(path, threshold=4)
    assert isinstance(two, Grades)
    assert two.level.tolist() == [0, 0, 1, MISSING]
    assert two.values == (0.0, 1.0)


def test_orders_are_lists_by_item_and_judge(tmp_path: Path) -> None:
    rows = '{"item": 1, "candidate": "a", "judge": "x", "rank": 1}\n'
    rows += '{"item": 1, "candidate": "b", "judge": "x", "rank": 2}\n'
    rows += '{"item": 1, "candidate": "b", "judge": "y", "rank": 1}\n'
    rows += '{"item": 1, "candidate": "a", "judge": "y", "rank": 1}\n'
    made = read_judgments(written(tmp_path, rows, "o.jsonl"), whole=True)
    assert isinstance(made, Orders)
    assert made.list_.tolist() == [0, 0, 1, 1]
    assert made.rank.tolist() == [1, 2, 1, 1]
    assert made.whole


def test_columns_can_be_called_otherwise(tmp_path: Path) -> None:
    path = written(tmp_path, "prompt,x,y,vote\n1,a,b,left\n")
    names = {"item": "prompt", "left": "x", "right": "y", "winner": "vote"}
    made = read_judgments(path, names=names)
    assert isinstance(made, Pairs)
    assert made.origin.judges == ("judge",)


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("item,left,right\n1,a,b\n", {}, "no column 'winner' for pairs"),
        ("item,left,right,winner\n1,a,b,up\n", {}, "row 1: winner must be left, right or tie"),
        ("item,left,right,winner\n1,a,a,tie\n", {}, "cannot meet itself; got 'a' twice"),
        ("item,left,right,winner\n,a,b,tie\n", {}, "row 1: item must not be empty"),
        ("item,left,right,winner\n1,a,b,tie\n", {"levels": 3}, "are for levels; got pairs"),
        ("item,candidate,level\n1,a,x\n", {}, "row 1: level must be a number; got 'x'"),
        ("item,candidate,level\n1,a,2\n", {}, "must number 2 to 20; got 1"),
        ("item,candidate,level\n1,a,2\n", {"levels": 3, "threshold": 2}, "not both"),
        ("item,candidate,level\n1,a,2\n", {"whole": True}, "--whole is for orders; got levels"),
        ("item,candidate,rank\n1,a,1\n1,a,2\n", {}, "must stand once in a list; got 'a'"),
        ("item,candidate,level\n1,a,2\n", {"names": {"levle": "x"}}, "did you mean 'level'"),
        ("item,candidate,level\n1,a,2\n", {"names": {"gold": "x"}}, "there is no column 'x'"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, rows: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_judgments(written(tmp_path, rows), **options)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_ids_in_memory_are_checked_as_files_are() -> None:
    one = np.array([0, 1])
    with pytest.raises(InputError, match=r"must be an id of 0\.\.1"):
        Pairs(("a", "b"), one, one + 1, one)
    with pytest.raises(InputError, match="must have 2 entries"):
        Pairs(("a", "b"), one, 1 - one, one[:1])
    with pytest.raises(InputError, match="0 <= level <= 2"):
        Grades(("a", "b"), one, one + 2, (0.0, 1.0, 2.0))
    with pytest.raises(InputError, match="at least 2; got 1"):
        Grades(("a",), one * 0, one * 0, (0.0,))
    with pytest.raises(InputError, match="one length"):
        Orders(("a", "b"), one, one, one[:1])
