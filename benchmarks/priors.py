"""Draws docs/priors.svg: the coverage curves that each family allows before it has seen a log."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from apportion.fitting.curves import MIXTURES

PICTURE = Path(__file__).parents[1] / "docs" / "priors.svg"
DRAWS = 4_000
K = np.geomspace(1, 1e5, 101)


def main() -> None:
    """One panel a mixture: the median curve, the middle half and the middle nine tenths."""
    rng = np.random.default_rng(0)
    mpl.rcParams |= {"svg.hashsalt": "priors", "font.size": 9}
    figure, axes = plt.subplots(2, 4, figsize=(11, 5), sharex=True, sharey=True)
    for axis, family in zip(axes.flat, MIXTURES, strict=True):
        curves = family.value(family.prior.draw(rng, DRAWS), K)
        for mass, shade in ((0.9, "#c9d6e8"), (0.5, "#8fabd0")):
            low, high = np.quantile(curves, [(1 - mass) / 2, (1 + mass) / 2], axis=0)
            axis.fill_between(K, low, high, color=shade, lw=0)
        axis.plot(K, np.median(curves, axis=0), color="#1f3f73")
        axis.plot(K, curves[:6].T, color="#444444", lw=0.5)
        axis.set(xscale="log", ylim=(0, 1), title=family.name)
    for axis in axes[1]:
        axis.set_xlabel("samples k")
    for axis in axes[:, 0]:
        axis.set_ylabel("coverage")
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
