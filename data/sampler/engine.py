"""The one door to torch: many samples of one prompt, each from its own random stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import transformers

from . import weights
from .streams import stream

NAME = "transformers"


@dataclass(frozen=True, slots=True)
class Draw:
    """One completion: its text up to the stop, and what was measured while it was drawn.

    Log-probabilities are the model's own (temperature 1) and include the stop token.
    `seconds` is this sample's even share of the time its batch took.
    """

    sample: int
    text: str
    tokens: tuple[int, ...]
    sum_logprob: float
    finish: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Settings:
    """What a draw depends on besides its prompt and its stream."""

    temperature: float
    max_tokens: int
    batch: int = 256


@dataclass(frozen=True, slots=True)
class Engine:
    """A causal language model, its tokenizer, and which tokens end a completion."""

    model: Any
    tokenizer: Any
    stops: torch.Tensor
    sha256: str
    device: str


def load(device: str = "cpu", threads: int = 1) -> Engine:
    """Load the packaged model in float32, converting its weights on first use."""
    torch.set_num_threads(threads)
    found = weights.converted(convert)
    tokenizer = transformers.AutoTokenizer.from_pretrained(found.directory)
    read = transformers.AutoModelForCausalLM.from_pretrained
    model: Any = read(found.directory, dtype=torch.float32)
    stops = _stops(tokenizer, model.config.vocab_size)
    return Engine(model.to(device).eval(), tokenizer, stops.to(device), found.sha256, device)


def convert(gguf: Path, directory: Path) -> None:
    """Write a GGUF model as float32 safetensors and a tokenizer.

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


def versions() -> dict[str, str]:
    """The versions of the libraries that a draw depends on."""
    return {"torch": torch.__version__, "transformers": transformers.__version__}


def prompt_tokens(engine: Engine, prompt: str) -> list[int]:
    """The prompt's token ids, with nothing added: prompts are raw text, not chat."""
    return list(engine.tokenizer(prompt, add_special_tokens=False)["input_ids"])


def draw(
    engine: Engine, prompt: str, samples: Sequence[int], base: int, settings: Settings
) -> Iterator[Draw]:
    """Draw the named samples of one prompt; sample i uses stream i, whatever the batch."""
    ids = prompt_tokens(engine, prompt)
    for first in range(0, len(samples), settings.batch):
        yield from _draw_batch(engine, ids, samples[first : first + settings.batch], base, settings)


def rescore(engine: Engine, prompt: str, tokens: Sequence[int]) -> float:
    """The sum of a completion's log-probabilities, all computed in one teacher-forced pass."""
    ids = prompt_tokens(engine, prompt)
    with torch.inference_mode():
        inputs = torch.tensor([[*ids, *tokens]], device=engine.device)
        logits = engine.model(inputs).logits[0, len(ids) - 1 : -1].float()
        logprobs = logits.log_softmax(-1)
        return float(logprobs.gather(1, inputs[0, len(ids) :, None]).sum())


class _Batch:
    """Samples that grow together; samples that agree so far share one row of the model's work.

    `row[j]` is the row of the j-th living sample. Sharing loses nothing: rows are prefixes, and
    what differs between two samples with one prefix is only the next uniform number.
    """

    def __init__(self, engine: Engine, ids: Sequence[int], samples: Sequence[int], base: int):
        self.engine = engine
        self.samples = samples
        self.streams = [stream(base, sample) for sample in samples]
        self.tokens: list[list[int]] = [[] for _ in samples]
        self.logprobs = [0.0] * len(samples)
        self.finish = ["length"] * len(samples)
        self.alive = list(range(len(samples)))
        self.row = [0] * len(samples)
        output = engine.model(
            torch.tensor([list(ids)], device=engine.device), use_cache=True, logits_to_keep=1
        )
        self.cache = output.past_key_values
        self.logits = output.logits[:, -1].float()

    def choose(self, temperature: float) -> None:
        """Draw every living sample's next token and retire the samples that reached a stop."""
        numbers = np.array([self.streams[j].random() for j in self.alive])
        chosen, logprobs = _invert(self.logits, self.row, numbers, temperature)
        stopped = self.engine.stops[torch.as_tensor(chosen)].tolist()
        for j, token, logprob, stop in zip(self.alive, chosen, logprobs, stopped, strict=True):
            self.tokens[j].append(token)
            self.logprobs[j] += logprob
            if stop:
                self.finish[j] = "stop"
        going = [at for at, stop in enumerate(stopped) if not stop]
        self.alive = [self.alive[at] for at in going]
        self.row = [self.row[at] for at in going]

    def advance(self) -> None:
        """Run the model once on the distinct prefixes of the living samples."""
        last = [self.tokens[j][-1] for j in self.alive]
        prefixes = sorted(set(zip(self.row, last, strict=True)))
        place = {prefix: at for at, prefix in enumerate(prefixes)}
        self.row = [place[prefix] for prefix in zip(self.row, last, strict=True)]
        rows, device = [row for row, _ in prefixes], self.engine.device
        if rows != list(range(len(self.logits))):  # selecting copies the whole cache
            self.cache.batch_select_indices(torch.tensor(rows, device=device))
        inputs = torch.tensor([[token] for _, token in prefixes], device=device)
        output = self.engine.model(inputs, past_key_values=self.cache, use_cache=True)
        self.logits = output.logits[:, -1].float()


def _draw_batch(
    engine: Engine, ids: Sequence[int], samples: Sequence[int], base: int, settings: Settings
) -> list[Draw]:
    started = time.perf_counter()
    with torch.inference_mode():
        batch = _Batch(engine, ids, samples, base)
        for step in range(settings.max_tokens):
            if step:
                batch.advance()
            batch.choose(settings.temperature)
            if not batch.alive:
                break
    share = (time.perf_counter() - started) / len(samples)
    texts = [
        engine.tokenizer.decode(t, skip_special_tokens=True).split("\n")[0] for t in batch.tokens
    ]
    return [
        Draw(sample, texts[j], tuple(batch.tokens[j]), batch.logprobs[j], batch.finish[j], share)
        for j, sample in enumerate(samples)
    ]


def _invert(
    logits: torch.Tensor, row: Sequence[int], numbers: npt.NDArray[np.float64], temperature: float
) -> tuple[list[int], list[float]]:
    """Turn uniform numbers into tokens by the inverse distribution of each sample's row."""
    rows = np.asarray(row)
    chosen = np.zeros(len(rows), dtype=np.int64)
    logprobs = np.zeros(len(rows))
    for at in range(len(logits)):
        mine = np.flatnonzero(rows == at)
        # Double precision: in single, a cumulative sum over the vocabulary drifts near one.
        heights = (logits[at].double() / temperature).softmax(0).cumsum(0)
        levels = torch.as_tensor(numbers[mine], device=logits.device) * heights[-1]
        tokens = torch.searchsorted(heights, levels, right=True).clamp_(max=len(heights) - 1)
        chosen[mine] = tokens.cpu().numpy()
        logprobs[mine] = logits[at].log_softmax(0)[tokens].cpu().numpy()
    return chosen.tolist(), logprobs.tolist()


def _stops(tokenizer: Any, size: int) -> torch.Tensor:
    """Which tokens end a completion: the model's special tokens and every piece with a newline."""
    pieces = tokenizer.batch_decode([[token] for token in range(size)])
    special = set(tokenizer.all_special_ids)
    return torch.tensor([at in special or "\n" in piece for at, piece in enumerate(pieces)])
