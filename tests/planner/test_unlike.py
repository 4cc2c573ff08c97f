"""Problems unlike those of the plan are told, in what and which way; problems like them are not."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.data.synthetic import simulate
from apportion.planner.unlike import Unlike, unlike

LOGS = 60


def log(p: Floats, n: int, rng: np.random.Generator, tokens: float = 6.0) -> Counts:
    blank = count(simulate("beta", problems=len(p), samples=1, seed=0)[0])
    return replace(
        blank,
        problems=tuple(map(str, range(len(p)))),
        levels=tuple(rng.choice(["easy", "hard"], len(p))),
        n=np.full(len(p), n),
        c=rng.binomial(n, p),
        drawn=None,
        output_tokens=np.exp(rng.normal(tokens, 0.5, len(p))),
    )


def pair(seed: int, harder: float = 1.0, tokens: float = 6.0) -> Unlike:
    rng = np.random.default_rng(seed)
    old = log(rng.beta(1.0, 1.0, 60), 16, rng)
    return unlike(old, log(rng.beta(harder, 1.0, 40), 4, rng, tokens), seed=seed)


def test_problems_alike_alarm_no_more_often_than_nominal() -> None:
    alarms = np.mean([bool(pair(seed).told) for seed in range(LOGS)])
    assert alarms < 0.05 + 3 * np.sqrt(0.05 * 0.95 / LOGS)


@pytest.mark.parametrize(("harder", "tokens", "what"), [
    (0.3, 6.0, "the new problems are harder"),
    (4.0, 6.0, "the new problems are easier"),
    (1.0, 7.0, "the new problems take"),
])  # fmt: skip
def test_what_differs_is_told_and_which_way(harder: float, tokens: float, what: str) -> None:
    # Power is about .9; three standard errors of 12 pairs are .26.
    told = [" ".join(pair(seed, harder, tokens).doubts) for seed in range(12)]
    assert np.mean([what in each for each in told]) > 0.6


def test_levels_of_another_share_are_told() -> None:
    rng = np.random.default_rng(0)
    old = log(rng.beta(1, 1, 60), 8, rng)
    new = replace(log(rng.beta(1, 1, 60), 8, rng), levels=("hard",) * 60)
    assert {f.name for f in unlike(old, new).told} == {"level easy", "level hard"}


def test_a_log_has_nothing_to_set_against_another_that_shares_no_feature() -> None:
    stopped = count(simulate("beta", problems=9, samples=8, stop="until-success")[0])
    bare = replace(stopped, levels=None, output_tokens=np.full(9, np.nan))
    made = unlike(bare, bare)
    assert (made.features, made.told, made.doubts) == ((), (), ())
