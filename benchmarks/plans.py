"""Plans measured as plans: promises kept, true accuracy lost to not knowing, budgets saved."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from apportion.analysis.counts import Counts, count
from apportion.analysis.levels import given, one_level
from apportion.analysis.worlds import problem_worlds
from apportion.data.synthetic import simulate
from apportion.planner.allocate import Allocation, budget_for
from apportion.planner.beyond import REACH, with_beyond
from apportion.planner.build import plan
from apportion.planner.case import Case, case
from apportion.planner.check import check
from apportion.planner.costs import Prices
from apportion.planner.oracle import oracle
from apportion.planner.probed import looks
from apportion.planner.simple import simplest
from apportion.planner.stages import plainly, staged
from apportion.planner.value import value_table
from numpy.typing import NDArray

from . import averaging, promises

Row = dict[str, object]
Floats = NDArray[np.float64]
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]

PAGE = Path(__file__).parent.parent / "docs" / "plans.md"
PRICE = Prices(sample=1.0, verdict=0.1)
WORLD, OTHERS = "mixed", 2_000
KINDS = {"given": 300, "none": 40, "probe": 40}
SAVED = 30
"""How many promises of each way to know levels are checked."""
SIZES = {100: 100, 500: 40}
"""Problems of a log, and how many logs, for the regret."""
LOWEST, HIGHEST = 1.2, 12.0
"""Budgets in samples a problem, drawn evenly in the logarithm."""


def budget(seed: int) -> float:
    """Returns a random budget, the same for everything that is compared at a seed."""
    rng = np.random.default_rng([seed, 77])
    return float(np.exp(rng.uniform(np.log(LOWEST), np.log(HIGHEST))))


def kept(levels: str, seed: int) -> tuple[bool, float]:
    """Whether a plan of 100 problems kept its promise on 100 others, and by what it was off.

    The others have as many samples as the largest option, so that nothing there hangs on a fit.
    """
    ours, theirs = (
        simulate(WORLD, problems=100, samples=n, verdicts=2, seed=20_000 + 2 * seed + i)[0]
        for i, n in ((0, 16), (1, 16 * REACH))
    )
    made = plan(ours, budget(seed), "samples", levels=levels, seed=seed)
    gap = check(made, theirs, seed=seed).gap
    return bool(gap.low <= 0 <= gap.high), gap.estimate


@cache
def truth() -> tuple[Counts, Case]:
    """A log so large that its values are the world's, to about .01 an option and level."""
    log = count(simulate(WORLD, problems=OTHERS, samples=16, verdicts=2, seed=99)[0])
    return log, _case(log, by_level=True)


def _case(log: Counts, *, by_level: bool) -> Case:
    levels = given(log) if by_level else one_level(len(log))
    worlds = problem_worlds(log.problems, 0, 1)
    return case(value_table([log], PRICE), levels, None, worlds, np.arange(len(log)))


def regret(problems: int, seed: int) -> tuple[float, float]:
    """The true accuracy that a plan of so many problems loses to the best plan, by given levels.

    And by how much it exceeds the best single split chosen on the same log. Both at the levels'
    true shares, so at the same budget.
    """
    log = count(simulate(WORLD, problems=problems, samples=16, verdicts=2, seed=30_000 + seed)[0])
    amount, (_, known) = budget(seed), truth()
    cost, value = known.means(known.weights[0])
    top = known.allocate(amount).value

    def worth(made: Allocation) -> float:
        # Spent as planned in the log, which is not what it costs in truth; scaled to the budget.
        weight = np.broadcast_to(made.weight, value.shape)
        spent = float(known.share @ (weight * cost).sum(axis=1))
        reached = float(known.share @ (weight * value).sum(axis=1))
        return reached + (amount - spent) * known.allocate(amount).price

    ours = worth(simplest(_case(log, by_level=True), amount))
    return top - ours, ours - worth(_case(log, by_level=False).allocate(amount))


SAVERS = ("solve rate", "given", "probe")
RIVALS = ("best single split", "best single split that never stops early")


def saved(seed: int) -> tuple[float, ...]:
    """The share of a single split's budget at which levels reach its accuracy.

    Levels from the solve rate (of other samples), given, and by the best probe, each against the
    best of all single splits, then against the best of those that draw all their solutions;
    infinite where they never reach it.
    """
    log = count(simulate(WORLD, problems=200, samples=32, verdicts=2, seed=40_000 + seed)[0])
    amount, worlds = budget(seed), problem_worlds(log.problems, seed, 1)
    table = with_beyond(value_table([log], PRICE), [log], PRICE, seed)
    ideal = staged(oracle([log], 1, seed, believed=table), [log], PRICE, worlds).case
    plain = staged(plainly(given(log), table), [log], PRICE, worlds).case
    probes = [staged(told, [log], PRICE, worlds).case for told in looks([log], 1, seed, table)]

    def single(each: Case, *, early: bool) -> float:
        options = enumerate(each.table.options)
        kept = [i for i, o in options if early or o.strategy != "accept-first"]
        return each.pooled(kept).allocate(amount).value

    found = []
    for early in (True, False):
        wanted = single(plain, early=early)
        found += [
            budget_for(ideal.steps(), single(ideal, early=early)),
            budget_for(plain.steps(), wanted),
            min((budget_for(case.steps(), wanted) for case in probes), default=np.inf),
        ]
    return tuple(float(np.nan_to_num(x, nan=np.inf) / amount) for x in found)


def measure(starmap: Starmap) -> Row:
    """Returns every table; each row with its number of logs and its Monte Carlo error."""
    found: Row = {"mass": 0.9}
    held: Row = {}
    for levels, logs in KINDS.items():
        made = starmap(kept, [(levels, seed) for seed in range(logs)])
        share, off = np.mean([held for held, _ in made]), np.asarray([gap for _, gap in made])
        held[levels] = {
            "share": round(float(share), 3),
            "error": round(float(np.sqrt(share * (1 - share) / logs)), 3),
            "mean gap": round(float(off.mean()), 4),
            "gap error": round(float(off.std(ddof=1) / np.sqrt(logs)), 4),
            "logs": logs,
        }
        print(f"promises, levels {levels}: {held[levels]}", flush=True)
    found["promises"] = held
    lost: Row = {}
    for problems, logs in SIZES.items():
        pairs = np.asarray(starmap(regret, [(problems, seed) for seed in range(logs)]))
        (short, over), errors = pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(logs)
        lost[str(problems)] = {
            "regret": round(float(short), 4),
            "regret error": round(float(errors[0]), 4),
            "above best single split": round(float(over), 4),
            "above error": round(float(errors[1]), 4),
            "logs": logs,
        }
        print(f"regret, {problems} problems: {lost[str(problems)]}", flush=True)
    found["regret"] = lost
    ratios = np.asarray(starmap(saved, [(seed,) for seed in range(SAVED)]))
    names = [f"{name}, against the {rival}" for rival in RIVALS for name in SAVERS]
    found["budget for the same accuracy"] = {
        name: {
            "median": round(float(np.median(column)), 3),
            "quartiles": [float(x) for x in np.quantile(column, [0.25, 0.75]).round(3)],
            "logs": len(column),
        }
        for name, column in zip(names, ratios.T, strict=True)
    }
    print(found["budget for the same accuracy"], flush=True)
    return found


PARTS: dict[str, Callable[[Starmap], Row]] = {
    "plans": measure,
    "promises": promises.measure,
    "averaging": averaging.measure,
}


def page(kept_: dict[str, Any]) -> str:
    """Returns the page of what plans have been shown to do."""
    told = kept_.get("plans")
    if told is None:
        return "# What plans have been shown to do\n\nNot measured yet.\n"
    lines = [
        "# What plans have been shown to do\n",
        f"Made by `{told['command']}` at commit {told['commit']}. Logs are drawn from the world"
        f" `{WORLD}`; verdicts are free in the promises and cost {PRICE.verdict:g} of a sample in"
        f" the rest; budgets are random, from {LOWEST:g} to {HIGHEST:g} samples a problem, even in"
        " the logarithm.\n",
        "**Promises.** A plan of 100 problems x 16 samples x 2 verdicts, checked on 100 other"
        " problems: how often its 90% interval for their mean held what it reached there.\n",
        "| levels | held | realised less promised, mean | logs |",
        "|---|---|---|---|",
    ]
    for name, row in told["promises"].items():
        lines.append(
            f"| {name} | {row['share']:.3f} +- {row['error']:.3f} |"
            f" {row['mean gap']:+.4f} +- {row['gap error']:.4f} | {row['logs']} |"
        )
    lines += [
        "",
        "**Regret.** True accuracy lost to the best plan with the same (given) levels, options and"
        f" budget, the truth being a log of {OTHERS:,} problems; and how far the plan is above the"
        " best single split chosen on the same log. What a plan over- or underspends in truth is"
        " settled at the shadow price.\n",
        "| problems of the log | regret | above the best single split | logs |",
        "|---|---|---|---|",
    ]
    for name, row in told["regret"].items():
        lines.append(
            f"| {name} | {row['regret']:.4f} +- {row['regret error']:.4f} |"
            f" {row['above best single split']:+.4f} +- {row['above error']:.4f} | {row['logs']} |"
        )
    lines += [
        "",
        "**Budget saved.** The share of a single split's budget at which a plan by levels reaches"
        " the same accuracy (200 problems x 32 samples x 2 verdicts, before optimism is removed)."
        " The best single split may itself stop early (accept-first); the best of those that draw"
        " all their solutions may not.\n",
        "| levels | median | quartiles | logs |",
        "|---|---|---|---|",
    ]
    for name, row in told["budget for the same accuracy"].items():
        low, high = row["quartiles"]
        lines.append(f"| {name} | {row['median']:.2f} | {low:.2f} to {high:.2f} | {row['logs']} |")
    lines += _averaging(kept_.get("averaging"))
    lines += _real(kept_.get("promises"))
    return "\n".join(lines) + "\n"


def _averaging(told: dict[str, Any] | None) -> list[str]:
    """Planning with all families against planning with the likeliest."""
    if told is None:
        return []
    low, high = told["prices"]
    lines = [
        "",
        "**Averaging over families.** True utility lost by the cap that a plan chooses for drawing"
        f" until accepted, in the world `{averaging.WORLD}` (a plateau, and a second rise hundreds"
        f" of samples later) with a verifier that is never wrong, {averaging.PROBLEMS} problems,"
        f" over nine prices of a sample from {low:g} to {high:g} right answers: when all families"
        " of difficulty speak, and when the likeliest one speaks alone."
        f" `{told['command']}` at commit {told['commit']}.\n",
        "| samples of each problem | averaged | selected | selected less averaged | logs |",
        "|---|---|---|---|---|",
    ]
    for name, row in told["rows"].items():
        lines.append(
            f"| {name} | {row['averaged']:.4f} | {row['selected']:.4f} |"
            f" {row['difference']:+.4f} +- {row['error']:.4f} | {row['logs']} |"
        )
    return lines


def _real(told: dict[str, Any] | None) -> list[str]:
    """The promises on real logs."""
    if told is None:
        return []
    lines = [
        "",
        "**Promises on real logs.** A plan of a random half of the problems, checked on the other"
        " half, 90% intervals; halves of one log overlap, so the shares are not independent and"
        " nothing is gated on them. codet: generated programs and tests of HumanEval"
        " (microsoft/CodeT); game24: princeton-nlp/tree-of-thought-llm; gpqa and otis: Epoch AI's"
        f" benchmarking hub. `{told['command']}` at commit {told['commit']}.\n",
        "| log | problems | samples each | held | realised less promised, mean | halves |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in told["logs"].items():
        lines.append(
            f"| {name} | {row['problems']} | {row['samples']} | {row['share']:.3f} |"
            f" {row['mean gap']:+.4f} | {row['halves']} |"
        )
    return lines
