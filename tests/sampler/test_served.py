"""An engine behind HTTP draws what the engine itself draws, and says plainly when it cannot."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from apportion.data.sampler.engines import endpoint, loopback, reply, served
from apportion.data.sampler.engines.engine import Draw, Engine, EngineError, Request
from apportion.data.sampler.streams import stream
from hypothesis import given
from hypothesis import strategies as st

VOCABULARY = ("a", "b", " ", ".", "\n", "\n  ", "\n\n", "")
END = len(VOCABULARY) - 1
KEY = "sk-very-secret-7"


class Letters:
    """A tiny engine: its tokens are letters and line breaks, drawn from the sample's stream."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.calls = 0

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        self.calls += 1
        self.asked += requests
        return [self._draw(request) for request in requests]

    def _draw(self, request: Request) -> Draw:
        begun = request.begun.tokens if request.begun else ()
        numbers = stream(request.seed, len(begun)).random(request.max_tokens)
        tokens: list[int] = []
        finish, text = "length", ""
        for number in numbers:
            # The prompt matters, so that a prompt that is sent wrongly is found out.
            turn = len(request.prompt) + 3 * request.chat + len(begun)
            token = (int(number * len(VOCABULARY)) + turn) % len(VOCABULARY)
            tokens.append(token)
            text += VOCABULARY[token]
            if token == END or any(stop in text for stop in request.stop):
                finish = "stop"
                break
            if request.step and request.step in text:
                finish = "step"
                break
        if finish == "stop":
            text = min((text.split(stop)[0] for stop in request.stop), key=len, default=text)
        logprobs = tuple(-float(number) for number in numbers[: len(tokens)])
        read = len(request.prompt) + len(begun)
        return Draw(text, tuple(tokens), logprobs, finish, read, len(tokens), 0.25)

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        raise NotImplementedError

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(VOCABULARY.index(letter) for letter in text)

    def info(self) -> Mapping[str, object]:
        return {"engine": "letters"}


@dataclass
class Script:
    """A server that says what a test tells it to, and keeps what it was asked."""

    answers: Callable[[str, dict[str, Any]], tuple[int, bytes]]
    url: str = ""
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def scripted(answers: Callable[[str, dict[str, Any]], tuple[int, bytes]]) -> Iterator[Script]:
    script = Script(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            script.paths.append(self.path)
            script.bodies.append(body)
            script.keys.append(self.headers.get("Authorization"))
            status, data = script.answers(self.path, body)
            if not status:  # hang up without a word
                return
            self.send_response(status)
            if status == 302:
                self.send_header("Location", data.decode())
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """What goes wrong here shows at the client, as a connection that is dropped."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield script
        server.shutdown()
        thread.join()


def answer(*choices: Mapping[str, object], **usage: object) -> tuple[int, bytes]:
    counted = {"prompt_tokens": 3, "completion_tokens": 2} | usage
    numbered = [{"index": at, **choice} for at, choice in enumerate(choices)]
    return 200, json.dumps({"choices": numbered, "usage": counted}).encode()


def choice(text: str = "ab", finish: str = "stop", **more: object) -> dict[str, object]:
    return {"text": text, "finish_reason": finish, "stop_reason": None, "logprobs": None, **more}


def engine(url: str, waits: tuple[float, ...] = (0.0, 0.0), **options: Any) -> served.Served:
    return served.Served(endpoint.Endpoint(url, waits=waits), "letters", **options)


def one_line(error: BaseException) -> str:
    assert isinstance(error, EngineError)
    text = str(error)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) < 600
    return text


REQUESTS = [
    replace(request, seed=500 + i, temperature=heat)
    for heat in (0.8, 1.0)
    for request in (
        Request("a b", 0, max_tokens=12),
        Request("ab ", 0, max_tokens=12, stop=("\n\n", ".")),
        Request("abb", 0, max_tokens=12, stop=("\n",)),
        Request("aba", 0, max_tokens=12, step="\n"),
        Request("a.a", 0, max_tokens=12, stop=(".", "ab"), step="\n"),
        Request("a.", 0, max_tokens=12, stop=("b",), chat=True),
        Request("a.", 0, max_tokens=12, step=".", chat=True),
        Request("a", 0, max_tokens=1),
    )
    for i in range(8)
]


@pytest.mark.parametrize("choices", [1, 3, 64])
def test_draws_through_http_are_the_draws_of_the_engine(choices: int) -> None:
    with loopback.serving(Letters()) as url:
        through = engine(url, choices=choices, token_ids=True).propose(REQUESTS)
    expected = Letters().propose(REQUESTS)
    assert {draw.finish for draw in expected} == {"stop", "step", "length"}
    assert [replace(draw, seconds=0.25) for draw in through] == expected
    assert all(draw.seconds > 0 for draw in through)


def test_without_token_ids_a_text_ends_right_after_its_step() -> None:
    with loopback.serving(Letters()) as url:
        through = engine(url).propose(REQUESTS)
    whole = 0
    for request, got, want in zip(REQUESTS, through, Letters().propose(REQUESTS), strict=True):
        head, step, rest = want.text.partition(request.step or "\0")
        whole += bool(rest)
        expected = replace(want, text=head + step, tokens=(), seconds=got.seconds)
        assert got == expected
    assert whole, "some last token reached beyond its step"


def test_what_the_last_token_holds_beyond_the_step_is_kept_where_tokens_texts_are_told() -> None:
    request = Request("a", 1, step="\n")
    told = {"tokens": ["a", "\n  "], "token_logprobs": [-1.0, -2.0]}
    with scripted(lambda *_: answer(choice("a", stop_reason="\n", logprobs=told))) as script:
        (draw,) = engine(script.url).propose([request])
    assert draw == Draw("a\n  ", (), (-1.0, -2.0), "step", 3, 2, draw.seconds)


def test_calls_of_several_choices_hold_consecutive_seeds_of_one_prompt_only() -> None:
    seeds = [5, 6, 7, 9, 10, 10]
    requests = [Request("a", seed) for seed in seeds] + [Request("b", 11), Request("b", 12)]
    with scripted(lambda _, body: answer(*[choice()] * body["n"], completion_tokens=2)) as script:
        told = {"token_logprobs": [-1.0, -1.0]}
        script.answers = lambda _, body: answer(*[choice(logprobs=told)] * body["n"])
        engine(script.url, choices=2, concurrency=1).propose(requests)
    sent = [(body["prompt"], body["seed"], body["n"]) for body in script.bodies]
    assert sent == [("a", 5, 2), ("a", 7, 1), ("a", 9, 2), ("a", 10, 1), ("b", 11, 2)]


def test_many_calls_are_in_flight() -> None:
    together = threading.Barrier(4)

    def answers(*_: object) -> tuple[int, bytes]:
        together.wait(timeout=20)
        return answer(choice())

    with scripted(answers) as script:
        assert (
            len(engine(script.url, concurrency=4).propose([Request("a", i) for i in range(4)])) == 4
        )


def test_begun_text_follows_the_prompt_and_has_a_seed_of_its_own() -> None:
    letters = Letters()
    begun = Draw("ab\n", (), (), "step", 3, 3)
    requests = [Request("aa ", 7, begun=begun), Request("aa ", 8, begun=begun)]
    requests += [Request("aa ", 7, begun=begun.then(begun)), Request("aa ", 7)]
    with loopback.serving(letters) as url:
        engine(url, concurrency=1, choices=8).propose(requests)
    assert [r.prompt for r in letters.asked] == ["aa ab\n", "aa ab\n", "aa ab\nab\n", "aa "]
    seeds = [r.seed for r in letters.asked]
    assert seeds[3] == 7
    assert len(set(seeds)) == 4
    assert seeds == [served.own_seed(r) for r in requests]


def test_with_token_ids_a_draw_goes_on_from_the_tokens_it_had() -> None:
    def answers(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        if path == "/tokenize":
            return 200, json.dumps({"tokens": [9, 9, 9] if "messages" in body else [4, 5]}).encode()
        return answer(choice(token_ids=[1, 2]))

    begun = Draw("ab", (6, 7), (-1.0, -1.0), "step", 2, 2)
    requests = [Request("x", 1, begun=begun), Request("x", 1, begun=begun, chat=True)]
    with scripted(answers) as script:
        remote = engine(script.url, concurrency=1, token_ids=True)
        draws = remote.propose(requests)
        assert remote.tokenize("ab") == (4, 5)
    asked = [body for path, body in zip(script.paths, script.bodies, strict=True) if "n" in body]
    assert [body["prompt"] for body in asked] == [[4, 5, 6, 7], [9, 9, 9, 6, 7]]
    assert [draw.tokens for draw in draws] == [(1, 2), (1, 2)]
    assert script.bodies[-1]["add_special_tokens"] is False


def test_a_chat_goes_on_only_with_token_ids() -> None:
    request = Request("a", 1, chat=True, begun=Draw("b", output_tokens=1))
    with pytest.raises(EngineError, match="token_ids") as caught:
        engine("http://127.0.0.1:9/v1").propose([request])
    one_line(caught.value)


def test_a_stop_that_began_in_what_was_there_ends_the_draw() -> None:
    request = Request("a", 1, stop=("\n\n",), begun=Draw("b\n", output_tokens=2))
    with scripted(lambda *_: answer(choice("\nab", "length"))) as script:
        (draw,) = engine(script.url).propose([request])
    assert (draw.text, draw.finish, draw.output_tokens) == ("", "stop", 2)


@given(
    st.text("ab", max_size=6),
    st.text("ab", max_size=8),
    st.lists(st.text("ab", min_size=1, max_size=4)),
)
def test_a_text_is_cut_before_the_first_stop(begun: str, text: str, stops: list[str]) -> None:
    cut = reply.cut(text, Request("", 0, stop=tuple(stops), begun=Draw(begun)))
    ends = [
        at
        for stop in stops
        for at in range(len(begun) + len(text))
        if (begun + text).startswith(stop, at) and at + len(stop) > len(begun)
    ]
    assert cut == text[: max(0, min(ends, default=len(begun) + len(text)) - len(begun))]


@pytest.mark.parametrize("bits", [31, 63])
def test_seeds_are_sent_within_their_bits(bits: int) -> None:
    seed = 2**61 + 2**40 + 17
    with scripted(lambda *_: answer(choice())) as script:
        engine(script.url, seed_bits=bits).propose([Request("a", seed)])
    assert script.bodies[0]["seed"] == seed % 2**bits


@pytest.mark.parametrize("given", [1, 3])
def test_other_than_the_choices_asked_for_is_an_error(given: int) -> None:
    told = {"token_logprobs": [-1.0]}
    with (
        scripted(lambda *_: answer(*[choice(logprobs=told)] * given)) as script,
        pytest.raises(EngineError, match=rf"\(n=2\); got {given}") as caught,
    ):
        engine(script.url, choices=2).propose([Request("a", 1), Request("a", 2)])
    one_line(caught.value)


@pytest.mark.parametrize("trouble", [(503, b"busy"), (429, b"slow down"), (0, b"")])
def test_a_busy_server_is_asked_the_same_again(trouble: tuple[int, bytes]) -> None:
    left = [trouble, trouble]
    with scripted(lambda *_: left.pop() if left else answer(choice())) as script:
        (draw,) = engine(script.url).propose([Request("a", 1)])
    assert draw.text == "ab"
    assert len(script.bodies) == 3
    assert script.bodies[0] == script.bodies[1] == script.bodies[2]


@pytest.mark.parametrize(("status", "said"), [(503, "status 503"), (0, "a dropped connection")])
def test_patience_has_an_end(status: int, said: str) -> None:
    with (
        scripted(lambda *_: (status, b"no")) as script,
        pytest.raises(EngineError, match=said) as caught,
    ):
        engine(script.url).propose([Request("a", 1)])
    assert script.url in one_line(caught.value)
    assert len(script.paths) == 3


def test_a_refusal_is_not_asked_again() -> None:
    with (
        scripted(lambda *_: (400, b"too long")) as script,
        pytest.raises(EngineError, match="too long"),
    ):
        engine(script.url).propose([Request("a", 1)])
    assert len(script.paths) == 1


def test_a_server_that_is_not_there_is_one_line_with_its_url() -> None:
    with scripted(lambda *_: answer()) as script:
        gone = script.url
    with pytest.raises(EngineError) as caught:
        served.load(gone, "letters")
    assert gone in one_line(caught.value)


def test_a_silent_server_is_given_up() -> None:
    done = threading.Event()

    def answers(*_: object) -> tuple[int, bytes]:
        done.wait(20)
        return answer(choice())

    with scripted(answers) as script:
        impatient = served.Served(endpoint.Endpoint(script.url, timeout=0.2), "letters")
        with pytest.raises(EngineError, match="timed out"):
            impatient.propose([Request("a", 1)])
        done.set()


USAGE = b'"usage": {"prompt_tokens": 1, "completion_tokens": 1}'
TEXT = b'"index": 0, "text": "a", "finish_reason": "stop"'
HOSTILE = {
    "nothing": b"",
    "not JSON": b"\x00\xff\xfe",
    "HTML": b"<html>\x1b[31m\n<body>Bad gateway</body></html>",
    "a list": b"[]",
    "a number": b"7",
    "deep": b"[" * 100000,
    "deep object": b'{"choices":' * 100000,
    "no choices": b"{" + USAGE + b"}",
    "choices of text": b'{"choices": ["a"], ' + USAGE + b"}",
    "no index": b'{"choices": [{"text": "a", "finish_reason": "stop"}], ' + USAGE + b"}",
    "odd index": b'{"choices": [{"index": [], "text": "a", "finish_reason": "stop"}], '
    + USAGE
    + b"}",
    "no text": b'{"choices": [{"index": 0, "finish_reason": "stop"}], ' + USAGE + b"}",
    "text of null": b'{"choices": [{"index": 0, "text": null, "finish_reason": "stop"}], '
    + USAGE
    + b"}",
    "no finish": b'{"choices": [{"index": 0, "text": "a", "finish_reason": null}], ' + USAGE + b"}",
    "finish in phrases": b'{"choices": [{"index": 0, "text": "a", "finish_reason": "\x1b[2J"}], '
    + USAGE
    + b"}",
    "usage below 0": b'{"choices": [{' + TEXT + b'}], "usage": {"prompt_tokens": -1, '
    b'"completion_tokens": 1}}',
    "no usage": b'{"choices": [{' + TEXT + b"}]}",
    "usage in words": b'{"choices": [{' + TEXT + b'}], "usage": {"prompt_tokens": "\x1b[2J"}}',
    "usage true": b'{"choices": [{' + TEXT + b'}], "usage": {"prompt_tokens": true}}',
    "logprob NaN": b'{"choices": [{'
    + TEXT
    + b', "logprobs": {"token_logprobs": [NaN]}}], '
    + USAGE
    + b"}",
    "logprob huge": b'{"choices": [{'
    + TEXT
    + b', "logprobs": {"token_logprobs": [1e999]}}], '
    + USAGE
    + b"}",
    "logprob null": b'{"choices": [{'
    + TEXT
    + b', "logprobs": {"token_logprobs": [null]}}], '
    + USAGE
    + b"}",
    "logprob digits": b'{"choices": [{'
    + TEXT
    + b', "logprobs": {"token_logprobs": ['
    + b"9" * 400
    + b"]}}], "
    + USAGE
    + b"}",
    "ids in words": b'{"choices": [{' + TEXT + b', "token_ids": ["1"]}], ' + USAGE + b"}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_one_clear_line(name: str) -> None:
    with scripted(lambda *_: (200, HOSTILE[name])) as script, pytest.raises(EngineError) as caught:
        engine(script.url).propose([Request("a", 1)])
    one_line(caught.value)


def test_a_server_that_speaks_no_http_is_one_clear_line() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            with listening.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example ESMTP\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(EngineError) as caught:
            engine(f"http://127.0.0.1:{listening.getsockname()[1]}/v1").propose([Request("a", 1)])
        thread.join()
    one_line(caught.value)


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def answers(path: str, _: object) -> tuple[int, bytes]:
        if path == "/v1/models":
            return 200, b'{"data": [{"id": "letters"}]}'
        return 401, f"Incorrect API key provided: {KEY}".encode()

    with scripted(answers) as script:
        remote = served.load(script.url)
        with pytest.raises(EngineError, match="status 401") as caught:
            remote.propose([Request("a", 1)])
    assert set(script.keys) == {f"Bearer {KEY}"}
    for shown in (one_line(caught.value), repr(remote), json.dumps(remote.info())):
        assert KEY not in shown


def test_a_key_that_cannot_be_sent_is_refused_without_being_shown() -> None:
    with pytest.raises(EngineError, match="printable ASCII") as caught:
        endpoint.Endpoint("http://localhost/v1", KEY + "\n")
    assert KEY not in one_line(caught.value)


def test_a_redirection_is_not_followed() -> None:
    with scripted(lambda *_: answer(choice())) as other:
        with (
            scripted(lambda *_: (302, other.url.encode())) as script,
            pytest.raises(EngineError, match="status 302"),
        ):
            engine(script.url).propose([Request("a", 1)])
        assert other.paths == []


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/v1",
        "ftp://x/v1",
        "http://",
        f"http://me:{KEY}@x/v1",
        f"http://x/v1?key={KEY}",
        "http://[x/v1",
        "http://a:b/v1",
        "http://x/\x1b[2J",
    ],
)
def test_a_url_must_be_plain(url: str) -> None:
    with pytest.raises(EngineError) as caught:
        served.load(url, "letters")
    assert KEY not in one_line(caught.value)


def test_another_reason_to_finish_keeps_its_word() -> None:
    with scripted(lambda *_: answer(choice(finish="content_filter"))) as script:
        (draw,) = engine(script.url).propose([Request("a", 1, step="\n")])
    assert draw.finish == "content_filter"


def test_missing_log_probabilities_are_none_and_not_zero() -> None:
    with scripted(lambda *_: answer(choice())) as script:
        (draw,) = engine(script.url).propose([Request("a", 1)])
    assert (draw.logprobs, draw.tokens, draw.output_tokens) == ((), (), 2)


def test_half_a_character_does_not_reach_a_file() -> None:
    with scripted(lambda *_: answer(choice("a\ud800b"))) as script:
        assert engine(script.url).propose([Request("a", 1)])[0].text == "a?b"


def test_tokens_of_several_choices_that_cannot_be_counted_are_an_error() -> None:
    with (
        scripted(lambda *_: answer(choice(), choice())) as script,
        pytest.raises(EngineError, match="count"),
    ):
        engine(script.url, choices=2).propose([Request("a", 1), Request("a", 2)])


def test_a_server_that_hides_which_stop_it_met_cannot_draw_steps() -> None:
    hidden = choice()
    del hidden["stop_reason"]
    with scripted(lambda *_: answer(hidden)) as script:
        assert engine(script.url).propose([Request("a", 1, stop=("\n",))])[0].finish == "stop"
        with pytest.raises(EngineError, match="which stop text ended"):
            engine(script.url).propose([Request("a", 1, step="\n")])
    with scripted(lambda *_: answer(hidden | {"matched_stop": "\n"})) as script:
        (draw,) = engine(script.url).propose([Request("a", 1, step="\n")])
    assert (draw.text, draw.finish) == ("ab\n", "step")


TOP = {" Yes": -0.25, " No": -1.75}
SCORED = {
    False: choice(logprobs={"tokens": [" Yes"], "token_logprobs": [-0.25], "top_logprobs": [TOP]}),
    True: {
        "message": {"content": " Yes"},
        "logprobs": {
            "content": [
                {
                    "token": " Yes",
                    "logprob": -0.25,
                    "top_logprobs": [{"token": t, "logprob": x} for t, x in TOP.items()],
                }
            ]
        },
    },
}


@pytest.mark.parametrize("chat", [False, True])
def test_choices_are_scored_among_the_likeliest_tokens_or_not_at_all(chat: bool) -> None:
    with scripted(lambda *_: answer(SCORED[chat])) as script:
        remote = engine(script.url)
        assert remote.score(["p", "q"], [" No", " Yes"], chat) == [[-1.75, -0.25]] * 2
        with pytest.raises(EngineError, match="' Maybe' is not") as caught:
            remote.score(["p"], [" Yes", " Maybe"], chat)
    one_line(caught.value)


def test_with_token_ids_choices_of_any_length_are_scored() -> None:
    def answers(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        if path == "/tokenize":
            return 200, json.dumps({"tokens": [ord(c) for c in body["prompt"]]}).encode()
        ids = body["prompt"]
        places = [None] + [{str(i): {"logprob": -i / 64}, "7": {"logprob": -1}} for i in ids[1:]]
        return answer(choice(prompt_logprobs=places))

    with scripted(answers) as script:
        scores = engine(script.url, token_ids=True).score(["pq"], ["ab", "c"])
    assert scores == [[-(ord("a") + ord("b")) / 64, -ord("c") / 64]]


def test_a_loopback_offers_no_likeliest_tokens_and_says_so() -> None:
    with loopback.serving(Letters()) as url, pytest.raises(EngineError, match="logprobs") as caught:
        engine(url).score(["a"], ["b"])
    one_line(caught.value)


def test_the_model_is_found_and_a_wrong_name_is_told() -> None:
    with loopback.serving(Letters(), "letters-1") as url:
        assert served.load(url).info() == {
            "engine": "openai",
            "versions": {},
            "model": "letters-1",
            "url": url,
            "choices": 1,
        }
        with pytest.raises(EngineError, match="did you mean 'letters-1'") as caught:
            served.load(url, "letters-2")
    one_line(caught.value)


def test_the_version_is_kept_where_it_is_told() -> None:
    told = {"/v1/models": b'{"data": [{"id": "m"}]}', "/version": b'{"version": "0.32.0"}'}
    with scripted(lambda path, _: (200, told[path])) as script:
        assert served.load(script.url + "/").info()["versions"] == {"server": "0.32.0"}


def test_of_several_models_one_must_be_named() -> None:
    with (
        scripted(lambda *_: (200, b'{"data": [{"id": "m"}, {"id": "\\u001bn"}]}')) as script,
        pytest.raises(EngineError, match="serves 'm', ") as caught,
    ):
        served.load(script.url)
    one_line(caught.value)


@pytest.mark.parametrize("wrong", [{"choices": 0}, {"concurrency": 0}, {"seed_bits": 64}])
def test_options_have_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match=f"{next(iter(wrong))} must lie between 1 and"):
        served.load("http://localhost/v1", **wrong)


def test_no_requests_are_no_draws() -> None:
    assert engine("http://127.0.0.1:9/v1").propose([]) == []


@pytest.mark.model
def test_the_real_engine_through_http_is_the_real_engine() -> None:
    pytest.importorskip(
        "torch", reason="the embedded engine needs torch: pip install apportion[local]"
    )
    pytest.importorskip("transformers", reason="the embedded engine needs transformers")
    from apportion.data.sampler.engines import embedded, weights

    try:
        real: Engine = embedded.load()
    except weights.WeightsMissing as missing:
        pytest.skip(str(missing))
    shots = "Q: 12 + 7\nA: 19\nQ: 3 + 4\nA: 7\nQ: 25 + 8\nA:"
    plain = Request(shots, 0, max_tokens=12)
    kinds = (
        replace(plain, stop=("\n",)),
        replace(plain, stop=("\n\n", "Q:"), step="\n"),
        replace(plain, prompt="Name a colour.", chat=True, step="."),
    )
    requests = [replace(kind, seed=40 + i) for kind in kinds for i in range(4)]
    with loopback.serving(real) as url:
        through = engine(url, choices=3, concurrency=4, token_ids=True).propose(requests)
    for got, want in zip(through, real.propose(requests), strict=True):
        assert (got.text, got.tokens, got.finish) == (want.text, want.tokens, want.finish)
        assert (got.prompt_tokens, got.output_tokens) == (want.prompt_tokens, want.output_tokens)
        assert got.logprobs == pytest.approx(want.logprobs, abs=1e-3)
