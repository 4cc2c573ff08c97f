"""A small server gives what was asked for or says why not, and one client's fault is its own."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from apportion.data.sampler.engines import loopback
from apportion.data.sampler.engines.engine import Draw, Engine, EngineError, Request


class Echo:
    """Says its prompt and seed; refuses prompts that begin with `no`, and breaks at `bug`."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        self.sizes.append(len(requests))
        if any(request.prompt.startswith("no") for request in requests):
            raise EngineError("such prompts are not answered")
        if any(request.prompt == "bug" for request in requests):
            raise ZeroDivisionError
        return [Draw(f"{r.prompt}{r.seed}", (r.seed,), (-0.5,), "stop", 1, 1) for r in requests]

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        raise NotImplementedError

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def info(self) -> Mapping[str, object]:
        return {}


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def port(echo: Engine) -> Iterator[int]:
    with loopback.serving(echo) as url:
        yield int(url.split(":")[2].split("/")[0])


def post(port: int, body: object, path: str = "/v1/completions") -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request("POST", path, data)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def test_choices_have_consecutive_seeds_and_a_summed_usage(port: int) -> None:
    asked = {"prompt": "a", "seed": 7, "n": 3, "logprobs": 1, "return_token_ids": True}
    status, told = post(port, asked)
    assert status == 200
    assert [c["text"] for c in told["choices"]] == ["a7", "a8", "a9"]
    assert [c["token_ids"] for c in told["choices"]] == [[7], [8], [9]]
    assert [c["logprobs"]["token_logprobs"] for c in told["choices"]] == [[-0.5]] * 3
    assert told["usage"] == {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}


def test_without_a_seed_samples_differ(port: int) -> None:
    texts = {post(port, {"prompt": "a"})[1]["choices"][0]["text"] for _ in range(8)}
    assert len(texts) == 8


WRONG: dict[str, tuple[object, str]] = {
    "a list": ([], "JSON object"),
    "no JSON": (b"{", "JSON object"),
    "deep": (b"[" * 100000, "JSON object"),
    "no prompt": ({}, "prompt must be a text"),
    "token prompt": ({"prompt": [1, 2]}, "prompt must be a text"),
    "stream": ({"prompt": "a", "stream": True}, "'stream' other than"),
    "top_p": ({"prompt": "a", "top_p": 0.9}, "'top_p' other than"),
    "likeliest": ({"prompt": "a", "logprobs": 5}, "'logprobs' other than"),
    "penalty": ({"prompt": "a", "presence_penalty": 1}, "'presence_penalty' is not on offer"),
    "n of 0": ({"prompt": "a", "n": 0}, "n must lie between 1 and"),
    "too many": ({"prompt": "a", "n": 10**9}, "n must lie between 1 and"),
    "n of true": ({"prompt": "a", "n": True}, "n must be an integer"),
    "no tokens": ({"prompt": "a", "max_tokens": 0}, "max_tokens"),
    "cold": ({"prompt": "a", "temperature": -1}, "temperature must lie between"),
    "hot": ({"prompt": "a", "temperature": 10**400}, "temperature must lie between"),
    "seed below 0": ({"prompt": "a", "seed": -1}, "seed lie between"),
    "empty stop": ({"prompt": "a", "stop": [""]}, "stop must be a text"),
    "refused by the engine": ({"prompt": "no"}, "such prompts are not answered"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_on_offer_is_refused_with_its_reason(port: int, name: str) -> None:
    body, said = WRONG[name]
    status, told = post(port, body)
    assert status == 400
    assert said in told["error"]["message"]


def test_a_chat_is_one_message_from_the_user(port: int) -> None:
    user = {"role": "user", "content": "a"}
    status, told = post(port, {"messages": [user], "seed": 1}, "/v1/chat/completions")
    assert (status, told["choices"][0]["message"]["content"]) == (200, "a1")
    status, told = post(port, {"messages": [user, user]}, "/v1/chat/completions")
    assert (status, told["error"]["message"]) == (
        400,
        "messages must be one message of text from the user",
    )


def test_an_engine_that_breaks_is_the_servers_fault(port: int) -> None:
    status, told = post(port, {"prompt": "bug"})
    assert (status, told["error"]["message"]) == (500, "the engine failed (ZeroDivisionError)")


def test_other_paths_are_not_found(port: int) -> None:
    assert post(port, {}, "/v1/embeddings")[0] == 404


def test_a_body_of_unknown_or_huge_length_is_refused(port: int) -> None:
    for length in ("-1", "x", str(2**40)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("POST", "/v1/completions")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        assert connection.getresponse().status == 400
        connection.close()


def test_calls_that_wait_are_answered_together_and_a_fault_stays_with_its_caller(
    echo: Echo,
) -> None:
    queue = loopback.Queue(echo)
    prompts = ["a", "b", "no", "c"]
    heard: dict[str, object] = {}

    def call(prompt: str) -> None:
        try:
            heard[prompt] = queue.propose([Request(prompt, 1), Request(prompt, 2)])[1].text
        except EngineError as error:
            heard[prompt] = str(error)

    threads = [threading.Thread(target=call, args=(prompt,)) for prompt in prompts]
    with queue.turn:  # the engine is at work, so all four must wait
        for thread in threads:
            thread.start()
        while len(queue.waiting) < len(prompts):
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert heard == {"a": "a2", "b": "b2", "c": "c2", "no": "such prompts are not answered"}
    assert echo.sizes == [8, 2, 2, 2, 2], "once together, then each alone"
