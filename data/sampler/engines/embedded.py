"""The embedded engine: a causal language model through transformers, on any torch device."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers

from . import prompts as reading
from . import weights
from .batch import Batch, Reader, Row
from .engine import LENGTH, STEP, STOP, Draw, EngineError, Request

NAME = "transformers"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A model, its tokenizer, and which tokens end a completion; an Engine.

    Of the samples of one call, at most `batch` are drawn together; it changes speed and memory,
    and no sample beyond the rounding of floating-point sums.
    """

    model: Any
    tokenizer: Any
    device: str
    told: dict[str, object]
    batch: int = 256
    ends: frozenset[int] = frozenset()
    pieces: tuple[str, ...] = field(default=(), repr=False)

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        """Draws each request from its own stream, like prompts side by side."""
        order = sorted(range(len(requests)), key=lambda at: requests[at].prompt)
        drawn: dict[int, Draw] = {}
        for first in range(0, len(requests), self.batch):
            some = order[first : first + self.batch]
            drawn |= zip(some, self._together([requests[at] for at in some]), strict=True)
        return [drawn[at] for at in range(len(requests))]

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        """Returns the log-probability of each choice as the continuation of each prompt."""
        ends = [self.tokenize(choice) for choice in choices]
        longest = max(len(end) for end in ends)
        # A choice's last token is only predicted, so one-token choices share their prompt's row.
        asked = [[(*self.prompt(p, chat), *end[:-1]) for end in ends] for p in prompts]
        rows = sorted({row for each in asked for row in each})
        logprobs: dict[tuple[int, ...], torch.Tensor] = {}
        with torch.inference_mode():
            for first in range(0, len(rows), self.batch):
                some = rows[first : first + self.batch]
                logits = Reader(self.model, self.device).begin(some, longest)
                logprobs.update(zip(some, logits.log_softmax(-1), strict=True))
        return [
            [_last(logprobs[row], end) for row, end in zip(each, ends, strict=True)]
            for each in asked
        ]

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Returns the tokens of a text, with nothing added."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt(self, text: str, chat: bool) -> tuple[int, ...]:
        """Returns the tokens of a prompt, or raises EngineError."""
        return reading.tokens(self.tokenizer, self.told["model"], text, chat)

    def info(self) -> dict[str, object]:
        """Returns engine, versions, model, digest, device and number format."""
        return dict(self.told)

    def rescore(self, prompt: str, draw: Draw, chat: bool = False) -> list[float]:
        """Returns the log-probabilities of a draw's tokens, all from one teacher-forced pass."""
        tokens = draw.tokens
        with torch.inference_mode():
            row = (*self.prompt(prompt, chat), *tokens[:-1])
            logits = Reader(self.model, self.device).begin([row], len(tokens))[0]
            chosen = torch.tensor(tokens, device=logits.device)[:, None]
            return [float(x) for x in logits.log_softmax(-1).gather(1, chosen)[:, 0]]

    def _together(self, requests: Sequence[Request]) -> list[Draw]:
        started = time.perf_counter()
        asked = {(r.prompt, r.chat) for r in requests}
        read = {each: self.prompt(*each) for each in asked}
        rows = [Row(read[r.prompt, r.chat], r) for r in requests]
        with torch.inference_mode():
            batch = Batch(self.model, self.device, rows)
            while batch.alive:
                batch.choose()
                for row in batch.alive:
                    row.finish = self._finish(row)
                batch.advance()
        share = (time.perf_counter() - started) / len(requests)
        return [self._draw(row, share) for row in rows]

    def _finish(self, row: Row) -> str | None:
        """Why a row ends at its newest token; None where it goes on."""
        token, asked = row.tokens[-1], row.request
        if token in self.ends or any(self._completes(row, stop) for stop in asked.stop):
            return STOP
        if asked.step and self._completes(row, asked.step):
            return STEP
        return LENGTH if len(row.tokens) >= asked.max_tokens else None

    def _completes(self, row: Row, text: str) -> bool:
        """Tells whether the newest token completes a text, which may have begun tokens before."""
        if text[-1] not in self.pieces[row.tokens[-1]]:
            return False
        tail = [*row.begun[-len(text) :], *row.tokens][-len(text) - 4 :]
        before = len(self._decode(tail[:-1]))
        return text in self._decode(tail)[max(0, before - len(text) + 1) :]

    def _decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; special ones have none."""
        decode = self.tokenizer.decode
        return str(decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _draw(self, row: Row, share: float) -> Draw:
        begun, whole = self._decode(row.begun), self._decode([*row.begun, *row.tokens])
        # Where a character is split between two tokens, the part alone has no text of its own.
        text = whole[len(begun) :] if whole.startswith(begun) else self._decode(row.tokens)
        if row.finish == STOP:
            text = min((text.split(stop)[0] for stop in row.request.stop), key=len, default=text)
        return Draw(
            text,
            tuple(row.tokens),
            tuple(row.logprobs),
            str(row.finish),
            len(row.prompt) + len(row.begun),
            len(row.tokens),
            share,
        )


def load(
    model: str | None = None,
    device: str = "cpu",
    threads: int = 1,
    batch: int = 256,
    dtype: str | None = None,
) -> Embedded:
    """Loads a model by its path (or name, where transformers can find it), or the packaged one.

    `dtype` is a torch number format; by default float32 on a CPU and bfloat16 elsewhere.

    Raises:
        EngineError: there is no such model, or it cannot be read.
        WeightsMissing: no model is named, and the packaged one is not installed.
    """
    torch.set_num_threads(threads)
    named = dtype or ("float32" if device == "cpu" else "bfloat16")
    found = weights.named(model) if model else weights.converted(convert)
    try:
        read: Any = transformers.AutoModelForCausalLM.from_pretrained
        language: Any = read(found.directory, dtype=getattr(torch, named))
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(found.directory)
        language = language.to(device).eval()
    except (OSError, ValueError, AttributeError, RuntimeError) as error:
        raise EngineError(f"{model}: cannot be loaded ({str(error).splitlines()[0]})") from error
    told: dict[str, object] = {
        "engine": NAME,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "model": found.name,
        "weights_sha256": found.sha256,
        "licence": found.licence,
        "device": _device(device),
        "dtype": named,
    }
    pieces = tokenizer.batch_decode([[at] for at in range(language.config.vocab_size)])
    ends = frozenset((*tokenizer.all_special_ids, *_ids(language.generation_config.eos_token_id)))
    return Embedded(language, tokenizer, device, told, batch, ends, tuple(pieces))


def convert(gguf: Path, directory: Path) -> None:
    """Writes a GGUF model as float32 safetensors and a tokenizer.

    The weights move into a fresh model, since transformers refuses to save what it read as GGUF.
    """
    name = gguf.name
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=name)
    read = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=name, dtype=torch.float32
    )
    settings = read.config.to_dict()
    for key in ("quantization_config", "_name_or_path"):
        settings.pop(key, None)
    fresh = transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings))
    fresh.load_state_dict(read.state_dict())
    fresh.save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def _last(logprobs: torch.Tensor, end: Sequence[int]) -> float:
    """The sum of the log-probabilities of tokens that a row's last places predict."""
    places = logprobs[len(logprobs) - len(end) :]
    return float(places.gather(1, torch.tensor(end, device=places.device)[:, None]).sum())


def _device(device: str) -> str:
    if device.startswith("cuda"):
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return device


def _ids(told: int | Sequence[int] | None) -> Iterator[int]:
    """What a model's settings call the end of a text: one token, several, or none."""
    if told is not None:
        yield from [told] if isinstance(told, int) else told
