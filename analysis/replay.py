"""Replay: ways of answering tried on random orders of a log's samples, one prefix after another.

What is decided after the first few samples depends on those samples, so a mean over all subsets
does not value it; random orders do, with the samples that were looked at among those used.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .answers import answers
from .counts import VOID, Counts, Ints
from .curve import Floats

MOST_CELLS = 8_000_000
FEWEST, MOST = 10, 48
"""Orders of each problem: as many as cells allow, within these bounds."""


@dataclass(frozen=True, eq=False)
class Orders:
    """R random orders of the samples of each problem, cut to the first S: (P, R, S) each.

    `answer` is the class or VOID; `yes` (P, R, S, M) the verdicts that accept, in a random order of
    their own, the same for all samples of an order; `score` is -inf where missing. `worth` (P, A)
    is how far each class is right. What the log never held is None.
    """

    right: Floats
    answer: Ints | None
    yes: NDArray[np.bool_] | None
    score: Floats | None
    tokens: Floats | None
    worth: Floats

    @cached_property
    def accepted(self) -> Ints:
        """How many of the first 1, 2, ..., M verdicts accept each sample, (P, R, S, M)."""
        return np.asarray(np.cumsum(np.asarray(self.yes), axis=-1, dtype=np.int16), dtype=np.int64)

    def part(self, first: int, last: int) -> "Orders":
        """Returns the samples from place `first` up to `last` of every order."""
        some = slice(first, last)
        return Orders(
            self.right[:, :, some],
            None if self.answer is None else self.answer[:, :, some],
            None if self.yes is None else self.yes[:, :, some],
            None if self.score is None else self.score[:, :, some],
            None if self.tokens is None else self.tokens[:, :, some],
            self.worth,
        )

    def one(self) -> Floats:
        """Returns (P, R): whether the first sample is right."""
        return self.right[:, :, 0]

    def tally(self, sizes: Ints, weight: Ints | None = None) -> Ints:
        """Returns (K, P, R, A) the votes for each class among the first `sizes` (K,), rising.

        A vote counts 1, or as much as its whole `weight` (P, R, S).
        """
        answer = np.asarray(self.answer)
        (problems, repeats, _), classes = answer.shape, self.worth.shape[1]
        cell = np.arange(problems * repeats).reshape(problems, repeats, 1) * classes + answer
        votes, before, out = np.zeros(problems * repeats * classes, dtype=np.int64), 0, []
        for s in sizes.tolist():
            new = slice(before, s)
            cast = answer[:, :, new] != VOID
            heavy = None if weight is None else weight[:, :, new][cast]
            more = np.bincount(cell[:, :, new][cast], heavy, minlength=len(votes))
            votes, before = votes + more.astype(np.int64), s
            out.append(votes.reshape(problems, repeats, classes))
        return np.stack(out)

    def majority(self, sizes: Ints) -> Floats:
        """Returns (P, R, K) the correctness of the most frequent answer, ties broken evenly."""
        votes = self.tally(sizes)
        return self._won(votes, votes > 0)

    def weighted(self, sizes: Ints, verdicts: int) -> Floats:
        """Returns (P, R, K) the correctness of the answer with most of its verdicts accepting.

        Ties go evenly over the answers given, so where nothing is accepted any of them may win.
        """
        return self._won(self.tally(sizes, self.accepted[..., verdicts - 1]), self.tally(sizes) > 0)

    def best_of_majority(self, sizes: Ints, verdicts: int, gate: float) -> Floats:
        """Returns (P, R, K) the correctness of the best judged answer among the frequent ones.

        An answer is judged by its mean number of accepting verdicts and frequent with at least a
        share `gate` of the samples; where none is, the most frequent one wins.
        """
        votes = self.tally(sizes)
        liked = self.tally(sizes, self.accepted[..., verdicts - 1]) / np.maximum(votes, 1)
        lead = votes.max(axis=-1, keepdims=True)
        needed = np.ceil(gate * sizes - 1e-9)[:, None, None, None]
        passes = (votes >= np.minimum(needed, lead)) & (votes > 0)
        return self._won(np.where(lead < needed, 0.0, liked), passes)

    def _won(self, worth: Floats | Ints, allowed: NDArray[np.bool_]) -> Floats:
        """The correctness (P, R, K) of what is worth most of what is allowed, (K, P, R, A)."""
        best = np.where(allowed, worth, -1).max(axis=-1, keepdims=True)
        top = allowed & (worth >= best - 1e-12)
        won = np.einsum("kpra,pa->prk", top, self.worth)
        return np.asarray(won / np.moveaxis(np.maximum(top.sum(axis=-1), 1), 0, -1))

    def best_of(self, sizes: Ints, verdicts: int = 0) -> Floats:
        """Returns (P, R, K) the correctness of the best by so many verdicts, or by score for 0."""
        liked = self.accepted[..., verdicts - 1] if verdicts else np.asarray(self.score)
        earned = []
        for s in sizes.tolist():
            some = liked[:, :, :s]
            top = some == some.max(axis=-1, keepdims=True)
            earned.append((top * self.right[:, :, :s]).sum(axis=-1) / top.sum(axis=-1))
        return np.stack(earned, axis=-1)

    def accept_first(self, caps: Ints) -> tuple[Floats, Floats]:
        """Returns the correctness of the first accepted and the samples drawn, (P, R, K) each."""
        yes = np.asarray(self.yes)[..., 0]
        first = np.where(yes.any(axis=-1), yes.argmax(axis=-1), yes.shape[-1])
        at = np.minimum(first, yes.shape[-1] - 1)[..., None]
        right = np.take_along_axis(self.right, at, axis=-1)
        drawn = np.minimum(first[..., None] + 1, caps).astype(float)
        return np.where(first[..., None] < caps, right, 0.0), drawn


def repeats(counts: Counts, size: int) -> int:
    """Returns how many orders of each problem fit into memory, cut to `size`."""
    cells = len(counts) * size * max(_judged(counts), 1)
    return int(np.clip(MOST_CELLS // cells, FEWEST, MOST))


def _judged(counts: Counts) -> int:
    """How many verdicts every sample has."""
    drawn = counts.drawn
    return 0 if drawn is None or drawn.accepts is None else drawn.accepts.shape[1]


def orders(counts: Counts, size: int, rng: np.random.Generator, repeats: int = MOST) -> Orders:
    """Draws random orders of every problem's samples, cut to `size` <= n.

    Logs of the same samples that share the seed and the repeats get the same orders.

    Raises:
        InputError: the log kept only counts, or stopped at success.
    """
    drawn = counts.drawn
    voices = (
        list(answers(counts, "replay")) if drawn is not None and drawn.answer is not None else []
    )
    rows = np.empty((len(counts), repeats, size), dtype=np.int64)
    for i, within in enumerate(map(counts.rows, range(len(counts)))):
        order = rng.permuted(np.tile(np.arange(within.start, within.stop), (repeats, 1)), axis=1)
        rows[i] = order[:, :size]
    assert drawn is not None
    worth = np.zeros((len(counts), max((len(v.right) for v in voices), default=1)))
    for i, voice in enumerate(voices):
        worth[i, : len(voice.right)] = voice.right
    yes = None
    if drawn.accepts is not None:
        turned = rng.permuted(np.tile(np.arange(_judged(counts)), (repeats, 1)), axis=1)
        yes = (drawn.accepts == 1)[rows[..., None], turned[None, :, None, :]]
    score = None if drawn.score is None else np.where(np.isnan(drawn.score), -np.inf, drawn.score)
    return Orders(
        drawn.right[rows],
        None if drawn.answer is None else drawn.answer[rows],
        yes,
        None if score is None else score[rows],
        None if drawn.tokens is None else drawn.tokens[rows],
        worth,
    )
