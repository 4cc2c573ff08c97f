"""inspect's usual samples, many at once as columns; a batch with any other is read one by one."""

import math
from collections.abc import Sequence
from typing import Any

from .scores import EXACT

TOKENS = {
    "input_tokens": "prompt_tokens",
    "input_tokens_cache_read": "prompt_tokens",
    "input_tokens_cache_write": "prompt_tokens",
    "output_tokens": "output_tokens",
}
"""What inspect counts of tokens, and which of ours it adds to."""
BATCH = 100
"""Samples held at once; of many more, the garbage collector looks at each again and again."""
Columns = dict[str, list[Any]]


def columns(batch: Sequence[Any], truth: str | None) -> Columns | None:
    """Returns what a reading one by one would make of a batch, or None where it must be done.

    A usual sample is complete, without an error or a limit, and one scorer called it right or
    wrong; one model was called.

    Args:
        batch: samples as they stand in the summaries.
        truth: the scorer asked for.
    """
    try:
        graded = _graded([sample["scores"] for sample in batch], truth)
        spent = _tokens([sample["model_usage"] for sample in batch])
        ids = _texts([sample["id"] for sample in batch])
        epochs = _whole([sample["epoch"] for sample in batch])
        seconds = [sample["working_time"] for sample in batch]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    odd = any(
        sample.get("error") is not None or sample.get("limit") is not None or "output" in sample
        for sample in batch
    )
    if odd or not set(map(type, seconds)) <= {float} or not all(map(math.isfinite, seconds)):
        return None
    return {
        "problem": ids,
        "sample": [epoch - 1 for epoch in epochs],
        **spent,
        "seconds": seconds,
        **graded,
    }


def _texts(values: list[Any], *, gaps: bool = False) -> list[Any]:
    """The values, if all are texts (or nothing, where there may be gaps) in plain letters."""
    if not set(map(type, values)) <= ({str, type(None)} if gaps else {str}):
        raise TypeError
    if not "".join(filter(None, values)).isascii():
        raise ValueError
    return values


def _whole(values: list[Any]) -> list[int]:
    """The values, if all are whole numbers of a usual size."""
    if set(map(type, values)) != {int}:
        raise TypeError
    if min(values) < 0 or max(values) > 2**53:
        raise ValueError
    return values


def _graded(scores: list[Any], truth: str | None) -> Columns:
    (name,) = scores[0]
    if truth not in (None, name) or "." in name or set(map(len, scores)) != {1}:
        raise ValueError
    given = [score[name] for score in scores]
    return {
        "correct": [EXACT[score["value"]] for score in given],
        "answer": _texts([score.get("answer") for score in given], gaps=True),
    }


def _tokens(usage: list[Any]) -> Columns:
    if set(map(len, usage)) != {1}:
        raise ValueError
    used = [next(iter(models.values())) for models in usage]
    spent: Columns = {}
    for name, ours in TOKENS.items():
        if any(name in counts for counts in used):
            more = _whole([counts[name] for counts in used])
            before = spent.get(ours)
            spent[ours] = [a + b for a, b in zip(before, more, strict=True)] if before else more
    return spent
