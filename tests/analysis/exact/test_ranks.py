"""What is earned by how many are ahead: the recursion is the sum over all who may be."""

from itertools import product

import numpy as np
from apportion.analysis.exact.ranks import outranked
from hypothesis import given, settings
from hypothesis import strategies as st

chances = st.sampled_from([0.0, 1.0, 0.5, 0.125, 0.9])
kinds = st.lists(st.tuples(chances, chances, st.integers(1, 3), chances), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(kinds)
def test_the_law_is_the_sum_over_all_who_may_be_ahead(found: list[tuple[float, ...]]) -> None:
    one, other, size, won = (np.array(column) for column in zip(*found, strict=True))
    law = np.zeros(int(size.sum()))
    weight = np.array([0.25, 0.75])
    outranked(np.stack([one, other], axis=1), won, size.astype(np.int64), weight, law)
    exact = np.zeros(len(law))
    earns = np.repeat(won, size)
    for share, node in zip(weight, (one, other), strict=True):
        behind = np.repeat(node, size)
        for i in range(len(behind)):
            rest = np.delete(behind, i)
            for ahead in product([0, 1], repeat=len(rest)):
                chance = np.prod(np.where(ahead, 1 - rest, rest))
                exact[sum(ahead)] += share * earns[i] * chance
    np.testing.assert_allclose(law, exact, rtol=0, atol=1e-14)
