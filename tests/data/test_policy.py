"""A policy is data, and its step says the same to a sampler as to the planner."""

import json

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.policy import (
    ACTIONS,
    ANSWER,
    DRAW,
    GIVE_UP,
    WAIT,
    Attempt,
    State,
    decide,
    policy,
)


def test_a_policy_survives_its_json() -> None:
    told = {"kind": "accept-first", "answer": "accepted", "cap": 3}
    made = policy(told)
    assert json.loads(json.dumps(made.json())) == told
    assert [int(decide(made, State(t))) for t in (0, 2, 3)] == [DRAW, DRAW, GIVE_UP]
    assert int(decide(made, State(1, accepted=1))) == ANSWER
    assert ACTIONS[GIVE_UP] == "give up"


def test_elimination_waits_for_its_round() -> None:
    made = policy({"kind": "elimination", "answer": "accepted", "cap": 9})
    assert decide(made, State(np.arange(3), round=2.0)).tolist() == [DRAW, DRAW, WAIT]
    assert int(decide(made, State(2, accepted=1, round=2))) == ANSWER


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "accept-frist", "answer": "accepted"}, "'accept-first'"),
        ({"kind": "fixed", "answer": "guess", "cap": 2}, "got 'guess'"),
        ({"kind": "fixed", "answer": "best"}, "'cap' is missing"),
        ({"kind": "beacon", "answer": "best", "cap": 3}, "is missing"),
    ],
)
def test_what_is_no_policy_is_an_error(told: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        policy(told)


def test_an_attempt_counts_what_it_saw() -> None:
    seen = Attempt()
    assert int(np.asarray(seen.state().drawn)) == 0
    for answer, accepts, score in [("a", False, 0.2), ("b", True, 0.6), (None, True, np.nan)]:
        seen.add(answer, accepts, score)
    now = seen.state()
    assert (now.drawn, now.lead, now.second, now.run, now.accepted) == (3, 1, 1, 0, 2)
    assert now.best == 0.6
    assert now.sd == pytest.approx(np.std([0.2, 0.6], ddof=1))
    seen.add("b")
    assert (seen.state().lead, seen.state().run) == (2, 1)
