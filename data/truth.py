"""Truth: the rates that a synthetic log was drawn from, kept beside it."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from . import store
from .errors import InputError
from .traces import Trace
from .worlds import Floats

TRUTH = "truth.json"
_ARRAYS = ("p", "tpr", "fpr", "classes", "tokens")

P_MAX = 1 - 2.0**-53
"""Rates stay below 1, so that the log of a failure rate is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What a synthetic log was drawn from, problem by problem.

    `p`, `tpr`, `fpr` (P,) are rates of success, of acceptance when right, of acceptance when wrong;
    `tokens` (P,) is the expected output of one sample. `classes` (P, 1 + W) gives the probability
    of each answer class, the right one first; what is missing from 1 has no answer. `correlation`
    is that of two verdicts on one sample, `verdict_tokens` their expected length.
    """

    world: str
    seed: int
    problems: tuple[str, ...]
    p: Floats
    tpr: Floats
    fpr: Floats
    classes: Floats
    tokens: Floats
    prompt_tokens: int
    verdict_tokens: float
    correlation: float

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            getattr(self, name).setflags(write=False)

    def coverage(self, k: ArrayLike) -> Floats:
        """Returns coverage at k for these problems, in the shape of k."""
        failures = np.asarray(k, float)[..., None] * np.log1p(-self.p)
        return np.asarray(-np.expm1(failures).mean(-1))

    def accept_first(self, cap: ArrayLike) -> Floats:
        """Returns the accuracy of the first sample that one verdict accepts, in the shape of cap.

        At most `cap` samples are drawn; accepting none counts as wrong.
        """
        log_reject = np.log1p(-np.minimum(self.accepted, P_MAX))
        reached = -np.expm1(np.asarray(cap, float)[..., None] * log_reject)
        return np.asarray((self.precision * reached).mean(-1))

    @property
    def accepted(self) -> Floats:
        """The share of samples that a verdict accepts, (P,)."""
        return self.p * self.tpr + (1 - self.p) * self.fpr

    @property
    def precision(self) -> Floats:
        """The share of accepted samples that are right, (P,); 0 where none is ever accepted."""
        right, accepted = self.p * self.tpr, self.accepted
        return np.divide(right, accepted, out=np.zeros_like(right), where=accepted > 0)

    @property
    def ceiling(self) -> float:
        """What accept-first tends to without a cap: the macro mean of `precision`."""
        return float(self.precision.mean())

    @property
    def majority_limit(self) -> float:
        """What majority voting tends to: the share of problems whose right class is the largest."""
        return float((self.classes[:, 0] > self.classes[:, 1:].max(1)).mean())


def write(trace: Trace, truth: Truth, folder: Path) -> None:
    """Writes the trace under `folder` and the truth beside it, as `truth.json`.

    The truth names the manifest it belongs to, so a run killed between the two files leaves a
    truth that `read_truth` refuses, never one that passes for the truth of another log.
    """
    store.write(trace, folder)
    names = [field.name for field in fields(Truth)]
    k = [1, 10, 100, 1_000, 10_000]
    content = {
        "manifest": store.digest(folder / store.MANIFEST).sha256,
        "truth": {name: _json(getattr(truth, name)) for name in names},
        "summary": {
            "k": k,
            "coverage": truth.coverage(k).tolist(),
            "accept_first": truth.accept_first(k).tolist(),
            "ceiling": truth.ceiling,
            "majority_limit": truth.majority_limit,
        },
    }
    with store.replacing(folder / TRUTH) as file:
        file.write(json.dumps(content, allow_nan=False).encode())


def _json(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def read_truth(folder: Path) -> Truth:
    """Reads the truth beside a trace.

    Raises:
        InputError: there is none, it cannot be read, or it belongs to another log.
    """
    path = folder / TRUTH
    if not path.is_file() or not store.is_trace(folder):
        raise InputError(f"{path}: no truth here; only `apportion simulate` writes one")
    try:
        content = json.loads(path.read_text("utf8"))
        manifest, told = content["manifest"], content["truth"]
        told |= {name: np.array(told[name], float) for name in _ARRAYS}
        truth = Truth(**{**told, "problems": tuple(told["problems"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the truth of a simulated trace") from error
    if manifest != store.digest(folder / store.MANIFEST).sha256:
        raise InputError(f"{path}: belongs to another log; run `apportion simulate` again")
    return truth
