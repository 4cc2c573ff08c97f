"""vLLM in this process: the draws that its server gives, without the server."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import prompts as reading
from . import weights
from .engine import STEP, STOP, Draw, EngineError, Request
from .reply import cut
from .served import own_seed

NAME = "vllm"
QUIET = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # or draws depend on what is scheduled when
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_NO_USAGE_STATS": "1",
}
"""What vLLM reads from the environment when it is imported, unless the user says otherwise."""
ON_CPU = {
    "dtype": "float32",
    "enforce_eager": True,
    # A prompt read in pieces, with a seed of its own, ends the engine: its generator has no offset.
    "enable_chunked_prefill": False,
}


@dataclass(frozen=True, slots=True)
class Offline:
    """A `vllm.LLM` and its tokenizer; an Engine."""

    llm: Any
    tokenizer: Any
    told: Mapping[str, object]

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        """Draws each request from its own seed, whatever else is in the batch."""
        started = time.perf_counter()
        prompts = [(*self._prompt(r.prompt, r.chat), *_begun(r)) for r in requests]
        outputs = self._generate(prompts, [_settings(request) for request in requests])
        share = (time.perf_counter() - started) / max(len(requests), 1)
        return [self._draw(*each, share) for each in zip(requests, outputs, strict=True)]

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        """Returns the log-probability of each choice as the continuation of each prompt."""
        ends = [self.tokenize(choice) for choice in choices]
        asked = [(*self._prompt(prompt, chat), *end) for prompt in prompts for end in ends]
        read = [{"max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}] * len(asked)
        outputs = iter(self._generate(asked, read))
        return [[_last(next(outputs).prompt_logprobs, end) for end in ends] for _ in prompts]

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Returns the tokens of a text, with nothing added."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def info(self) -> dict[str, object]:
        """Returns engine, versions, model, digest, device and number format."""
        return dict(self.told)

    def _prompt(self, text: str, chat: bool) -> tuple[int, ...]:
        return reading.tokens(self.tokenizer, self.told["model"], text, chat)

    def _generate(
        self, prompts: Sequence[Sequence[int]], settings: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        from vllm import SamplingParams

        asked = [{"prompt_token_ids": list(ids)} for ids in prompts]
        try:
            outputs = self.llm.generate(
                asked, [SamplingParams(**s) for s in settings], use_tqdm=False
            )
        except Exception as error:  # its versions differ in what they raise for one cause
            raise EngineError(f"vllm drew nothing ({_line(error)})") from error
        return list(outputs)

    def _draw(self, request: Request, output: Any, share: float) -> Draw:
        one = output.outputs[0]
        text, finish, tokens = one.text, str(one.finish_reason), tuple(one.token_ids)
        if request.step and finish == STOP and one.stop_reason == request.step:
            # vLLM cuts its text at the step, but the last token may reach beyond.
            text, finish = self._text(_begun(request), tokens), STEP
        before = cut(text, request)
        if len(before) < len(text):
            text, finish = before, STOP
        logprobs = tuple(at[token].logprob for at, token in zip(one.logprobs, tokens, strict=True))
        return Draw(
            text, tokens, logprobs, finish, len(output.prompt_token_ids), len(tokens), share
        )

    def _text(self, begun: Sequence[int], tokens: Sequence[int]) -> str:
        """The text that tokens add to what was begun."""
        was = self.tokenizer.decode(list(begun), skip_special_tokens=True)
        whole = self.tokenizer.decode([*begun, *tokens], skip_special_tokens=True)
        return str(whole[len(was) :])


def load(
    model: str | None = None,
    dtype: str | None = None,
    options: Mapping[str, object] | None = None,
) -> Offline:
    """Loads a model by its path (or name, where vLLM can find it), or the packaged one.

    `dtype` is a torch number format; by default float32 on a CPU and the model's own elsewhere.
    `options` are further arguments of `vllm.LLM`, and have the last word.

    Raises:
        EngineError: vLLM is not installed, or cannot load the model.
        WeightsMissing: no model is named, and the packaged one is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import torch
        import vllm
        from vllm.platforms import current_platform
    except ImportError as error:
        raise EngineError(
            f"the vllm engine needs vLLM: pip install apportion[vllm] ({error})"
        ) from error
    found = weights.named(model) if model else _packaged()
    cpu = current_platform.is_cpu()
    settings = {**(ON_CPU if cpu else {}), **({"dtype": dtype} if dtype else {}), **(options or {})}
    try:
        llm = vllm.LLM(model=str(found.directory), seed=0, **settings)
    except Exception as error:
        raise EngineError(f"vllm cannot load {found.name} ({_line(error)})") from error
    told = {
        "engine": NAME,
        "versions": {"vllm": vllm.__version__, "torch": torch.__version__},
        "model": found.name,
        "weights_sha256": found.sha256,
        "licence": found.licence,
        "device": "cpu"
        if cpu
        else f"{current_platform.device_type} ({current_platform.get_device_name()})",
        "dtype": str(llm.llm_engine.model_config.dtype).removeprefix("torch."),
    }
    return Offline(llm, llm.get_tokenizer(), told)


def _packaged() -> weights.Weights:
    from .embedded import convert

    return weights.converted(convert)


def _settings(request: Request) -> dict[str, Any]:
    return {
        "seed": own_seed(request),
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "stop": [*request.stop, *([request.step] if request.step else [])],
        "logprobs": 0,
    }


def _begun(request: Request) -> tuple[int, ...]:
    return request.begun.tokens if request.begun else ()


def _last(told: Sequence[Mapping[int, Any]], end: Sequence[int]) -> float:
    """The sum of the log-probabilities of the tokens that end a prompt."""
    places = zip(told[len(told) - len(end) :], end, strict=True)
    return float(sum(place[token].logprob for place, token in places))


def _line(error: Exception) -> str:
    return ascii((str(error).splitlines() or [type(error).__name__])[0][:300])
