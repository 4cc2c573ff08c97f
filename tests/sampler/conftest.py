"""A toy engine: its distribution is known, its draws come from the same streams as a real one's."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from apportion.data.sampler.engines import weights
from apportion.data.sampler.engines.engine import LENGTH, STOP, Draw, Engine, Request
from apportion.data.sampler.streams import stream
from apportion.data.sampler.tasks.problem import Problem


@dataclass
class Toy:
    """Says one digit and stops: digit d of problem `p` with equal chance among `sides`."""

    sides: int = 4
    calls: list[int] = field(default_factory=list)

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        self.calls.append(len(requests))
        return [self._draw(request) for request in requests]

    def _draw(self, request: Request) -> Draw:
        begun = len(request.begun.tokens) if request.begun else 0
        first, second = stream(request.seed, begun).random(2)
        digit = int(first * self.sides)
        if request.max_tokens == 1:
            return Draw(str(digit), (digit,), (-math.log(self.sides),), LENGTH, 3, 1, 0.5)
        # A second token, whose log-probability differs from sample to sample.
        end = (digit, 10 + int(10 * second))
        return Draw(str(digit), end, (-math.log(self.sides), -second), STOP, 3, 2, 0.5)

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        del chat
        return [[-1.0 - at for at in range(len(choices))] for _ in prompts]

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def info(self) -> Mapping[str, object]:
        return {"engine": "toy", "model": "toy", "weights_sha256": "0", "dtype": "float64"}


@pytest.fixture(autouse=True, scope="session")
def kept_weights() -> Iterator[None]:
    """Weights are converted once an environment, not once a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "cache_root", lambda: Path(sys.prefix) / "share" / "apportion")
        yield


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The embedded engine with the packaged model."""
    from apportion.data.sampler.engines import embedded

    try:
        return embedded.load()
    except weights.WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def tasks() -> list[Problem]:
    """Five problems, one in four samples of which is right; the last is never solved."""
    golds = ("0", "1", "2", "3", "9")
    return [
        Problem(f"p{at}", f"problem {at}:", gold, "exact", "easy" if at < 2 else "hard")
        for at, gold in enumerate(golds)
    ]
