"""The first that is accepted: drawing until a verdict says yes, at most K samples."""

from dataclasses import dataclass

import numpy as np

from .hypergeometric import Floats, Ints, miss_probability


@dataclass(frozen=True, slots=True, eq=False)
class AcceptFirst:
    """How drawing until the first accepted sample ends, within at most K draws; each (P, K).

    `right`, `wrong` and `abstain` (none of the K accepted) are chances that add up to 1; `draws` is
    the expected number of samples drawn.
    """

    right: Floats
    wrong: Floats
    abstain: Floats
    draws: Floats


def accept_first(n: Ints, accepted_right: Ints, accepted_wrong: Ints, cap: Ints) -> AcceptFirst:
    """Returns how accepting the first sample that passes ends, over all orders of the n samples.

    With A right and B wrong ones accepted: abstain = C(n-A-B, K) / C(n, K), right = A / (A+B)
    (1 - abstain), draws = sum_{j<K} C(n-A-B, j) / C(n, j). The model of Stroebl et al. 2024
    without its simulation. NaN where K > n.

    Args:
        n: samples tried, (P,).
        accepted_right: correct samples that the verifier accepts, (P,).
        accepted_wrong: false ones that it accepts, (P,).
        cap: the most samples drawn, K, (K,).

    Raises:
        ValueError: some cap < 1, or more samples accepted than tried.

    >>> ends = accept_first(np.array([50]), np.array([7]), np.array([4]), np.array([5, 10]))
    >>> [x.round(4).tolist() for x in (ends.right, ends.wrong, ends.abstain)]
    [[[0.4634, 0.597]], [[0.2648, 0.3411]], [[0.2717, 0.0619]]]
    """
    accepted = np.asarray(accepted_right, dtype=np.int64) + accepted_wrong
    abstain = miss_probability(n, accepted, cap)
    ended = (1 - abstain) / np.maximum(accepted, 1)[:, None]
    # The sum telescopes: what lies beyond K is the same sum over the n - K samples left.
    left = (n[:, None] + 1.0) - (n[:, None] - cap + 1.0) * abstain
    return AcceptFirst(
        right=accepted_right[:, None] * ended,
        wrong=accepted_wrong[:, None] * ended,
        abstain=abstain,
        draws=left / (accepted[:, None] + 1),
    )


def fall_back(ends: AcceptFirst, earned: Floats) -> AcceptFirst:
    """Returns the ends where the K samples drawn answer when none of them was accepted.

    Given that none was, they are any K of the rejected: `earned` (P, K) is what such a draw earns,
    and may be NaN where fewer than K were rejected, for then one of the K always is accepted.

    >>> ends = accept_first(np.array([2]), np.array([1]), np.array([0]), np.array([1]))
    >>> fall_back(ends, np.array([[0.5]])).right
    array([[0.75]])
    """
    never = ends.abstain == 0
    won = np.where(never, 0.0, ends.abstain * earned)
    lost = np.where(never, 0.0, ends.abstain * (1 - earned))
    return AcceptFirst(ends.right + won, ends.wrong + lost, 0 * ends.abstain, ends.draws)


def expected_tokens(ends: AcceptFirst, accepted: Floats, rejected: Floats) -> Floats:
    """Returns (P, K) the tokens of all samples drawn, of ends before any `fall_back`.

    Where it ends in an acceptance, each accepted sample is as likely to be the one; the others
    drawn are rejected ones, each as likely. So two means (P,) say all: the tokens of the
    `accepted` samples and of the `rejected` ones. A mean that is never needed may be NaN.

    >>> ends = accept_first(np.array([2]), np.array([1]), np.array([0]), np.array([1, 2]))
    >>> expected_tokens(ends, np.array([10.0]), np.array([100.0]))
    array([[55., 60.]])
    """
    stopped = 1 - ends.abstain
    passed_over = np.maximum(ends.draws - stopped, 0.0)
    return _spent(stopped, accepted) + _spent(passed_over, rejected)


def _spent(samples: Floats, tokens: Floats) -> Floats:
    """Samples (P, K) of so many tokens (P,) each; none cost nothing, whatever one would."""
    return np.asarray(np.where(samples == 0, 0.0, samples * tokens[:, None]))
