"""The vote of a group is the mean of its problems' votes; equal ballots are counted once."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import VOID, Counts, Drawn, count
from apportion.analysis.exact import voting as exact
from apportion.analysis.voting import Ballot, ballots, majority, majority_credit, majority_limits
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate

LOG = count(simulate("mixed", problems=40, samples=7, seed=1)[0])


def test_every_problem_earns_what_its_own_ballot_does() -> None:
    k = np.array([1, 2, 5, 7])
    each = [exact.majority(b.votes, b.right, b.void, k) for b in ballots(LOG)]
    np.testing.assert_array_equal(majority_credit(LOG, k), each)


def test_ballots_are_equal_whatever_their_order_and_only_then() -> None:
    votes, right = np.array([3, 1, 3]), np.array([1.0, 0.0, 0.0])
    ballot = Ballot(votes, right, 2)
    assert ballot.key == Ballot(votes[[2, 1, 0]], right[[2, 1, 0]], 2).key
    others = (
        Ballot(votes, right, 1),
        Ballot(votes, right[::-1] * 0.5, 2),
        Ballot(votes, 1 - right, 2),
        Ballot(votes[:2], right[:2], 2),
    )
    assert ballot.key not in {other.key for other in others}


def test_a_ballot_counts_votes_and_shares_by_answer_and_leaves_out_the_void() -> None:
    drawn = Drawn(
        start=np.array([0, 5, 7]),
        right=np.array([1.0, 0, 0, 1, 0, 0, 0]),
        answer=np.array([0, 4, VOID, 0, 0, VOID, VOID]),
    )
    two = LOG.only(np.array([0, 1]))
    made: Counts = replace(two, n=np.array([5, 2]), c=np.array([2, 0]), drawn=drawn)
    first, second = ballots(made)
    assert (first.votes.tolist(), first.right.tolist(), first.void) == ([3, 1], [2 / 3, 0], 1)
    assert (second.votes.tolist(), second.void) == ([], 2)
    assert majority_limits(made).tolist() == [2 / 3, 0]


def test_without_answers_there_is_no_vote() -> None:
    with pytest.raises(InputError, match="majority voting needs answers"):
        majority(replace(LOG, drawn=None), 1)
    until = count(simulate("mixed", problems=5, samples=4, seed=0, stop="until-success")[0])
    with pytest.raises(InputError, match="stop rule ignores the outcomes"):
        majority(until, 1)
