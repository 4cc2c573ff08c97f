"""The one door to PyMC: samples a model and hands back arrays."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from ...analysis.curve import Floats

CHAINS = 4
DRAWS = 1000


def library() -> ModuleType:
    """Imports PyMC, which takes seconds, when first needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("pymc")


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Posterior draws of each name, (CHAINS * DRAWS, ...), and how well the scalars mixed."""

    values: Mapping[str, Floats]
    r_hat: float
    ess: float
    divergences: int


def sample(model: Any, names: list[str], seed: int, draws: int = DRAWS, tune: int = DRAWS) -> Draws:
    """Samples a model by NUTS with PyMC's own sampler, whatever else is installed."""
    pm = library()
    logging.getLogger("pymc").setLevel(logging.ERROR)
    with model, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = pm.sample(
            draws,
            tune=tune,
            chains=CHAINS,
            cores=1,
            random_seed=seed,
            nuts_sampler="pymc",
            progressbar=False,
            compute_convergence_checks=False,
        )
    posterior = {name: np.asarray(result["posterior"][name]) for name in names}
    scalars = [chains for chains in posterior.values() if chains.ndim == 2]
    arviz = import_module("arviz")
    return Draws(
        {name: chains.reshape(-1, *chains.shape[2:]) for name, chains in posterior.items()},
        max(float(np.asarray(arviz.rhat(chains))) for chains in scalars),
        min(float(np.asarray(arviz.ess(chains))) for chains in scalars),
        int(np.asarray(result["sample_stats"]["diverging"]).sum()),
    )
