"""A log of three models that tried the same problems, the first two hard to tell apart."""

import numpy as np
import polars as pl
from apportion.data.door import admit
from apportion.data.traces import Header, Trace, assemble

SKILL = {"weak": -1.5, "strong": 0.9, "nearly": 0.7}


def models(problems: int = 25, samples: int = 8, seed: int = 0) -> Trace:
    """Returns the log: answers are logged, verdicts are not."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 1.2, problems)
    rows = []
    for name, skill in SKILL.items():
        rate = 1 / (1 + np.exp(hard - skill))
        right = rng.random((problems, samples)) < rate[:, None]
        for (p, s), solved in np.ndenumerate(right):
            rows.append((f"p{p}", s, name, bool(solved), "a" if solved else f"b{rng.integers(3)}"))
    names = ["problem", "sample", "model", "correct", "answer"]
    frame = pl.DataFrame(rows, names, orient="row")
    return assemble(Header(), samples=admit(frame, "samples", "made"))
