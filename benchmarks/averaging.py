"""Planning with every family of difficulty against planning with the likeliest one."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.data.synthetic import simulate
from apportion.data.worlds import World, find
from apportion.planner.allocate import at_price
from apportion.planner.beyond import with_beyond
from apportion.planner.costs import Prices
from apportion.planner.value import value_table

Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]
WORLD = "bimodal"
"""A plateau, and a second rise hundreds of samples later."""
PROBLEMS, LOGS = 60, 80
SAMPLES = (8, 16, 32)
PRICES = np.geomspace(3e-5, 3e-3, 9)
"""Of a sample, in right answers."""
SAMPLE = Prices(sample=1.0)


def sure(log: Counts) -> Counts:
    """A log judged by a verifier that is never wrong."""
    assert log.drawn is not None
    accepts = log.drawn.right.astype(np.int8)[:, None]
    drawn = replace(log.drawn, accepts=accepts, answer=None, score=None, sums=None)
    return replace(log, drawn=drawn, verifier="sure")


def truth(world: World, caps: list[int]) -> tuple[Floats, Floats]:
    """The true accuracy and cost of drawing until accepted, at each cap; 0 answers nothing."""
    missed = 1 - world.coverage(np.arange(max(caps) + 1))
    missed[0] = 1.0
    drawn = np.concatenate([[0.0], np.cumsum(missed)])
    return 1 - missed[caps], drawn[caps]


def lost(samples: int, seed: int) -> tuple[float, float]:
    """The mean true utility lost, over prices, by averaging over families and by selecting one."""
    trace, _ = simulate(WORLD, problems=PROBLEMS, samples=samples, seed=50_000 + seed)
    log = sure(count(trace))
    found = []
    for select in (False, True):
        made = with_beyond(value_table([log], SAMPLE), [log], SAMPLE, seed, select=select)
        kept = [i for i, o in enumerate(made.options) if o.strategy in ("none", "accept-first")]
        caps = [made.options[i].solutions for i in kept]
        cost, value = made.cost[:, kept].mean(axis=0), made.value[:, kept].mean(axis=0)
        right, spent = truth(find(WORLD), caps)
        regret = []
        for price in PRICES:
            net = right - price * spent
            place = at_price(cost[None], value[None], float(price))[0]
            regret.append(net.max() - net[place])
        found.append(float(np.mean(regret)))
    return found[0], found[1]


def measure(starmap: Starmap) -> dict[str, object]:
    """Returns the regret of both, a row for each number of samples."""
    rows: dict[str, object] = {}
    for samples in SAMPLES:
        pairs = np.asarray(starmap(lost, [(samples, seed) for seed in range(LOGS)]))
        gain = pairs[:, 1] - pairs[:, 0]
        averaged, selected = pairs.mean(axis=0)
        rows[str(samples)] = {
            "averaged": round(float(averaged), 5),
            "selected": round(float(selected), 5),
            "difference": round(float(gain.mean()), 5),
            "error": round(float(gain.std(ddof=1) / np.sqrt(LOGS)), 5),
            "logs": LOGS,
        }
        print(f"averaging, {samples} samples: {rows[str(samples)]}", flush=True)
    return {"prices": [float(PRICES[0]), float(PRICES[-1])], "rows": rows}
