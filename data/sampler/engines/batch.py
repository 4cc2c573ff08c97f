"""Samples that grow together: what they share is read once, and finished samples leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..streams import stream
from .engine import Request

AT_ONCE = 64
"""Rows whose cumulative distributions are held at a time, in double precision."""
Context = tuple[int, ...]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Row:
    """One sample as it grows: what it goes on from, and what was drawn so far."""

    prompt: Context
    request: Request
    begun: Context = ()
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish: str | None = None
    at: int = 0
    numbers: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.begun = self.request.begun.tokens if self.request.begun else ()
        self.numbers = stream(self.request.seed, len(self.begun))


class Reader:
    """A model that reads rows of tokens, and keeps what it has read of each."""

    def __init__(self, model: Any, device: str):
        self.model, self.device = model, device
        self.cache: Any = None
        self.ragged = False
        self.mask = torch.zeros((1, 0), dtype=torch.int64, device=device)

    def begin(self, rows: Sequence[Context], keep: int = 1) -> torch.Tensor:
        """Reads rows from their start, what all of them share once; logits of the last `keep`."""
        shared = min(_shared(rows), min(map(len, rows)) - keep)
        if shared > 0:
            self.read([rows[0][:shared]])
        self.select([0] * len(rows))
        return self.read([row[max(shared, 0) :] for row in rows], keep)

    def select(self, rows: Sequence[int]) -> None:
        """Goes on with these rows, each as often as it is named."""
        if list(rows) == list(range(len(self.mask))):  # selecting copies the whole cache
            return
        chosen = torch.tensor(rows, device=self.device)
        self.mask = self.mask[chosen]
        if self.cache is not None:
            self.cache.batch_select_indices(chosen)

    def read(self, rows: Sequence[Context], keep: int = 1) -> torch.Tensor:
        """Reads more tokens on every row, shorter ones padded before them.

        Shape: (rows, keep, vocabulary), the logits after the last `keep` tokens of each row.
        """
        ids, fresh = _padded(rows, self.device)
        self.mask = torch.cat([self.mask, fresh], dim=1)
        self.ragged |= len({len(row) for row in rows}) > 1
        # Where nothing was padded, the model's own way without a mask is faster.
        told = _places(self.mask, ids.shape[1]) if self.ragged else {}
        output = self.model(
            ids, past_key_values=self.cache, use_cache=True, logits_to_keep=keep, **told
        )
        self.cache = output.past_key_values
        logits: torch.Tensor = output.logits.float()
        return logits


class Batch:
    """Samples that grow together; those that agree so far share one row of the model's work.

    Sharing loses nothing: rows are prefixes, and what differs between two samples with one prefix
    is only the next uniform number.
    """

    def __init__(self, model: Any, device: str, samples: Sequence[Row]):
        self.alive = list(samples)
        self.reader = Reader(model, device)
        contexts = list(dict.fromkeys((*row.prompt, *row.begun) for row in samples))
        place = {context: at for at, context in enumerate(contexts)}
        for row in samples:
            row.at = place[(*row.prompt, *row.begun)]
        self.logits = self.reader.begin(contexts)[:, -1]

    def choose(self) -> None:
        """Draws every living sample's next token."""
        chosen, logprobs = _invert(self.logits, self.alive)
        for row, token, logprob in zip(self.alive, chosen, logprobs, strict=True):
            row.tokens.append(token)
            row.logprobs.append(logprob)

    def advance(self) -> None:
        """Lets finished samples go, and reads the newest token of each other prefix."""
        self.alive = [row for row in self.alive if row.finish is None]
        if not self.alive:
            return
        prefixes = sorted({(row.at, row.tokens[-1]) for row in self.alive})
        place = {prefix: at for at, prefix in enumerate(prefixes)}
        for row in self.alive:
            row.at = place[row.at, row.tokens[-1]]
        self.reader.select([at for at, _ in prefixes])
        self.logits = self.reader.read([(token,) for _, token in prefixes])[:, -1]


def _shared(rows: Sequence[Context]) -> int:
    """How many tokens all rows begin with."""
    low, high = min(rows), max(rows)  # whatever lies between them shares what these two do
    pairs = zip(low, high, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(low), len(high)))


def _padded(rows: Sequence[Context], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of tokens, padded on the left, and where their tokens stand (1) or padding does (0)."""
    width = max(map(len, rows))
    ids = [[0] * (width - len(row)) + list(row) for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _places(mask: torch.Tensor, width: int) -> dict[str, torch.Tensor]:
    """What the model must be told where there is padding: what to look at, and where tokens are."""
    positions = (mask.cumsum(1) - 1).clamp_(min=0)[:, -width:]
    return {"attention_mask": mask, "position_ids": positions}


def _invert(logits: torch.Tensor, rows: Sequence[Row]) -> tuple[list[int], list[float]]:
    """Turns each sample's next uniform number into a token, by its row's distribution."""
    chosen = np.zeros(len(rows), dtype=np.int64)
    logprobs = np.zeros(len(rows))
    place = np.array([row.at for row in rows])
    heat = np.array([row.request.temperature for row in rows])
    numbers = np.array([row.numbers.random() for row in rows])
    for warm in np.unique(heat):
        for first in range(0, len(logits), AT_ONCE):
            near = (heat == warm) & (place >= first) & (place < first + AT_ONCE)
            mine = np.flatnonzero(near)
            if len(mine):
                some = logits[first : first + AT_ONCE]
                tokens = _tokens(some, float(warm), place[mine] - first, numbers[mine])
                chosen[mine] = tokens.cpu().numpy()
                at = torch.as_tensor(place[mine] - first, device=logits.device)
                logprobs[mine] = some.log_softmax(-1)[at, tokens].cpu().numpy()
    return chosen.tolist(), logprobs.tolist()


def _tokens(logits: torch.Tensor, heat: float, place: Ints, numbers: Floats) -> torch.Tensor:
    """The tokens at which the rows' cumulative distributions reach the samples' numbers."""
    at = torch.as_tensor(place, device=logits.device)
    if heat == 0:
        return logits.argmax(-1)[at]
    # Double precision: in single, a cumulative sum over the vocabulary drifts near one.
    heights = (logits.double() / heat).softmax(-1).cumsum(-1)
    order = _turn(place)
    levels = np.zeros((len(logits), order.max() + 1))
    levels[place, order] = numbers
    sought = torch.as_tensor(levels, device=logits.device) * heights[:, -1:]
    found = torch.searchsorted(heights, sought, right=True).clamp_(max=heights.shape[1] - 1)
    return found[at, torch.as_tensor(order, device=logits.device)]


def _turn(place: Ints) -> Ints:
    """Which of its row's samples each one is, counted from 0."""
    order = np.argsort(place, kind="stable")
    ranked = place[order]
    turn = np.empty(len(place), dtype=np.int64)
    turn[order] = np.arange(len(place)) - np.searchsorted(ranked, ranked)
    return turn
