"""How far an imperfect verifier lets resampling go: accuracy at a cap first, then its ceiling."""

from dataclasses import replace

import numpy as np

from ..analysis.accept import AcceptCells, accept_cells, accept_first, accepted, same_tests
from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.draws import default_draws, draws
from ..analysis.worlds import WORLDS, problem_worlds
from .bayes import verifier as nuts
from .fit import Assumption, Ceiling
from .importance import Prior
from .unpooled import independent
from .utility import best_caps, stopping
from .verifier import PRIOR, Crossed, Posterior, Rates, crossed, posterior

PENALTY = 1.0
FARTHER = 4
"""How many times the log the accuracy beyond it reaches."""
WIDER = 2.0
"""How much wider the other prior is that shows what the ceiling owes to the prior."""
UNSURE = 0.1
"""A width of the ceiling, or a share of problems never accepted, that deserves a doubt."""


def ceilings(
    counts: Counts,
    *,
    k: Ints | None = None,
    seed: int = 0,
    mass: float = MASS,
    complete: bool = False,
    penalty: float = PENALTY,
    bayes: bool = False,
) -> tuple[Ceiling, ...]:
    """Returns the macro and the pooled ceiling of the verifier that was counted.

    Accuracy within the log is exact (Stroebl et al. 2024 simulate it); all intervals, and what lies
    beyond the log, come from draws of every problem's solve rate, TPR and FPR (`verifier.rates`)
    pushed through the functional: for these problems, with the macro ceiling for new ones beside.

    Args:
        counts: one group's counts, with the verdicts of a verifier.
        k: the caps, within the log; the usual ones when None.
        seed: of the worlds.
        mass: of the intervals.
        complete: whether the verifier is known to accept all that is right. Where the truth was
            only looked up for accepted samples (`count_accepted`) right means right and accepted,
            of which that is true.
        penalty: of a wrong answer, where a right one earns 1.
        bayes: draw the rates by PyMC instead of on grids.

    Raises:
        InputError: the log has no verdicts, or penalty < 0.
    """
    log, rng = crossed(counts), np.random.default_rng([seed, 17])
    sure = complete or counts.labels == "accepted"
    believed = posterior(log, rng=rng, complete=sure)
    drawn = _sampled(log, seed, complete=sure) if bayes else believed.rates(WORLDS, rng)
    cells = accept_cells(counts)
    worst, best = bounds(cells, drawn)
    macro = interval(_rows(drawn.ceiling.mean(axis=1)), mass, "these")
    weights = problem_worlds(counts.problems, seed)[1:]
    tpr, fpr = _pooled_rates(counts, drawn, mass)
    within, beyond = _accuracies(counts, drawn, k, mass, seed)
    most = int(beyond.k[0])
    worth = best_caps(*drawn.accepts, most=most, penalty=penalty, mass=mass)
    first = Ceiling(
        verifier=str(counts.verifier),
        estimand="macro",
        value=macro,
        new=interval(_rows((weights * drawn.ceiling).sum(axis=1)), mass),
        worst=worst,
        best=best,
        accuracy_at=within,
        beyond=beyond,
        best_k=(worth.low, worth.high),
        endless=worth.endless,
        stop_after=stopping(*drawn.accepts, most=most, penalty=penalty).stop,
        penalty=penalty,
        true_positive_rate=tpr,
        false_positive_rate=fpr,
        assumptions=_assumptions(believed, log, cells, macro, seed),
    )
    return first, _pooled(first, drawn, weights)


def _sampled(log: Crossed, seed: int, *, complete: bool) -> Rates:
    """As many of PyMC's draws as there are worlds."""
    drawn = nuts.rates(log, seed, complete=complete)
    kept = np.random.default_rng([seed, 19]).choice(len(drawn.theta), WORLDS, replace=False)
    return Rates(
        drawn.solve[kept],
        drawn.true_positive[kept],
        drawn.false_positive[kept],
        drawn.theta[kept],
        drawn.effective,
    )


def _pooled_rates(counts: Counts, drawn: Rates, mass: float) -> tuple[Interval, Interval]:
    """The TPR and the FPR; where only accepted samples have labels, nobody can tell."""
    if counts.labels != "accepted":
        return pooled_rates(drawn, mass)
    nan = float("nan")
    none = Interval(nan, nan, nan, mass, "these")
    return none, none


def _accuracies(
    counts: Counts, drawn: Rates, k: Ints | None, mass: float, seed: int
) -> tuple[Curve, Curve]:
    """Accuracy at the caps within the log, exact with believed worlds, and at one beyond it.

    The rates are those of a verdict drawn anew for every sample. Where one test judges all samples
    of a problem, accuracy within the log is that of one test, and so are its worlds.
    """
    caps = draws(default_draws(int(counts.n.min())) if k is None else k)
    far = np.array([FARTHER * int(counts.n.max())])
    each, last = (drawn.accuracy(k.astype(float)).mean(axis=1) for k in (caps, far))
    if same_tests(counts):
        within = accepted(counts, caps, population="these", mass=mass, seed=seed)
    else:
        exact = accept_first(counts, caps).right.mean(axis=0)
        within = Curve(caps, _rows(each, exact), "these", mass)
    return within, Curve(far, _rows(last), "these", mass)


def _rows(worlds: Floats, told: Floats | None = None) -> Floats:
    """Puts the estimate on top of the worlds (W, ...): what is `told`, or else their mean."""
    mean = worlds.mean(axis=0)
    first = mean if told is None else np.where(np.isnan(told), mean, told)
    return np.concatenate([np.asarray(first)[None], worlds])


def _pooled(macro: Ceiling, drawn: Rates, weights: Floats) -> Ceiling:
    """The accuracy of all accepted answers together; problems accepted often weigh more."""
    right, wrong = drawn.accepts
    these = right.sum(axis=1) / (right + wrong).sum(axis=1)
    new = (weights * right).sum(axis=1) / (weights * (right + wrong)).sum(axis=1)
    mass, none = macro.value.mass, float("nan")
    return replace(
        macro,
        estimand="pooled",
        value=interval(_rows(these), mass, "these"),
        new=interval(_rows(new), mass),
        worst=none,
        best=none,
        assumptions=(),
    )


def pooled_rates(drawn: Rates, mass: float = MASS) -> tuple[Interval, Interval]:
    """Returns the TPR among the right and the FPR among the wrong samples of these problems."""
    both = (drawn.solve, drawn.true_positive), (1 - drawn.solve, drawn.false_positive)
    tpr, fpr = (
        interval(_rows((share * rate).sum(axis=1) / share.sum(axis=1)), mass, "these")
        for share, rate in both
    )
    return tpr, fpr


def bounds(cells: AcceptCells, drawn: Rates) -> tuple[float, float]:
    """Returns the macro ceiling if problems where nothing was accepted had the worst, or the best.

    The ceilings of all other problems are as believed.
    """
    _, seen = _shares(cells)
    each = drawn.ceiling.mean(axis=0)
    mean, unseen = float(drawn.ceiling.mean(axis=1).mean()), np.logical_not(seen)
    worst, best = mean - (unseen * each).mean(), mean + (unseen * (1 - each)).mean()
    return max(float(worst), 0.0), min(float(best), 1.0)


def _shares(cells: AcceptCells) -> tuple[Floats, Floats]:
    true, false = cells.true_accepts.sum(axis=1), cells.false_accepts.sum(axis=1)
    seen = true + false > 0
    return true / np.maximum(true + false, 1), seen


def _assumptions(
    believed: Posterior, log: Crossed, cells: AcceptCells, value: Interval, seed: int
) -> tuple[Assumption, ...]:
    """The macro ceiling under other assumptions, each named."""
    rng = np.random.default_rng([seed, 18])
    wide = Prior(PRIOR.mean, WIDER * PRIOR.sd)
    wider = believed.rates(WORLDS // 4, rng, wide)
    sure = len(believed.target.sides) == 1
    alone = independent(log, worlds=WORLDS, rng=rng, complete=sure)
    share, seen = _shares(cells)
    left = float(share[seen].mean()) if seen.any() else float("nan")
    rows = (
        ("hierarchy, priors twice as wide", _rows(wider.ceiling.mean(axis=1))),
        ("each problem alone, Jeffreys (biased)", _rows(alone.ceiling.mean(axis=1))),
    )
    told = [Assumption(name, interval(row, value.mass, "these")) for name, row in rows]
    none = Interval(left, float("nan"), float("nan"), value.mass, "these")
    return (
        Assumption("hierarchy", value),
        *told,
        Assumption("problems never accepted left out", none),
    )


def doubts(ceiling: Ceiling, counts: Counts) -> list[str]:
    """Says when the macro ceiling hangs on problems where nothing was accepted, or on the prior."""
    cells = accept_cells(counts)
    silent = int(((cells.true_accepts + cells.false_accepts).sum(axis=1) == 0).sum())
    low, high = ceiling.value.low, ceiling.value.high
    found = []
    if counts.labels == "accepted":
        found.append(
            f"the truth is known only of samples that {counts.verifier} accepted: its TPR and FPR"
            " cannot be told, and solve rates count accepted answers alone"
        )
    if same_tests(counts):
        found.append(
            f"the verdicts of {counts.verifier} at one place look like one test on all samples:"
            " accuracy at a cap within the log is that of one such test, while the ceiling is that"
            " of a test drawn anew for every sample"
        )
    if silent <= UNSURE * len(counts) and high - low <= UNSURE:
        return found
    return [
        *found,
        f"{counts.verifier} accepted nothing on {silent} of {len(counts)} problems, so its macro"
        f" ceiling hangs on what is assumed of them: {low:.2f} to {high:.2f} as fitted,"
        f" {ceiling.worst:.2f} to {ceiling.best:.2f} whatever is true; trust the accuracy at a"
        " finite cap first",
    ]
