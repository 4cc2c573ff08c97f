"""Made-up evidence beside a made-up fit and plan: cells, a ranking, rules, and what to log next."""

import numpy as np
from apportion.analysis.curve import Curve, Interval
from apportion.analysis.roc import Roc
from apportion.data.policy import Policy
from apportion.data.traces import Group
from apportion.fitting.change import Change, Difference
from apportion.fitting.ranking.ranking import Ranking
from apportion.fitting.ranking.standing import Standing
from apportion.planner.next_sample import Candidate, Next
from apportion.planner.plan import Limits
from apportion.planner.policies import Compared, Comparison
from apportion.planner.surface import Cells, Row
from apportion.reports.evidence import Evidence
from apportion.reports.roc import Judge

LIMITS = Limits(0.07, 0.3, 0.1, 0.0, 0.05, 0.065)


def evidence() -> Evidence:
    """Returns every piece."""
    both = (cells("easy", 0.5), cells("hard", 0.1))
    return Evidence(both, ranking(), rules(), ahead(), changes=(changed(),), judges=(judge(),))


def judge() -> Judge:
    """Returns a verifier of two verdicts on each sample."""
    base = np.full(51, 0.4)
    spread = np.random.default_rng(5).normal(0, 0.01, (51, 1))
    right, wrong = 0.4 * np.array([0.5, 0.8, 1.0]), 0.6 * np.array([0.1, 0.3, 1.0])
    drawn = Roc(np.array([1.0, 0.5, 0.0]), right + spread, wrong + spread, base, 0.0, 0.9)
    return Judge(Group(model="m"), "tests", drawn, counted=True)


def changed() -> Change:
    """Returns what differs from another log: less the longer one draws."""
    k = np.array([1, 2, 4])
    spread = np.random.default_rng(4).normal(0, 0.02, (50, 3))
    mine, less = np.array([0.4, 0.5, 0.6]), np.array([0.1, 0.05, 0.0])
    worlds = [np.concatenate([x[None], x + spread]) for x in (mine, mine - less, less)]
    curves = (Curve(k, each, "new") for each in worlds)
    apart = Difference("coverage", *curves)
    group = Group(model="m")
    return Change(group, group, True, (30, 30), (0, 0), (apart,), (), ("one doubt",))


def cells(level: str, base: float) -> Cells:
    """Returns cells whose accuracy rises with S and V."""
    sizes = np.array([1, 2, 4, 8])
    rows = (Row("unjudged", 0), Row("until accepted", 1), Row("judged", 1), Row("judged", 2))
    height = base + 0.05 * np.log2(sizes)[None, :] + 0.04 * np.arange(4)[:, None]
    spread = np.random.default_rng(2).normal(0, 0.02, (50, 1, 1))
    worlds = np.concatenate([height[None], height + spread])
    cost = sizes * np.array([1.0, 0.7, 1.2, 1.4])[:, None]
    beyond = np.broadcast_to(sizes > 4, height.shape)
    return Cells(
        level, 0.5, Group(model="m"), "tests", rows, sizes, worlds, cost, beyond,
        np.abs(height - height[1, 2]) < 0.02, ((1, 2, 1.0),), 0.0, 2.8, 0.9,
    )  # fmt: skip


def ranking() -> Ranking:
    """Returns a ranking of three."""
    worlds = np.random.default_rng(3).normal([0.5, 0.48, 0.3], 0.02, (300, 3))
    return Ranking(
        "outcomes", "coverage@1", "problems", Standing("made up", ("a", "b", "c"), worlds)
    )


def rules() -> Comparison:
    """Returns two rules under a budget."""
    made = [
        Compared(Policy(kind, "majority", {"cap": 4}), Interval(x, x - 0.05, x + 0.05),
                 Interval(3.9, 3.7, 4.1), 4.0, 0.1, 0.9)
        for kind, x in (("fixed", 0.4), ("accept-first", 0.5))
    ]  # fmt: skip
    return Comparison(4.0, "samples", "tests", tuple(made), (("beacon", "no scores"),), ())


def ahead() -> Next:
    """Returns what to log next."""
    group = Group(model="m")
    found = (
        Candidate("new problems", "hard", None, None, 7.0, 100.0, 0.004),
        Candidate("more samples", "easy", group, None, 3.2, 100.0, 0.0),
        Candidate("more verdicts", "hard", group, "tests", 2.0, 100.0, 0.001),
    )
    return Next(4.0, "samples", 100.0, found, (("p1", "hard", 0.2),), ())
