"""`apportion rank`: every kind of judgment, a log, the shape of its JSON, one line on bad input."""

import json
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

Ran = Callable[..., tuple[int, str, str]]


def written(name: str, **columns: object) -> None:
    pl.DataFrame(columns).write_csv(name)


def battles(size: int = 300) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 3, size), rng.integers(3, 5, size)
    won = rng.random(size) < 0.3 + 0.15 * left
    names = np.array(["ann", "bob", "cy", "dee", "\x1b[31meve"])
    winner = np.where(rng.random(size) < 0.1, "tie", np.where(won, "left", "right"))
    item, judge = np.arange(size) // 3, rng.integers(0, 2, size)
    written("b.csv", item=item, left=names[left], right=names[right], judge=judge, winner=winner)


def check_shape(made: dict[str, object], size: int) -> None:
    """The contract's keys and what must hold of any ranking."""
    candidates = made["candidates"]
    assert isinstance(candidates, list)
    assert len(candidates) == size
    chance = np.array([c["rank_probabilities"] for c in candidates])
    assert np.allclose(chance.sum(axis=0), 1)
    assert np.allclose(chance.sum(axis=1), 1)
    assert np.allclose(chance[:, 0], [c["p_best"] for c in candidates])
    above = np.array(made["p_above"])
    assert np.allclose(above + above.T, 1)
    for c in candidates:
        assert c["rank"]["low"] <= c["rank"]["estimate"] <= c["rank"]["high"]
        assert c["value"]["low"] <= c["value"]["estimate"] <= c["value"]["high"]
        assert c["value"]["for"] in ("these", "new")
    rows = made["sensitivity"]
    assert isinstance(rows, list)
    names = {c["name"] for c in candidates}
    assert all(set(row["order"]) == names and row["assumption"] for row in rows)
    assert isinstance(made["doubts"], list)


def test_pairs_are_ranked_in_order_of_appearance(run: Ran) -> None:
    battles()
    code, out, _ = run("rank", "b.csv", "--json")
    assert code == 0
    made = json.loads(out)
    check_shape(made, 5)
    first = pl.read_csv("b.csv", n_rows=1).row(0, named=True)
    assert [c["name"] for c in made["candidates"]][:2] == [first["left"], first["right"]]
    assert made["kind"] == "pairs"
    assert {"items", "battles"} <= set(made["variance"])
    assert any("judges differ" in row["assumption"] for row in made["sensitivity"])


def test_the_table_is_for_people_and_names_are_inert(run: Ran) -> None:
    battles()
    code, out, err = run("rank", "b.csv")
    assert code == 0
    assert "\x1b[31m" not in out + err
    for words in ("rank", "P(best)", "hold all at once", "under other assumptions", "order effect"):
        assert words in out


def test_levels_and_orders_are_ranked_too(run: Ran) -> None:
    rng = np.random.default_rng(1)
    item, candidate = (x.ravel() for x in np.indices((60, 3)))
    level = (rng.random(180) < 0.3 + 0.2 * candidate).astype(int)
    names = np.array(["a", "b", "c"])[candidate]
    written("g.csv", item=item, candidate=names, judge="j", level=level)
    code, out, _ = run("rank", "g.csv", "--json")
    assert code == 0
    made = json.loads(out)
    check_shape(made, 3)
    assert made["kind"] == "levels"
    assert made["margins"][0]["above"] == "c"
    worth = candidate + rng.gumbel(size=180)
    rank = np.empty(180, dtype=int)
    for i in range(60):
        rows = np.flatnonzero(item == i)
        rank[rows[np.argsort(-worth[rows])]] = [1, 2, 3]
    written("o.csv", item=item, candidate=names, rank=rank)
    code, out, _ = run("rank", "o.csv", "--json")
    assert code == 0
    made = json.loads(out)
    check_shape(made, 3)
    assert made["kind"] == "orders"
    assert made["sensitivity"] == []
    assert max(made["candidates"], key=lambda c: c["p_best"])["name"] == "c"


def test_a_log_of_models_is_ranked_by_what_is_asked(run: Ran) -> None:
    rng = np.random.default_rng(2)
    problem, model = (x.ravel() for x in np.indices((40, 2)))
    c = rng.binomial(8, 0.4 + 0.3 * model)
    names = np.array(["small", "large"])[model]
    written("counts.csv", problem=problem, n=8, c=c, model=names)
    code, out, _ = run("rank", "counts.csv", "--at", "2", "--json")
    assert code == 0
    made = json.loads(out)
    check_shape(made, 2)
    assert made["metric"] == "coverage@2"
    assert [c["name"] for c in made["candidates"]] == ["small", "large"]
    assert made["decisions"][1][0] == "above"
    same = json.loads(run("rank", "counts.csv", "--at", "2", "--json", "--seed", "0")[1])
    assert same == made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["b.csv", "--metric", "majority"], "--metric is for a log; b.csv holds judgments"),
        (["counts.csv", "--levels", "3"], "--levels is for judgments; counts.csv holds a log"),
        (["counts.csv", "--at", "1,2"], "--at takes one number of samples here; got 2"),
        (["counts.csv"], "at least 2 models"),
        (["b.csv", "--rope", "-1"], "rope must be finite and satisfy rope >= 0; got -1"),
        (["none.csv"], "none.csv: no such file"),
        (["b.csv", "--strict"], "--strict"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run: Ran, arguments: list[str], said: str) -> None:
    battles(12)
    written("counts.csv", problem=["p", "q"], n=[4, 4], c=[1, 2])
    code, out, err = run("rank", *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_what_plausible_tables_hold_is_ranked_or_refused_with_its_reason(run: Ran) -> None:
    """Ties in orders, nothing but ties, gold of some, candidates without levels, --threshold 0."""
    written("ties.csv", item=[1, 1, 1, 2, 2, 2], candidate=[*"abcabc"], rank=[1, 1, 2, 1, 2, 3])
    made = json.loads(run("rank", "ties.csv", "--json")[1])
    assert "broken at random" in made["sensitivity"][0]["assumption"]
    written("even.csv", item=[*range(8)], left=[*"ab" * 4], right=[*"bc" * 4], winner=["tie"] * 8)
    made = json.loads(run("rank", "even.csv", "--json")[1])
    assert [
        row["assumption"] for row in made["sensitivity"] if "left out" in row["assumption"]
    ] == []
    rng = np.random.default_rng(0)
    item, names = np.repeat(np.arange(40), 3), np.tile([*"abc"], 40)
    level = [
        None if n == "c" else int(x) for n, x in zip(names, rng.integers(-1, 2, 120), strict=True)
    ]
    gold = [1 if n == "a" else None for n in names]
    written("some.csv", item=item, candidate=names, level=level, gold=gold)
    made = json.loads(run("rank", "some.csv", "--json")[1])
    assert [c["name"] for c in made["candidates"]] == ["a", "b"]
    assert any("left out: c" in doubt for doubt in made["doubts"])
    assert not any("true levels" in row["assumption"] for row in made["sensitivity"])
    made = json.loads(run("rank", "some.csv", "--threshold", "0", "--json")[1])
    assert made["metric"] == "share of the upper level"
    code, _, err = run("rank", "some.csv", "--rope", "inf")
    assert code == 2
    assert "rope must be finite" in err
    written("odd.csv", left=["a"], right=["b"], winner=["left"])
    assert "no column 'item' for pairs" in run("rank", "odd.csv")[2]


def test_one_item_for_all_battles_does_not_make_them_sure(run: Ran) -> None:
    winner = ["left"] * 19 + ["right"] * 21
    written("one.csv", item=[0] * 40, left=["a"] * 40, right=["b"] * 40, winner=winner)
    made = json.loads(run("rank", "one.csv", "--json")[1])
    assert 0.2 < made["p_above"][0][1] < 0.8
    assert any("too few to draw again" in doubt for doubt in made["doubts"])


def test_twins_can_never_be_told_apart(run: Ran) -> None:
    problem = [*range(30)] * 2
    c = np.random.default_rng(1).binomial(8, 0.5, 30)
    written("t.csv", problem=problem, n=[8] * 60, c=[*c, *c], model=["x"] * 30 + ["y"] * 30)
    made = json.loads(run("rank", "t.csv", "--json")[1])
    assert made["separation"][0]["times"]["estimate"] is None
    assert made["p_above"][0][1] == 0.5
    assert "1,000+" in run("rank", "t.csv")[1]
