"""Any server that speaks the OpenAI API: vLLM, SGLang, llama-server, or our own loopback."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ...errors import nearest
from ..streams import base_seed
from . import reply
from .endpoint import Endpoint
from .engine import Draw, EngineError, Request

NAME = "openai"
KEY = "OPENAI_API_KEY"
TOP = 20
"""How many of the likeliest next tokens a server is asked for, where it scores nothing itself."""
Call = tuple[Request, int, int]
"""A request, the seed to send, and how many draws from it and the seeds after it."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model behind HTTP; an Engine.

    At most `concurrency` calls are in flight. `choices` draws of one prompt with consecutive seeds
    go as one call, which is exact where the server gives its i-th choice the seed `seed + i` (vLLM
    does, and so does the loopback). `token_ids` (vLLM) asks for tokens, goes on from begun tokens
    rather than from their text, and scores choices of any length. Seeds are sent modulo
    2**`seed_bits`.
    """

    endpoint: Endpoint
    model: str
    version: str | None = None
    choices: int = 1
    concurrency: int = 64
    token_ids: bool = False
    seed_bits: int = 63

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        """Draws each request, many at a time."""
        started = time.perf_counter()
        with ThreadPoolExecutor(self.concurrency) as pool:
            draws = [draw for some in pool.map(self._call, self._calls(requests)) for draw in some]
        share = (time.perf_counter() - started) / max(len(requests), 1)
        return [replace(draw, seconds=share) for draw in draws]

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        """Returns the log-probability of each choice as the continuation of each prompt.

        Without `token_ids` a choice must be one token, among the likeliest that the server tells.

        Raises:
            EngineError: a choice is not among what the server tells.
        """
        way = self._score_tokens if self.token_ids else self._score_likeliest
        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(lambda prompt: way(prompt, choices, chat), prompts))

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Returns the tokens of a text where `token_ids` is on; else ()."""
        return self._tokens(prompt=text, add_special_tokens=False) if self.token_ids else ()

    def info(self) -> dict[str, object]:
        """Returns the engine, the server's URL and version, and its model's name."""
        versions = {"server": self.version} if self.version else {}
        told = {"engine": NAME, "versions": versions, "model": self.model}
        return {**told, "url": self.endpoint.url, "choices": self.choices}

    def _calls(self, requests: Sequence[Request]) -> list[Call]:
        """One call for each request, or for up to `choices` that differ by consecutive seeds."""
        calls: list[Call] = []
        for request in requests:
            seed = own_seed(request) % (1 << self.seed_bits)
            if calls:
                first, base, n = calls[-1]
                near = n < self.choices and seed == base + n
                if near and replace(request, seed=first.seed) == first:
                    calls[-1] = (first, base, n + 1)
                    continue
            calls.append((request, seed, 1))
        return calls

    def _call(self, call: Call) -> list[Draw]:
        request, seed, n = call
        path, prompt = self._prompt(request)
        body: dict[str, object] = {
            "model": self.model,
            **prompt,
            "seed": seed,
            "n": n,
            "temperature": request.temperature,
            "top_p": 1.0,
            "max_tokens": request.max_tokens,
            "logprobs": True if path == "/chat/completions" else 1,
        }
        if stops := [*request.stop, *([request.step] if request.step else [])]:
            body["stop"] = stops
        if self.token_ids:
            body |= {"return_token_ids": True, "include_stop_str_in_output": True}
        answer = self.endpoint.ask(path, body)
        return [reply.draw(choice, request, answer, n) for choice in reply.choices(answer, n)]

    def _prompt(self, request: Request) -> tuple[str, dict[str, object]]:
        """Where to post a request, and the part of the body that says what to go on from."""
        prompt, begun = request.prompt, request.begun
        if begun and begun.tokens and self.token_ids:
            return "/completions", {"prompt": [*self._ids(prompt, request.chat), *begun.tokens]}
        if begun and begun.text and request.chat:
            raise EngineError(
                "to go on after begun text in a chat, the openai engine needs token_ids, "
                "which a vLLM server offers"
            )
        if request.chat:
            return "/chat/completions", {"messages": _messages(prompt)}
        return "/completions", {"prompt": prompt + (begun.text if begun else "")}

    def _ids(self, prompt: str, chat: bool) -> tuple[int, ...]:
        return self._tokens(messages=_messages(prompt)) if chat else self._tokens(prompt=prompt)

    def _tokens(self, **asked: object) -> tuple[int, ...]:
        """What vLLM's tokenizer makes of a prompt or of messages; it is served beside /v1."""
        root = replace(self.endpoint, url=self.endpoint.url.removesuffix("/v1"))
        answer = root.ask("/tokenize", {"model": self.model, **asked})
        return reply.integers(answer, "tokens")

    def _score_tokens(self, prompt: str, choices: Sequence[str], chat: bool) -> list[float]:
        """The server reads each choice after the prompt, and tells what it expected there."""
        ids, scores = self._ids(prompt, chat), []
        for choice in choices:
            end = self.tokenize(choice)
            asked = {"model": self.model, "prompt": [*ids, *end], "max_tokens": 1}
            answer = self.endpoint.ask("/completions", {**asked, "prompt_logprobs": 0})
            scores.append(reply.end_logprob(reply.choices(answer, 1)[0], end))
        return scores

    def _score_likeliest(self, prompt: str, choices: Sequence[str], chat: bool) -> list[float]:
        """The choices are looked up among the likeliest next tokens."""
        # Some servers heat what they tell: at temperature 1 it is the model's own.
        asked = {"model": self.model, "max_tokens": 1, "temperature": 1.0, "top_p": 1.0, "n": 1}
        if chat:
            path, top = "/chat/completions", {"logprobs": True, "top_logprobs": TOP}
        else:
            path, top = "/completions", {"logprobs": TOP}
        told = {"messages": _messages(prompt)} if chat else {"prompt": prompt}
        answer = self.endpoint.ask(path, {**asked, **top, **told})
        found = reply.likeliest(reply.choices(answer, 1)[0])
        for choice in choices:
            if choice not in found:
                raise EngineError(
                    f"a choice must be among the {len(found)} likeliest next tokens that "
                    f"{self.endpoint.url} tells; {choice!a} is not (a vLLM server can score any, "
                    "with token_ids)"
                )
        return [found[choice] for choice in choices]


def own_seed(request: Request) -> int:
    """Returns the seed for an engine that starts its stream anew with each call.

    What goes on after begun text then needs another seed than the text had.
    """
    begun = request.begun
    drawn = 0 if begun is None else max(len(begun.tokens), begun.output_tokens)
    return base_seed(request.seed, "begun", str(drawn)) if drawn else request.seed


def load(
    url: str | None = None,
    model: str | None = None,
    *,
    choices: int = 1,
    concurrency: int = 64,
    token_ids: bool = False,
    seed_bits: int = 63,
    timeout: float = 600.0,
) -> Served:
    """Finds out what the server at `url` (or $OPENAI_BASE_URL) serves, and returns its engine.

    The key, where one is needed, is read from $OPENAI_API_KEY. Without `model` the server's only
    one is taken.

    Raises:
        EngineError: the server is out of reach, or does not have that model.
    """
    for name, value, most in (("choices", choices, 2**20), ("concurrency", concurrency, 2**10)):
        if not 1 <= value <= most:
            raise EngineError(f"{name} must lie between 1 and {most}; got {value}")
    if not 1 <= seed_bits <= 63:
        raise EngineError(f"seed_bits must lie between 1 and 63; got {seed_bits}")
    if not (url := url or os.environ.get("OPENAI_BASE_URL")):
        raise EngineError("the openai engine needs a URL such as http://localhost:8000/v1")
    endpoint = Endpoint(url.rstrip("/"), os.environ.get(KEY, ""), timeout)
    known = reply.names(endpoint.ask("/models"))
    if model is None and len(known) == 1:
        model = known[0]
    if model not in known:
        some = ", ".join(map(ascii, known[:8]))
        close = nearest(model, known) if model else ""
        raise EngineError(f"{endpoint.url} serves {some}; got the model {model!a}{close}")
    return Served(endpoint, model, _version(endpoint), choices, concurrency, token_ids, seed_bits)


def _version(endpoint: Endpoint) -> str | None:
    """What vLLM tells of itself; other servers tell nothing."""
    url = endpoint.url.removesuffix("/v1")
    try:
        told = replace(endpoint, url=url, timeout=10.0, waits=()).ask("/version").get("version")
    except EngineError:
        return None
    return told[:64] if isinstance(told, str) and told.isprintable() else None


def _messages(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]
