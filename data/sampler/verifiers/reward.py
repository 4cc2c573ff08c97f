"""A reward model's head on a solution, or on each of its steps: one number, read off one pass."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...errors import InputError
from ..engines.engine import Engine
from ..solution import Solution, Verdict
from ..tasks.problem import Problem
from .verifier import scored

DTYPES = ("float32", "bfloat16")
SURE = 1e-9


@dataclass(frozen=True, slots=True)
class Head:
    """A sequence classifier with one label, its name, its tokenizer, and where it runs.

    `pad` is the token that fills up short rows, None where the model has none: then every text
    is read by itself.
    """

    name: str
    model: Any
    tokenizer: Any
    device: str
    pad: int | None
    batch: int = 16

    def logits(self, problems: Sequence[Problem], texts: Sequence[str]) -> list[float]:
        """Returns the head's logit for each text as an answer to its problem.

        A text longer than the model reads has none: NaN, and no truncated verdict.
        """
        rows = [self._tokens(*pair) for pair in zip(problems, texts, strict=True)]
        longest = getattr(self.model.config, "max_position_embeddings", math.inf)
        found = [math.nan] * len(rows)
        # Rows of like length share a batch, so that little of it is padding.
        places = (at for at in _by_length(rows) if len(rows[at]) <= longest)
        for batch in _cut(places, self.batch if self.pad is not None else 1):
            for at, logit in zip(batch, self._pass([rows[at] for at in batch]), strict=True):
                found[at] = logit
        return found

    def _tokens(self, problem: Problem, text: str) -> list[int]:
        """A conversation in the head's own template where the problem is one, else plain text."""
        plain = problem.prompt + text
        chat = problem.chat and self.tokenizer.chat_template is not None
        if chat:
            said = (("user", problem.prompt), ("assistant", text))
            turns = [{"role": role, "content": content} for role, content in said]
            plain = self.tokenizer.apply_chat_template(turns, tokenize=False)
        return list(self.tokenizer(plain, add_special_tokens=not chat)["input_ids"])

    def _pass(self, rows: Sequence[Sequence[int]]) -> list[float]:
        import torch

        width, pad = max(map(len, rows)), self.pad or 0
        ids = [[*row, *[pad] * (width - len(row))] for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        with torch.inference_mode():
            output = self.model(
                input_ids=torch.tensor(ids, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
            )
        found: list[float] = output.logits[:, 0].float().tolist()
        return found


def _by_length(rows: Sequence[Sequence[int]]) -> list[int]:
    return sorted(range(len(rows)), key=lambda at: len(rows[at]))


def _cut(places: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(itertools.islice(places, size)):
        yield batch


def load(path: str, device: str = "cpu", dtype: str = "float32", batch: int = 16) -> Head:
    """Loads a reward model by folder or name; raises InputError for what is not one.

    It must have one label, and its head must be among its weights: transformers would otherwise
    make one up at random and only warn.
    """
    try:
        import torch
        import transformers

        read = transformers.AutoModelForSequenceClassification.from_pretrained
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        found: Any = read(path, dtype=getattr(torch, dtype), output_loading_info=True)
        model, lacking = found[0].to(device).eval(), sorted(found[1]["missing_keys"])
    # Torch asserts that it was built for the device.
    except (ImportError, OSError, ValueError, RuntimeError, AssertionError) as error:
        said = ascii(str(error).strip().partition("\n")[0])
        where = f"{path!a} on {device!a}"
        raise InputError(f"no reward model can be loaded from {where}: {said}") from None
    labels = model.config.num_labels
    if labels != 1 or lacking:
        raise InputError(
            "a reward model must have one label and the weights of its head; "
            f"{path!a} has {labels} and lacks {', '.join(lacking) or 'nothing'}"
        )
    name = f"reward-{Path(path).name}"
    return Head(name, model, tokenizer, device, model.config.pad_token_id, batch)


@dataclass(frozen=True, slots=True)
class Reward:
    """One verdict, the same every time: the head's logit, accepted above the threshold.

    It draws no tokens of the model that is sampled; its cost is a pass of another model.
    """

    head: Head
    threshold: float = 0.0
    repeats: ClassVar[int] = 1

    @classmethod
    def load(
        cls, path: str, threshold: float = 0.0, device: str = "cpu", dtype: str = "float32"
    ) -> Reward:
        """Loads the model at once, so that a wrong path is known before anything is drawn."""
        return cls(load(path, device, dtype), threshold)

    @property
    def name(self) -> str:
        """One verifier a model: `reward-` and the last part of its path."""
        return self.head.name

    def judge(
        self, engine: Engine, solutions: Sequence[Solution], seed: int
    ) -> list[list[Verdict]]:
        """Returns one verdict for each solution; neither engine nor stream is used."""
        del engine, seed
        asked = [solution.problem for solution in solutions]
        logits = self.head.logits(asked, [solution.text for solution in solutions])
        return [[scored(logit, self.threshold)] for logit in logits]


@dataclass(frozen=True, slots=True)
class StepReward:
    """A process reward: how good a solution looks so far, for each of its prefixes."""

    head: Head

    @property
    def name(self) -> str:
        """The model's, as for its verdicts."""
        return self.head.name

    def score(self, problem: Problem, prefixes: Sequence[str], /) -> list[float]:
        """Returns the head's sigmoid for each prefix, in (0, 1); too long a prefix gets the least.

        Shape: one number a prefix.
        """
        logits = self.head.logits([problem] * len(prefixes), prefixes)
        return [_share(logit) for logit in logits]


def _share(logit: float) -> float:
    """The logistic function, kept off its ends: a search takes logarithms of it."""
    if math.isnan(logit):
        return SURE
    if logit < 0:
        return max(math.exp(logit) / (1 + math.exp(logit)), SURE)
    return min(1 / (1 + math.exp(-logit)), 1 - SURE)
