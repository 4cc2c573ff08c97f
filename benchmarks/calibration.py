"""`make calibrate`: the share of simulated logs whose intervals held the truth."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.analysis.curve import Curve
from apportion.analysis.exact.voting import majority_beyond as vote
from apportion.analysis.levels import given
from apportion.analysis.limits import majority_beyond, majority_limit
from apportion.analysis.verification import best_of
from apportion.analysis.voting import majority
from apportion.analysis.worlds import problem_worlds
from apportion.data.synthetic import population, simulate
from apportion.data.truth import Truth
from apportion.planner.case import case
from apportion.planner.costs import Prices
from apportion.planner.promise import honest, promised
from apportion.planner.value import value_table
from numpy.typing import NDArray
from scipy.stats import betabinom

from . import (
    beyond,
    budgets,
    changes,
    damage,
    discounted,
    kills,
    knobs,
    losses,
    pairs,
    plans,
    priors,
    rankings,
    verifiers,
    verifying,
    warmed,
)

HERE = Path(__file__).parent
PROBLEMS, SAMPLES = 100, 32
INSIDE = np.array([1, SAMPLES // 2, SAMPLES])
WORLDS = ("beta", "beta-hard", "mixed", "impossible", "logit-normal", "bimodal")

FEW = ("mixed", "impossible", "logit-normal")
SIZES = ((30, 8), (100, 32))
VERDICTS = 3

Row = dict[str, object]
Floats = NDArray[np.float64]


def share(hits: list[NDArray[np.bool_]]) -> Row:
    """The share of logs that held the truth at each k, with its standard error."""
    kept = np.mean(hits, axis=0)
    error = np.sqrt(kept * (1 - kept) / len(hits))
    return {"share": kept.round(3).tolist(), "error": error.round(3).tolist(), "logs": len(hits)}


def these(world: str, logs: int) -> Row:
    """90% intervals for the coverage of these problems."""
    hits = []
    for seed in range(logs):
        log, truth = simulate(world, problems=PROBLEMS, samples=SAMPLES, seed=1_000 + seed)
        curve, true = coverage(count(log), INSIDE, seed=seed), truth.coverage(INSIDE)
        hits.append((curve.low <= true) & (true <= curve.high))
    return share(hits)


def held(curve: Curve, true: Floats) -> NDArray[np.bool_]:
    """Whether the intervals at k = 1, n/4, n/2 and n held the truth, and the band all of it."""
    n = len(true)
    few = np.array([1, n // 4, n // 2, n]) - 1
    low, high = curve.band
    points = (curve.low <= true) & (true <= curve.high)
    return np.append(points[few], ((low <= true) & (true <= high)).all())


def voted(truth: Truth, k: NDArray[np.int64]) -> Floats:
    """The accuracy of voting over k samples of each of these problems, in the mean (K,)."""
    right = np.eye(truth.classes.shape[1])[0]
    return np.asarray(np.mean([vote(row[None], right, k)[0] for row in truth.classes], axis=0))


def chosen(truth: Truth, k: NDArray[np.int64]) -> Floats:
    """The accuracy of the best of k samples by their share of yes, in the mean (K,)."""
    size = (1 - truth.correlation) / truth.correlation
    yes = np.arange(VERDICTS + 1)
    right, wrong = (
        share[:, None]
        * betabinom.pmf(yes, VERDICTS, rate[:, None] * size, (1 - rate[:, None]) * size)
        for share, rate in ((truth.p, truth.tpr), (1 - truth.p, truth.fpr))
    )
    up_to = np.minimum((right + wrong).cumsum(axis=1), 1.0)[..., None] ** k
    top = np.diff(up_to, axis=1, prepend=0.0)
    return np.asarray((top * (right / (right + wrong))[..., None]).sum(axis=1).mean(axis=0))


def within(world: str, logs: int, problems: int, samples: int) -> dict[str, Row]:
    """90% intervals and bands of these problems: coverage, majority and best-of."""
    k, hits = np.arange(1, samples + 1), []
    for seed in range(logs):
        log, truth = simulate(
            world, problems=problems, samples=samples, verdicts=VERDICTS, seed=7_000 + seed
        )
        counts, true = count(log), (truth.coverage(k), voted(truth, k), chosen(truth, k))
        ways = (coverage, majority, best_of)
        hits.append([held(w(counts, k, seed=seed), t) for w, t in zip(ways, true, strict=True)])
    names = ("coverage", "majority", "best-of")
    return {name: share([h[i] for h in hits]) for i, name in enumerate(names)}


def within_new(world: str, logs: int, problems: int, samples: int) -> dict[str, Row]:
    """90% intervals and bands of new problems: coverage and majority."""
    k, hits = np.arange(1, samples + 1), []
    all_of_them = simulate(world, problems=10_000, samples=1, seed=99)[1]
    true = population(world, k), voted(all_of_them, k)
    for seed in range(logs):
        counts = count(simulate(world, problems=problems, samples=samples, seed=8_000 + seed)[0])
        curves = [w(counts, k, population="new", seed=seed) for w in (coverage, majority)]
        hits.append([held(c, t) for c, t in zip(curves, true, strict=True)])
    return {name: share([h[i] for h in hits]) for i, name in enumerate(("coverage", "majority"))}


def limit(world: str, logs: int, problems: int, samples: int) -> dict[str, Row]:
    """90% intervals for the limit of voting, for these problems and for new ones."""
    new, hits = simulate(world, problems=100_000, samples=1, seed=99)[1].majority_limit, []
    for seed in range(logs):
        log, truth = simulate(world, problems=problems, samples=samples, seed=9_000 + seed)
        counts = count(log)
        these, those = (
            majority_limit(counts, population="these", seed=seed),
            majority_limit(counts, population="new", seed=seed),
        )
        # The share of these problems is a fraction of P; rounding must not move it out.
        met = these.low - 1e-9 <= truth.majority_limit <= these.high + 1e-9
        hits.append(np.array([met, those.low <= new <= those.high]))
    return {"these, new": share(hits)}


def votes_beyond(world: str, logs: int, problems: int, samples: int) -> dict[str, Row]:
    """90% intervals for voting over 2 n and 10 n samples of these problems."""
    k, hits = np.array([2, 10]) * samples, []
    for seed in range(logs):
        log, truth = simulate(world, problems=problems, samples=samples, seed=9_500 + seed)
        curve, true = majority_beyond(count(log), k, seed=seed), voted(truth, k)
        hits.append((curve.low <= true) & (true <= curve.high))
    return {"2 n, 10 n": share(hits)}


def promise(world: str, logs: int) -> Row:
    """90% intervals for what a plan at a random budget is worth to 2,000 other problems."""
    price, rng, hits = Prices(sample=1.0), np.random.default_rng(5), []
    others = count(simulate(world, problems=2_000, samples=16, verdicts=1, seed=99)[0])
    known, truth = given(others), value_table([others], price)
    value = np.stack([truth.value[known.members(i)].mean(axis=0) for i in range(3)])
    shares = np.bincount(known.of) / len(others)
    for seed in range(logs):
        log = count(simulate(world, problems=100, samples=16, verdicts=1, seed=5_000 + seed)[0])
        worlds = problem_worlds(log.problems, seed)
        each = case(value_table([log], price), given(log), None, worlds, np.arange(100))
        budget = float(np.exp(rng.uniform(0, np.log(10))))
        weight = each.allocate(budget).weight
        accuracy, _, _ = promised(each, weight, honest(each, budget, rng))
        worth = float(shares @ (weight * value).sum(axis=1))
        hits.append(np.array([accuracy.low <= worth <= accuracy.high]))
    return share(hits)


Sized = Callable[[str, int, int, int], dict[str, Row]]


def sized(found: Row) -> None:
    """Adds the tables whose logs come in several sizes."""
    points = "k = 1, n/4, n/2, n, and the band over all k"
    tables: dict[str, tuple[Sized, tuple[str, ...], int]] = {
        f"within the log, these problems, {points}": (within, FEW, 50),
        f"within the log, new problems, {points}": (within_new, FEW[:1], 50),
        "limit of majority voting": (limit, FEW, 50),
        "majority beyond the log, these problems": (votes_beyond, FEW[:1], 20),
    }
    for name, (measure, worlds, logs) in tables.items():
        for world in worlds:
            for problems, samples in SIZES[:1] if measure is votes_beyond else SIZES:
                for what, row in measure(world, logs, problems, samples).items():
                    add(found, name, f"{world}, P = {problems}, n = {samples}: {what}", row)


def add(found: Row, name: str, cell: str, row: Row) -> None:
    """Adds and prints one row of a table."""
    rows = found.setdefault(name, {})
    assert isinstance(rows, dict)
    rows[cell] = row
    print(f"{name}: {cell}: {row['share']} +- {row['error']} ({row['logs']} logs)", flush=True)


def within_the_log() -> Row:
    """Intervals within the log, limits of voting, and the promise of a plan, at mass .9."""
    tables: dict[str, tuple[Callable[[str, int], Row], tuple[str, ...], int]] = {
        "coverage of these problems, k = 1, n/2, n": (these, WORLDS, 200),
        "promise of a plan, new problems": (promise, ("mixed",), 60),
    }
    found: Row = {"mass": 0.9}
    for name, (measure, worlds, logs) in tables.items():
        for world in worlds:
            add(found, name, world, measure(world, logs))
    sized(found)
    return found


def commit() -> str:
    """Returns the short name of the commit that is measured."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main(asked: list[str]) -> None:
    """Measures the parts asked for, or all, and writes them with the command and the commit.

    Parts that were not asked for keep what an earlier run found.
    """
    place = HERE / "calibration.json"
    kept: Row = json.loads(place.read_text()) if place.exists() else {}
    with Pool() as pool:
        parts: dict[str, Callable[[], Row]] = {"within": within_the_log}
        every = [
            beyond.PARTS,
            budgets.PARTS,
            verifiers.PARTS,
            plans.PARTS,
            rankings.PARTS,
            changes.PARTS,
            damage.PARTS,
            discounted.PARTS,
            kills.PARTS,
            knobs.PARTS,
            losses.PARTS,
            pairs.PARTS,
            warmed.PARTS,
        ]
        for name, part in (pair for some in every for pair in some.items()):
            parts[name] = partial(part, partial(pool.starmap, chunksize=4))
        for name in asked or parts:
            kept[name] = {"command": f"make calibrate PARTS={name}", "commit": commit()}
            kept[name] |= parts[name]()  # type: ignore[operator]
            place.write_text(json.dumps(kept, indent=1) + "\n")
    beyond.PAGE.write_text(beyond.page(kept))
    verifying.PAGE.write_text(verifying.page(kept))
    plans.PAGE.write_text(plans.page(kept))
    rankings.PAGE.write_text(rankings.page(kept))
    if "knobs" in kept:
        knobs.PAGE.write_text(knobs.page(kept))
    priors.main()


if __name__ == "__main__":
    main(sys.argv[1:])
