"""With the real vLLM, in this process and as a server: seeds, log-probabilities, steps, scores."""

import importlib.util
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed here: make test-vllm", allow_module_level=True)

from apportion.data.sampler.engines import served, vllm, weights
from apportion.data.sampler.engines.engine import Draw, Engine, EngineError, Request

pytestmark = [
    pytest.mark.vllm,
    # vLLM and what it imports warn of their own code.
    pytest.mark.filterwarnings("ignore"),
]

SHOTS = "Q: 12 + 7\nA: 19\nQ: 3 + 4\nA: 7\nQ: 25 + 8\nA:"
CODE = "def absolute(x):\n    if x < 0:\n        return -x\n    return x\n\ndef maximum(x, y):\n"
REQUESTS = [
    replace(kind, seed=2**61 + 100 * place + i)
    for place, kind in enumerate(
        (
            Request(SHOTS, 0, max_tokens=12, stop=("\n",)),
            Request(SHOTS, 0, max_tokens=12, stop=("\n\n", "Q:"), step="\n"),
            Request(CODE, 0, 1.0, max_tokens=16, step="\n"),
            Request("Name a colour.", 0, max_tokens=8, chat=True),
        )
    )
    for i in range(6)
]
TIGHT = {"max_model_len": 256, "max_num_batched_tokens": 256, "max_num_seqs": 64}


@pytest.fixture(scope="module")
def reference() -> Any:
    """The embedded engine, which shares no code with vLLM below the protocol."""
    from apportion.data.sampler.engines import embedded

    try:
        return embedded.load()
    except weights.WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def offline(reference: Any) -> vllm.Offline:
    del reference  # by now the weights are converted
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    return vllm.load(options=TIGHT)


@pytest.fixture(scope="module")
def server(reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real vLLM server of its own process group."""
    from apportion.data.sampler.engines import embedded

    del reference
    directory = weights.converted(embedded.convert).directory
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {**TIGHT, "model": directory, "served_model_name": "smollm2", "dtype": "float32"}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    options += ["--no-enable-chunked-prefill", "--enforce-eager", "--generation-config=vllm"]
    log = tmp_path_factory.mktemp("vllm") / "log"
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *options]
    quiet = {name: value for name, value in os.environ.items() if name not in vllm.QUIET}
    quiet |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--host=127.0.0.1", f"--port={port}"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=quiet,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _ready(url, process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


def _ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 500
    while time.monotonic() < deadline and process.poll() is None:
        try:
            served.load(url)
        except EngineError:
            time.sleep(1)
        else:
            return
    pytest.fail(f"no vLLM server came up:\n{log.read_text('utf8', 'replace')[-2000:]}")


@pytest.fixture(scope="module")
def remote(server: str) -> served.Served:
    return served.load(server, token_ids=True)


@pytest.fixture(scope="module")
def drawn(offline: vllm.Offline) -> list[Draw]:
    return offline.propose(REQUESTS)


def same(some: list[Draw], others: list[Draw]) -> None:
    """The same draws, to the rounding of sums that another batch may change."""
    for one, other in zip(some, others, strict=True):
        logprobs = pytest.approx(other.logprobs, abs=1e-3)
        assert one == replace(other, logprobs=one.logprobs, seconds=one.seconds)
        assert one.logprobs == logprobs


def test_a_sample_is_its_seeds_whatever_is_drawn_beside_it(
    offline: vllm.Offline, drawn: list[Draw]
) -> None:
    same(offline.propose(REQUESTS[1::5]), drawn[1::5])
    assert len({draw.tokens for draw in drawn[:6]}) > 1


def test_the_children_of_one_vllm_request_have_consecutive_seeds(
    offline: vllm.Offline, drawn: list[Draw]
) -> None:
    from vllm import SamplingParams

    first = REQUESTS[0]
    settings = SamplingParams(
        n=6, seed=first.seed, temperature=first.temperature, max_tokens=12, stop=["\n"]
    )
    (output,) = offline.llm.generate([first.prompt], settings, use_tqdm=False)
    assert [tuple(o.token_ids) for o in output.outputs] == [draw.tokens for draw in drawn[:6]]


def test_log_probabilities_agree_with_a_teacher_forced_pass_of_another_engine(
    reference: Any, drawn: list[Draw]
) -> None:
    for request, draw in zip(REQUESTS, drawn, strict=True):
        whole = reference.rescore(request.prompt, draw, request.chat)
        assert draw.logprobs == pytest.approx(whole, abs=1e-3)
        assert draw.prompt_tokens == len(reference.prompt(request.prompt, request.chat))
        assert draw.output_tokens == len(draw.tokens) == len(draw.logprobs)


def test_draws_end_before_a_stop_or_after_a_step(reference: Any, drawn: list[Draw]) -> None:
    finishes = set()
    for request, draw in zip(REQUESTS, drawn, strict=True):
        finishes.add(draw.finish)
        whole = reference.tokenizer.decode(draw.tokens, skip_special_tokens=True)
        assert not any(stop in draw.text for stop in request.stop)
        assert (draw.finish == "step") == bool(request.step and request.step in draw.text)
        assert whole.startswith(draw.text)
        assert whole == draw.text or draw.finish == "stop"
        assert draw.finish != "length" or len(draw.tokens) == request.max_tokens
    assert finishes == {"stop", "step", "length"}


def test_begun_draws_go_on_from_their_tokens(reference: Any, offline: vllm.Offline) -> None:
    requests, begun = continued(offline)
    for request, first, more in zip(requests, begun, offline.propose(requests), strict=True):
        whole = first.then(more)
        forced = reference.rescore(request.prompt, whole, request.chat)
        assert whole.logprobs == pytest.approx(forced, abs=1e-3)
        assert more.prompt_tokens == first.prompt_tokens + first.output_tokens
        text = reference.tokenizer.decode(whole.tokens, skip_special_tokens=True)
        assert text.startswith(whole.text)
        assert text == whole.text or more.finish == "stop"


def continued(engine: Engine) -> tuple[list[Request], list[Draw]]:
    requests = [request for request in REQUESTS if request.prompt == CODE or request.chat]
    begun = engine.propose([replace(request, max_tokens=6) for request in requests])
    more = [replace(r, begun=draw) for r, draw in zip(requests, begun, strict=True)]
    going = [at for at, draw in enumerate(begun) if draw.finish != "stop"]
    return [more[at] for at in going], [begun[at] for at in going]


CHOICES = (" 33", " 7", " Yes, it is", "\n")


@pytest.mark.parametrize("chat", [False, True])
def test_scores_are_those_of_another_engine(
    reference: Any, offline: vllm.Offline, chat: bool
) -> None:
    scores = offline.score([SHOTS, CODE], CHOICES, chat)
    for mine, others in zip(scores, reference.score([SHOTS, CODE], CHOICES, chat), strict=True):
        assert mine == pytest.approx(others, abs=1e-3)


def test_prompts_that_fill_many_batches_do_not_end_the_engine(offline: vllm.Offline) -> None:
    many = [Request(SHOTS, seed, max_tokens=1 + seed % 3) for seed in range(150)]
    assert sum(draw.prompt_tokens for draw in offline.propose(many)) > 10 * 256


def test_a_prompt_that_is_too_long_is_one_clear_line_and_spoils_nothing(
    offline: vllm.Offline, remote: served.Served, drawn: list[Draw]
) -> None:
    for engine in (offline, remote):
        with pytest.raises(EngineError, match="256") as caught:
            engine.propose([REQUESTS[0], Request("too long " * 300, 1)])
        assert str(caught.value).isprintable()
        same(engine.propose(REQUESTS[:2]), drawn[:2])


def test_the_engines_say_what_they_are(offline: vllm.Offline, remote: served.Served) -> None:
    told = offline.info()
    assert told["engine"] == "vllm"
    assert told["model"] == weights.MODEL
    versions = told["versions"]
    assert isinstance(versions, dict)
    assert remote.info()["versions"] == {"server": versions["vllm"]}
    assert remote.info()["model"] == "smollm2"


@pytest.mark.parametrize("choices", [1, 4])
def test_the_server_draws_what_the_library_draws(
    server: str, drawn: list[Draw], choices: int
) -> None:
    engine = served.load(server, token_ids=True, choices=choices)
    first = engine.propose(REQUESTS)
    same(first, drawn)
    same(engine.propose(REQUESTS), first)


def test_without_token_ids_the_texts_are_the_same(server: str, drawn: list[Draw]) -> None:
    same(served.load(server).propose(REQUESTS), [replace(draw, tokens=()) for draw in drawn])


def test_the_server_goes_on_as_the_library_does(
    offline: vllm.Offline, remote: served.Served
) -> None:
    requests, _ = continued(offline)
    assert {request.chat for request in requests} == {False, True}
    same(remote.propose(requests), offline.propose(requests))


def test_the_server_goes_on_after_text(server: str, drawn: list[Draw]) -> None:
    begun = replace(drawn[6], tokens=(), finish="step")
    request = replace(REQUESTS[6], begun=begun)
    (draw,) = served.load(server).propose([request])
    plain = replace(request, prompt=SHOTS + begun.text, begun=None, seed=served.own_seed(request))
    same([draw], served.load(server).propose([plain]))


def test_the_server_scores_as_the_library_does(
    offline: vllm.Offline, remote: served.Served, server: str
) -> None:
    for chat in (False, True):
        mine = remote.score([SHOTS, CODE], CHOICES, chat)
        for some, others in zip(mine, offline.score([SHOTS, CODE], CHOICES, chat), strict=True):
            assert some == pytest.approx(others, abs=1e-3)
    plain = served.load(server)
    (likeliest,) = plain.score([SHOTS], [" "])
    assert likeliest == pytest.approx(offline.score([SHOTS], [" "])[0], abs=1e-3)
    with pytest.raises(EngineError, match="likeliest"):
        plain.score([SHOTS], [" 33"])


def test_a_server_draws_from_the_models_own_distribution(reference: Any, server: str) -> None:
    """At temperature 1 the mean surprise of first tokens is their entropy: no tail is cut."""
    import torch
    from apportion.data.sampler.engines.batch import Reader

    prompt, count = "The", 800
    requests = [Request(prompt, seed, 1.0, max_tokens=1) for seed in range(count)]
    draws = served.load(server, choices=50).propose(requests)
    with torch.inference_mode():
        logits = Reader(reference.model, "cpu").begin([reference.prompt(prompt, False)])
    logprobs = logits[0, -1].double().log_softmax(-1)
    entropy = -float((logprobs.exp() * logprobs).sum())
    spread = math.sqrt(float((logprobs.exp() * (logprobs + entropy) ** 2).sum()) / count)
    assert abs(entropy + sum(draw.logprobs[0] for draw in draws) / count) < 4 * spread
