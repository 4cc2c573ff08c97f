"""More judgements of a good judge help, of a bad one hurt, and the two ways of counting agree."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.curve import Floats
from apportion.analysis.judges import Judgements, Rule, judge
from apportion.data.errors import InputError

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
LLMBAR = REAL / "llmbar" / "verdicts.parquet"


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def judgements(
    items: int = 40, m: int = 12, responses: int = 2, *, lean: float = 1.0, meta: bool = False
) -> Judgements:
    """Scores from 1 to 10 in which the first response leads by `lean` on average."""
    draw = rng()
    ahead = lean * (np.arange(responses) == 0) + draw.normal(size=(items, 1, responses)) / 2
    scores = np.clip(np.rint(5 + ahead + 2 * draw.normal(size=(items, m, responses))), 1, 10)
    right = np.tile((np.arange(responses) == 0).astype(float), (items, 1))
    names = tuple(f"item {i}" for i in range(items))
    return Judgements(names, scores, right, draw.normal(size=(items, m)) if meta else None)


def halved(judged: Judgements) -> Judgements:
    """The same contest off the lattice: a third response that nobody likes."""
    last = np.full((*judged.scores.shape[:2], 1), -1e3)
    scores = np.concatenate([judged.scores, last], axis=2)
    right = np.concatenate([judged.right, np.zeros((len(judged.right), 1))], axis=1)
    return Judgements(judged.items, scores, right, judged.meta)


@pytest.mark.parametrize("rule", ["sum", "mean", "majority"])
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_random_draws_agree_with_the_exact_form(rule: Rule, kept: float) -> None:
    some, k = judgements(meta=True), np.array([1, 2, 5, 12])
    known = judge(some, k, rng=rng(), rule=rule, kept=kept)
    drawn = judge(halved(some), k, rng=rng(), rule=rule, kept=kept)
    assert (known.error == 0).all()
    assert (drawn.error[1:3] > 0).all()
    gap = abs(known.curve.estimate - drawn.curve.estimate)
    assert (gap <= 4 * drawn.error + 1e-12).all()


def test_more_judgements_help_a_good_judge_and_hurt_a_bad_one() -> None:
    k = np.array([1, 3, 12])
    good = judge(judgements(200), k, rng=rng()).curve
    bad = judge(judgements(200, lean=-1.0), k, rng=rng()).curve
    assert (np.diff(good.estimate) > 0).all()
    assert (np.diff(bad.estimate) < 0).all()
    assert (good.low <= good.estimate).all()
    assert (good.estimate <= good.high).all()


def test_judgements_without_any_opinion_are_a_coin() -> None:
    flat = Judgements(("a",), np.ones((1, 5, 2)), np.array([[1.0, 0.0]]))
    assert judge(flat, [1, 5], rng=rng()).curve.estimate.tolist() == [0.5, 0.5]


def test_the_mean_is_the_sum_where_nothing_is_missing() -> None:
    some, k = judgements(meta=True), np.arange(1, 13)
    total, mean = (judge(some, k, rng=rng(), rule=r).curve.estimate for r in ("sum", "mean"))
    np.testing.assert_array_equal(total, mean)


def test_a_judgement_that_could_not_be_read_uses_a_draw_and_adds_nothing() -> None:
    scores = np.array([[[2.0, 1.0], [np.nan, np.nan]]])
    half = Judgements(("a",), scores, np.array([[1.0, 0.0]]))
    for rule in ("sum", "mean", "majority"):
        got = judge(half, [1, 2], rng=rng(), rule=rule, draws=4000)
        assert (abs(got.curve.estimate - [0.75, 1.0]) <= 4 * got.error + 1e-12).all()


def test_beyond_the_judgements_there_is_no_estimate_but_a_reason() -> None:
    got = judge(judgements(m=3), [1, 3, 4], rng=rng())
    assert np.isnan(got.curve.worlds[:, 2]).all()
    assert got.curve.reason == "k must satisfy k <= m; each item has m=3 judgements"


def test_items_that_are_alike_share_their_worlds() -> None:
    one, other = (judge(judgements(lean=x), 3, rng=rng()).curve.worlds for x in (1.0, 1.0))
    np.testing.assert_array_equal(one, other)


def test_what_cannot_be_judged_is_refused() -> None:
    some = judgements()
    with pytest.raises(InputError, match="rule must be one of sum, mean, majority"):
        judge(some, 1, rng=rng(), rule="median")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="needs meta scores"):
        judge(some, 1, rng=rng(), kept=0.5)
    with pytest.raises(InputError, match="0 < kept <= 1"):
        judge(some, 1, rng=rng(), kept=0)
    for scores, right in (
        (np.ones((1, 2)), np.ones((1, 2))),
        (np.ones((1, 0, 2)), np.ones((1, 2))),
    ):
        with pytest.raises(InputError, match="judgements take scores"):
            Judgements(("a",), scores, right)
    with pytest.raises(InputError, match="a name of its own"):
        Judgements(("a", "a"), np.ones((2, 1, 2)), np.ones((2, 2)))
    with pytest.raises(InputError, match="finite or missing"):
        Judgements(("a",), np.full((1, 1, 2), np.inf), np.ones((1, 2)))


def panel() -> tuple[tuple[str, ...], Floats, Floats]:
    """Each item's 130 verdicts, every evaluator, strategy and order one judgement of two."""
    rows = pl.read_parquet(LLMBAR).filter(pl.col("subset") == "LLMBar_Natural")
    keys = ["evaluator", "strategy", "swapped"]
    rows = rows.sort("item", *keys).filter(pl.len().over("item") == pl.len().over("item").max())
    items = tuple(rows["item"].unique(maintain_order=True).cast(pl.String))
    told = rows.with_columns(
        won=(pl.col("winner") == "1").cast(pl.Float64) - (pl.col("winner") == "2").cast(pl.Float64)
    )
    won = told["won"].fill_null(0.0).to_numpy().reshape(len(items), -1)
    label = told["label"].to_numpy().reshape(len(items), -1)[:, 0]
    scores = np.stack([won, -won], axis=2)
    return items, scores, np.stack([label == 1, label == 2], axis=1).astype(np.float64)


@pytest.mark.skipif(
    not LLMBAR.exists(), reason=f"the LLMBar verdicts are not at {LLMBAR} (APPORTION_REAL_DATA)"
)
def test_a_panel_of_real_judges_beats_its_average_member() -> None:
    items, scores, right = panel()
    got = judge(Judgements(items, scores, right), [1, 5, 25, scores.shape[1]], rng=rng())
    assert (got.error == 0).all()
    share = (scores[..., 0] * np.where(right[:, :1] == 1, 1, -1) + 1) / 2
    assert got.curve.estimate[0] == pytest.approx(share.mean(), abs=1e-12)
    assert (np.diff(got.curve.estimate[:3]) > 0).all()
