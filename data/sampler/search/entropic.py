"""Entropic particle filtering: weights are flattened while they are few and the search is young.

Giannone et al. 2025 (arXiv 2510.05825), as in the authors' its_hub, without its look-ahead.
"""

from __future__ import annotations

from .growth import Growth
from .particle import follow
from .resampling import systematic

FEW, YOUNG = 0.5, 0.5
"""Tempering acts while ESS / N and t / T are both below these."""


def entropic_particle_filter(search: Growth, width: int) -> int:
    """Resamples systematically from tempered weights; submits the particle of highest weight."""
    steps = search.settings.steps
    return follow(search, width, systematic, lambda ess, t: temperature(ess, width, t / steps))


def temperature(ess: float, width: int, done: float) -> float:
    """Returns max(1, (N / ESS)(1 - t / T)) early and with few effective particles, else 1.

    `done` is t / T, of the most steps that a completion may have.

    >>> temperature(1.0, 8, 0.25)
    6.0
    """
    if ess / width < FEW and done < YOUNG:
        return max(1.0, width / ess * (1 - done))
    return 1.0
