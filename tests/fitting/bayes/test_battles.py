"""Bradley-Terry by NUTS and by our own draws: one posterior."""

import numpy as np
from apportion.benchmarks.ranks import arena
from apportion.fitting.bayes.battles import nuts
from apportion.fitting.ranking.battles import battles
from apportion.fitting.ranking.bradley_terry import bradley_terry
from apportion.fitting.ranking.standing import rank_probabilities, ranks, summary


def test_nuts_and_our_draws_give_one_distribution_of_ranks() -> None:
    pairs = arena(5, 150, seed=3)
    other = nuts(battles(pairs, order=False), seed=0, draws=500)
    ours = bradley_terry(pairs, np.random.default_rng(0), tie="none").worlds
    apart = np.abs(rank_probabilities(ranks(ours)) - rank_probabilities(ranks(summary(other)))).sum(
        axis=1
    )
    # About 2,000 draws each: total variation of two such histograms of five cells, at most.
    assert 0.5 * apart.max() < 0.05
    spread = ours.std(axis=0)
    assert (np.abs(ours.mean(axis=0) - other.mean(axis=0)) < 5 * spread * np.sqrt(2 / 1000)).all()
