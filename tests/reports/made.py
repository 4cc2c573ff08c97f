"""Made-up results for the tests of the pages: plausible numbers that no log ever gave."""

from dataclasses import replace

import numpy as np
from apportion.analysis.curve import Curve, Floats, Interval, Population
from apportion.data.traces import Group, Source
from apportion.fitting.fit import (
    Assumption,
    Ceiling,
    Fit,
    FittedFamily,
    GroupFit,
    Saturation,
    Target,
)
from apportion.planner.plan import Baseline, Frontier, LevelPlan, Option, Part, Plan

NAN = float("nan")
WORLDS = 60
SOURCE = Source("made-up-log.jsonl", "0f" * 32, 4_812_004)
HOSTILE = (
    "<script>alert(1)</script></svg>",
    '#image("/etc/passwd") $x$ #read("/etc/passwd")',
    "\x1b[31mred\x1b[0m \u202egnp.exe\u202c \u200f \x00\x07",
    '"><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}',
    "]]>\ud800 $\\frac{1}$ 模型 🙂 مرحبا",
    "word" * 120,
)
"""Names a log could hold, each dangerous to some printer."""


def curve(k: list[int], values: Floats, width: float, population: Population = "new") -> Curve:
    """Returns worlds scattered about the values, wider where `width` says so."""
    rng = np.random.default_rng(5)
    shift = rng.normal(size=(WORLDS, 1)) * width
    worlds = np.clip(np.vstack([values, values + shift * (1 - 0.4 * values)]), 0, 1)
    return Curve(np.array(k), worlds, population)


def solved(k: Floats) -> Floats:
    """Returns the coverage of a made-up set of problems that are beta-distributed."""
    rates = np.linspace(0.002, 0.98, 300) ** 2.2
    return np.asarray((1 - (1 - rates[None, :]) ** k[:, None]).mean(axis=1) * 0.93)


def interval(estimate: float, width: float = 0.05, population: Population = "new") -> Interval:
    """Returns a symmetric interval within 0 and 1."""
    return Interval(
        estimate, max(estimate - width, 0), min(estimate + width, 1), population=population
    )


def group(name: str = "tiny-model-made-up", skill: float = 1.0, n: int = 64) -> GroupFit:
    """Returns one group with everything a log can give."""
    ks = [k for k in (1, 2, 4, 8, 16, 32, 64, 128, 256) if k <= n]
    k = np.array(ks, dtype=float)
    far = np.unique(np.geomspace(1, 100 * n, 60).astype(int))
    covered = skill * solved(k)
    fan = curve(far.tolist(), skill * solved(far.astype(float)), 0.04)
    widening = 1 + np.log10(np.maximum(far / n, 1))
    fan = replace(fan, worlds=np.clip(fan.estimate + (fan.worlds - fan.estimate) * widening, 0, 1))
    ahead = [10 * n, 100 * n]
    forecast = curve(ahead, skill * solved(np.array(ahead, dtype=float)), 0.07)
    vote = skill * (0.31 + 0.17 * (1 - np.exp(-(k - 1) / 6)))
    return GroupFit(
        group=Group(model=name, temperature=0.7),
        settings={"max_tokens": 2048},
        problems=120,
        samples=120 * n,
        stop_rule="fixed n",
        coverage=curve(ks, covered, 0.02, "these"),
        majority=curve(ks, vote, 0.03, "these"),
        best_of={
            "mean logprob": curve(ks, vote + 0.02 - 0.0008 * k, 0.03, "these"),
            "reward-model-made-up": curve(ks, vote + 0.05 * (1 - 1 / k), 0.03, "these"),
        },
        forecast=forecast,
        fan=fan,
        families=families(forecast),
        saturation=saturation(),
        targets=(
            Target(0.6, "coverage", Interval(11.2, 8.1, 15.9)),
            Target(0.95, "coverage", Interval(5200.0, 900.0, np.inf)),
        ),
        ceilings=(
            ceiling(ks, covered, "unit-tests-made-up", 0.62 * skill, "macro"),
            ceiling(ks, covered, "unit-tests-made-up", 0.58 * skill, "pooled"),
        ),
        solve_rates=np.clip(np.linspace(-0.12, 1.06, 120) ** 3, 0, 1).round(2),
        doubts=(
            "2.3% of the samples are word-for-word copies of another sample of their problem:"
            " a cached server would explain it, and every curve here assumes independent samples",
            "41 samples stopped at the token limit and count as wrong",
        ),
        diagnostics={"effective number of families": 1.83},
    )


def families(forecast: Curve) -> tuple[FittedFamily, ...]:
    """Returns three families with different weights."""
    named = [("exponentiated power law", 0.55), ("beta-binomial", 0.35), ("zero-inflated", 0.1)]
    return tuple(
        FittedFamily(
            name, {"a": interval(0.61), "b": interval(1.32, 0.3)}, w, 0.01 / w, -3.1 * w, forecast
        )
        for name, w in named
    )


def saturation() -> tuple[Saturation, ...]:
    """Returns points that are known, open above, and unknown."""
    return (
        Saturation("all", "coverage", "marginal gain", "samples", 0.001, 410.0, 220.0, 900.0),
        Saturation("all", "coverage", "residual", "samples", 0.01, NAN, NAN, NAN,
                   "the forecast is still rising at the horizon of 6,400 samples"),
        Saturation("hard", "majority", "marginal gain", "samples", 0.001, 24.0, 14.0, np.inf),
    )  # fmt: skip


def ceiling(ks: list[int], covered: Floats, name: str, top: float, estimand: str) -> Ceiling:
    """Returns accept-first rising to its ceiling."""
    reach = top * (1 - np.exp(-0.9 * np.array(ks) ** 0.55))
    return Ceiling(
        name, estimand, interval(top, 0.04), interval(top, 0.06), top - 0.05, top + 0.06,
        curve(ks, np.minimum(reach, covered), 0.025, "these"),
        curve([4 * ks[-1]], np.array([top]), 0.03),
        (8, 32), False, 40, 1.0, interval(0.91, 0.02), interval(0.17, 0.03),
        (Assumption("hierarchy", interval(top, 0.04)), Assumption("wider", interval(top, 0.05))),
    )  # fmt: skip


def fit(groups: int = 1) -> Fit:
    """Returns a fit of one group or several."""
    made = [group(f"model-{i}-made-up", 1 - 0.08 * (i % 6), 64) for i in range(groups)]
    if groups == 1:
        made = [group()]
    return Fit(tuple(made), (SOURCE,), seed=7, mass=0.9)


def frontier(scale: float, top: float = 0.74) -> Frontier:
    """Returns a saturating frontier that needs `scale` times the budget."""
    budget = np.geomspace(200, 60_000, 40)
    accuracy = 0.3 + (top - 0.3) * (1 - np.exp(-((budget / scale / 3000) ** 0.7)))
    return Frontier(budget, accuracy, accuracy - 0.035, accuracy + 0.035)


def plan() -> Plan:
    """Returns a plan with four levels, one of them mixed, and four baselines."""
    who = Group(model="tiny-model-made-up", temperature=0.7)
    judge = "unit-tests-made-up"

    def option(strategy: str, s: int, v: int = 0) -> Option:
        return Option(strategy, s, v, judge if v else None, who)

    levels = (
        LevelPlan("easy", 0.35, (Part(1.0, option("one", 1)),), 310.0, interval(0.93, 0.03)),
        LevelPlan("middle", 0.3, (Part(1.0, option("majority", 8)),), 2710.0, interval(0.66, 0.05)),
        LevelPlan(
            "hard", 0.25,
            (Part(0.62, option("accept-first", 32, 1)), Part(0.38, option("best-of", 16, 4))),
            11800.0, interval(0.34, 0.07),
        ),
        LevelPlan("beyond reach", 0.1, (Part(1.0, option("none", 0)),), 0.0, interval(0.0, 0.0)),
    )  # fmt: skip
    baselines = (
        Baseline("one sample everywhere", interval(0.41), NAN, frontier(60.0, 0.42)),
        Baseline("the same majority everywhere", interval(0.54), 11900.0, frontier(3.1)),
        Baseline("the same best-of everywhere", interval(0.56), 9300.0, frontier(2.4)),
        Baseline("accept-first everywhere", interval(0.52), NAN, frontier(2.6, 0.6)),
    )
    return Plan(
        budget=4000.0, unit="tokens", spent=3871.0, accuracy=interval(0.611, 0.034),
        levels=levels, baselines=baselines, frontier=frontier(1.0), upper_bound=0.6134, gap=0.0024,
        price=1.9e-5, optimism=0.013,
        level_rule="quartiles of the solve rate on half of the samples",
        doubts=("level 'hard' rests on 30 problems: its interval is wide",),
        sources=(SOURCE,), seed=7,
    )  # fmt: skip


def asked() -> Plan:
    """Returns the plan with all that can be asked of one: penalty, caps, bars, fits, revisions."""
    base = plan()
    easy, middle, *rest = base.levels
    fitted = replace(middle.split[0].option, fitted=True)
    revised = replace(middle.split[0].option, strategy="revision", solutions=4)
    levels = (
        replace(easy, split=(Part(1.0, revised),)),
        replace(middle, split=(Part(1.0, fitted),)),
        *rest,
    )
    return replace(
        base,
        levels=tuple(replace(x, utility=interval(x.accuracy.estimate / 2)) for x in levels),
        baselines=tuple(
            replace(b, utility=interval(b.accuracy.estimate / 2)) for b in base.baselines
        ),
        penalty=0.5, utility=interval(0.502, 0.04), simple="a split by level, within the log",
        costs={"samples": 5.31, "verdicts": 1.0, "tokens_solved": 1930.4,
               "tokens_verified": 402.0, "seconds": NAN, "usd": 0.002},
        caps={"samples": 6.0, "seconds": 20.0}, binding=("samples",), hard=9000.0,
    )  # fmt: skip


def hostile() -> tuple[Fit, Plan]:
    """Returns results in which every name that a log can set is hostile."""
    a, b, c, d, e, f = HOSTILE
    base, planned = group(a), plan()
    bad = replace(
        base,
        group=Group(model=a, run=b, benchmark=c),
        settings={d: e},
        best_of={b: base.majority or base.coverage, c: base.coverage},
        saturation=(replace(base.saturation[0], level=a, doubt=b),),
        ceilings=tuple(replace(x, verifier=b) for x in base.ceilings),
        doubts=HOSTILE,
    )
    option = Option("best-of", 4, 2, b, Group(model=e))
    levels = tuple(replace(planned.levels[0], level=x, split=(Part(1.0, option),)) for x in HOSTILE)
    source = Source(f, "ab" * 32, 3)
    return (
        Fit((bad, replace(base, group=Group(model=e))), (source,), 0, 0.9),
        replace(planned, levels=levels, level_rule=d, doubts=(a, b), sources=(source,),
                baselines=tuple(replace(x, name=c) for x in planned.baselines)),
    )  # fmt: skip


def silent() -> Fit:
    """Returns a fit of a log that cannot tell anything: every estimate is NaN."""
    lost = Curve(np.array([1, 8]), np.full((WORLDS, 2), NAN), "these", 0.9, "no sample was graded")
    gone = replace(lost, population="new")
    none = Interval(NAN, NAN, NAN)
    base = group()
    bad = replace(
        base, coverage=lost, majority=lost, best_of={"score": lost}, forecast=gone, fan=gone,
        families=tuple(replace(x, forecast=gone, mae=NAN, log_score=NAN) for x in base.families),
        saturation=tuple(replace(x, budget=NAN, low=NAN, high=NAN) for x in base.saturation),
        targets=(Target(0.5, "coverage", none),),
        ceilings=tuple(
            replace(x, value=none, worst=NAN, best=NAN, accuracy_at=lost,
                    true_positive_rate=none, false_positive_rate=none) for x in base.ceilings
        ),
        solve_rates=np.array([NAN, NAN]), doubts=(), diagnostics={},
    )  # fmt: skip
    return Fit((bad,), (), 0, 0.9)


def bare() -> Fit:
    """Returns a fit of a log with one wrong sample a problem: no curve, no verifier, no answers."""
    one = Curve(np.array([1]), np.zeros((WORLDS, 1)), "these")
    empty = Curve(np.array([], dtype=np.int64), np.zeros((WORLDS, 0)), "new", 0.9, "all are wrong")
    poor = replace(
        group(), coverage=one, majority=None, best_of={}, forecast=empty, fan=empty, families=(),
        saturation=(), targets=(), ceilings=(), solve_rates=np.zeros(9), doubts=(), diagnostics={},
        problems=9, samples=9,
    )  # fmt: skip
    return Fit((poor,), (SOURCE,), 0, 0.9)


def lost_plan() -> Plan:
    """Returns a plan whose every number is NaN and whose lists are empty."""
    none, empty = Interval(NAN, NAN, NAN), np.array([])
    return Plan(
        0.0, "tokens", 0.0, none, (), (), Frontier(empty, empty, empty, empty), NAN, NAN, NAN, NAN,
        "one level", (), (), 0,
    )  # fmt: skip
