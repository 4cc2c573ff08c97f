"""Problems unlike those of the plan are told, in what and which way; problems like them are not."""

import json
from dataclasses import replace

import apportion as ap
import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.profile import profile, remembered
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.saved import saved
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


def test_a_plan_remembers_its_problems_and_a_check_tells_others_from_them() -> None:
    """The JSON of a plan carries what is compared; a harder world is told, its own is not."""
    logs = {
        seed: simulate(world, problems=80, samples=16, seed=seed)[0]
        for seed, world in ((1, "beta"), (2, "beta"), (3, "beta-hard"))
    }
    plan = json.loads(json.dumps(ap.plan(logs[1], 4.0, "samples").json()))
    assert len(plan["made_on"]["n"]) == 80
    doubts = {seed: ap.check(plan, logs[seed]).doubts for seed in (2, 3)}
    told = {seed: [d for d in found if "unlike those" in d] for seed, found in doubts.items()}
    assert told[2] == []
    assert any("the new problems are harder" in doubt for doubt in told[3])
    older = {name: value for name, value in plan.items() if name != "made_on"}
    assert not any("unlike those" in doubt for doubt in ap.check(older, logs[3]).doubts)


def test_a_profile_is_the_same_after_it_was_kept_and_a_large_log_is_thinned() -> None:
    counts = ap.count(simulate("beta", problems=700, samples=4, seed=1)[0])
    kept = profile(counts)
    assert len(kept.n) == 500
    again = remembered(json.loads(json.dumps(kept.json())))
    assert (again.n == kept.n).all()
    assert (again.c == kept.c).all()
    assert again.levels == kept.levels
    assert np.allclose(again.tokens, kept.tokens, rtol=1e-3, equal_nan=True)


@pytest.mark.parametrize(
    "change",
    [
        *({"n": [1, -1]}, {"c": [9, 9]}, {"n": []}, {"levels": ["a"]}, {"n": "x"}, {"n": None}),
        *({"n": [10**30, 4]}, {"c": [1.5, 1]}, {"c": [True, 1]}, {"n": [[4], [4]]}, {"n": 4}),
        *({"levels": "ab"}, {"temperature": "hot"}, {"output_tokens": ["x", 1]}),
        *({"output_tokens": [float("inf"), 1]}, {"output_tokens": [-1, 1]}, {"levels": 3}),
        {"n": [4] * 501, "c": [1] * 501, "output_tokens": [1] * 501},
    ],
)
def test_a_profile_that_is_none_is_refused_in_one_line(change: dict[str, object]) -> None:
    plan = ap.plan(simulate("beta", problems=20, samples=8, seed=1)[0], 4.0, "samples").json()
    made: dict[str, object] = {"model": None, "temperature": None, "stop_rule": "fixed n"}
    made |= {"n": [4, 4], "c": [1, 2], "output_tokens": [None, None], "levels": None}
    assert saved(plan | {"made_on": made}).made_on is not None
    with pytest.raises(InputError, match=r"^this is not a plan [^\n]*$"):
        saved(plan | {"made_on": made | change})
