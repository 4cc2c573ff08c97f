"""Real judges: LLMBar's evaluators against gold, HANNA's judges against human raters."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from apportion.analysis.curve import Floats, interval
from apportion.data.door import admit
from apportion.data.judgments import Grades, ids
from apportion.data.traces import FIXED, Header, assemble
from apportion.fitting.ranking.plain import plain
from apportion.fitting.ranking.rank import rank
from apportion.fitting.ranking.ranking import Ranking
from apportion.fitting.ranking.simplex import simplex
from scipy.stats import kendalltau

DATA = Path(os.environ.get("APPORTION_REAL_DATA", "../shared/data"))
CRITERION = "CH"


def measured(name: str) -> dict[str, Any]:
    """Returns the rows of one data set."""
    return {"llmbar": llmbar, "hanna": hanna}[name]()


def evaluators() -> Ranking:
    """LLMBar's evaluators with the plain prompt, ranked by agreement with gold."""
    table = pl.read_parquet(DATA / "llmbar" / "verdicts.parquet")
    told = table.filter((pl.col("strategy") == "Vanilla") & pl.col("ok").is_not_null())
    counts = told.group_by("evaluator", "item", maintain_order=True).agg(
        n=pl.len(), c=pl.col("ok").sum()
    )
    rows = counts.rename({"evaluator": "model", "item": "problem"})
    trace = assemble(Header(stop_rule=FIXED), tallies=admit(rows, "tallies", "llmbar"))
    return rank(trace)


def llmbar() -> dict[str, Any]:
    """Rows of evaluator, agreement, rank and P(best), best first."""
    made = evaluators()
    places = sorted(made.places, key=lambda place: place.rank.estimate)
    rows = [
        [
            place.name,
            f"{place.value.estimate:.3f} ({place.value.low:.3f} to {place.value.high:.3f})",
            f"{place.rank.estimate:.0f} ({place.rank.low:.0f} to {place.rank.high:.0f})",
            f"{place.p_best:.2f}",
        ]
        for place in places
    ]
    return {"rows": rows, "items": (made.size or {}).get("problems")}


def grades(*, human: bool, threshold: float | None = None) -> Grades:
    """HANNA's coherence ratings, rounded to 1 to 5, by human raters or by judges."""
    table = pl.read_parquet(DATA / "hanna" / "ratings.parquet")
    kept = table.filter(
        (pl.col("criterion") == CRITERION)
        & (pl.col("rater").str.starts_with("Human") == human)
        & pl.col("score").is_between(0.5, 5.5)
    ).with_columns(judge=pl.col("rater") + pl.col("judge_prompt").fill_null("").cast(pl.String))
    candidates, candidate = ids(sorted(kept["system"].to_list()))
    place = {name: i for i, name in enumerate(candidates)}
    candidate = np.asarray([place[name] for name in kept["system"].to_list()])
    score = kept["score"].to_numpy()
    if threshold is None:
        level = np.round(score).astype(int) - 1
    else:
        level = (score >= threshold).astype(int)
    values = tuple(float(v) for v in (range(1, 6) if threshold is None else range(2)))
    item = kept["prompt_id"].to_numpy()
    judge = ids(kept["judge"].to_list())[1]
    return Grades(candidates, candidate, level, values, item, judge)


def hanna() -> dict[str, Any]:
    """Rows of a way to read the judges and its Kendall tau with the human order."""
    people = plain(grades(human=True)).worlds
    raw = plain(grades(human=False)).worlds
    upper = grades(human=False, threshold=3.0)
    pooled = Grades(upper.candidates, upper.candidate, upper.level, upper.values)
    one = simplex(pooled, np.random.default_rng(0), kappa=30.0).worlds[: len(people)]
    return {
        "rows": [
            ["raw means of the judges' levels", _tau(raw, people)],
            ["share of levels from 3 on", _tau(plain(upper).worlds, people)],
            ["simplex, two levels from 3 on, kappa 30", _tau(one, people)],
            ["human raters, one half against the other", _halves()],
        ]
    }


def _tau(judges: Floats, people: Floats) -> str:
    size = min(len(judges), len(people))
    worlds = np.array([kendalltau(a, b)[0] for a, b in zip(judges[:size], people, strict=False)])
    made = interval(worlds, 0.9)
    return f"{made.estimate:.2f} ({made.low:.2f} to {made.high:.2f})"


def _halves() -> str:
    """What agreement human raters reach among themselves: rater 1 against raters 2 and 3."""
    rated = grades(human=True)
    first = rated.judge == 0
    parts = [
        plain(
            Grades(
                rated.candidates,
                rated.candidate[kept],
                rated.level[kept],
                rated.values,
                None if rated.item is None else rated.item[kept],
            )
        ).worlds
        for kept in (first, ~first)
    ]
    return _tau(parts[0], parts[1])
