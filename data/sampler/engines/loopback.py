"""A small server around any engine: completions and chats, as in the OpenAI API."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from ...errors import InputError
from .engine import STEP, Draw, Engine, Request

Waiting = tuple[Sequence[Request], "Future[list[Draw]]"]
COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
Kind = TypeVar("Kind", str, int)
LARGEST = 2**24
MOST = 4096
HOTTEST = 1000
OFFERED = {"model", "prompt", "messages", "seed", "n", "temperature", "max_tokens", "stop"} | {
    "logprobs",
    "return_token_ids",
    "include_stop_str_in_output",
}
ONLY: dict[str, tuple[object, ...]] = {
    "logprobs": (0, 1),
    "top_logprobs": (0,),
    "top_p": (1,),
    "top_k": (0, -1),
    "stream": (False,),
    "echo": (False,),
}
"""What a request may hold; of some things only values that ask for nothing more."""


class BadRequest(InputError):
    """A client asked for what is not on offer here."""


class Queue:
    """Calls that arrive while the engine works are answered together by its next call.

    It changes no sample: each has its own random stream.
    """

    def __init__(self, engine: Engine):
        self.engine = engine
        self.waiting: deque[Waiting] = deque()
        self.turn = threading.Lock()

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        """Returns the engine's draws; any thread may ask."""
        mine: Future[list[Draw]] = Future()
        self.waiting.append((requests, mine))
        with self.turn:
            # Whoever comes first serves all who wait; the others then find their draws here.
            if some := [self.waiting.popleft() for _ in range(len(self.waiting))]:
                self._serve(some)
        return mine.result()

    def _serve(self, some: Sequence[Waiting]) -> None:
        """One call for all; where it fails, one for each, who then hears of its own fault alone."""
        try:
            drawn = iter(self.engine.propose([r for requests, _ in some for r in requests]))
            for requests, future in some:
                future.set_result([next(drawn) for _ in requests])
        except Exception as error:
            if len(some) == 1:
                some[0][1].set_exception(error)
            else:
                for one in some:
                    self._serve([one])


class Server(ThreadingHTTPServer):
    """Serves one engine under a model's name, for this machine: it asks for no key.

    The i-th choice of a request is the draw of the seed `seed + i`. Of the stop texts, the last is
    told as `stop_reason` where it ended a draw, and kept in the text if
    `include_stop_str_in_output` says so. There are no streams, no prompts of token ids, and no
    likeliest tokens: engines have none.
    """

    request_queue_size = 1024

    def __init__(self, engine: Engine, name: str = "loopback", port: int = 0):
        super().__init__(("127.0.0.1", port), Handler)
        self.name, self.queue = name, Queue(engine)

    @property
    def url(self) -> str:
        """The base URL that a client needs."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextmanager
def serving(engine: Engine, name: str = "loopback") -> Iterator[str]:
    """Serves an engine from a thread of its own while the block runs; gives the base URL."""
    with Server(engine, name) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 600

    def do_GET(self) -> None:
        """Lists the one model."""
        if self.path == "/v1/models":
            self._answer(200, {"object": "list", "data": [{"id": self.server.name}]})
        else:
            self._refuse(404, f"there is no {self.path!a} here")

    def do_POST(self) -> None:
        """Answers a completion or a chat completion."""
        if self.path not in (COMPLETIONS, CHAT):
            self._refuse(404, f"there is no {self.path!a} here")
            return
        try:
            body = self._body()
            requests = wanted(body, self.path == CHAT)
            draws = self.server.queue.propose(requests)
            self._answer(200, told(self.server.name, body, requests, draws))
        except InputError as error:
            self._refuse(400, str(error))
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            self._refuse(500, f"the engine failed ({type(error).__name__})")

    def log_message(self, *_: object) -> None:
        """Says nothing: a run tells its own progress."""

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= LARGEST):
            raise BadRequest(f"a request must tell its length, of at most {LARGEST} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise BadRequest("a request must be a JSON object")
        return body

    def _refuse(self, status: int, message: str) -> None:
        # What is left unread of a refused request would be taken for the next one.
        self.close_connection = True
        self._answer(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def _answer(self, status: int, content: Mapping[str, object]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def wanted(body: Mapping[str, Any], chat: bool) -> list[Request]:
    """Returns the requests for the choices that a body asks for.

    Raises:
        BadRequest: it asks for what is not on offer, rather than get something else.
    """
    for name, value in body.items():
        if value is not None and value not in ONLY.get(name, (value,) * (name in OFFERED)):
            values = f" other than {ONLY[name]}" if name in ONLY else ""
            raise BadRequest(f"{name!a}{values} is not on offer here")
    stops = body.get("stop") or []
    stops = [stops] if isinstance(stops, str) else stops
    if not (isinstance(stops, list) and all(stop and isinstance(stop, str) for stop in stops)):
        raise BadRequest("stop must be a text or a list of texts, none empty")
    request = Request(
        _message(body) if chat else _one(body, "prompt", str, None),
        _one(body, "seed", int, secrets.randbits(62)),
        _temperature(body),
        _one(body, "max_tokens", int, 16),
        # An engine tells of a step that it ended a draw, and of a stop it does not.
        tuple(stops[:-1]),
        stops[-1] if stops else None,
        chat,
    )
    n = _one(body, "n", int, 1)
    if not 1 <= n <= MOST:
        raise BadRequest(f"n must lie between 1 and {MOST}; got {n}")
    if request.max_tokens < 1 or not 0 <= request.seed < 2**63:
        raise BadRequest("max_tokens must be at least 1, and seed lie between 0 and 2**63 - 1")
    return [replace(request, seed=request.seed + i) for i in range(n)]


def told(
    name: str, body: Mapping[str, Any], requests: Sequence[Request], draws: Sequence[Draw]
) -> dict[str, object]:
    """Returns the answer that holds the draws."""
    choices = [
        _choice(body, r, d) | {"index": i}
        for i, (r, d) in enumerate(zip(requests, draws, strict=True))
    ]
    read, drawn = draws[0].prompt_tokens, sum(draw.output_tokens for draw in draws)
    usage = {"prompt_tokens": read, "completion_tokens": drawn, "total_tokens": read + drawn}
    return {"model": name, "choices": choices, "usage": usage}


def _choice(body: Mapping[str, Any], request: Request, draw: Draw) -> dict[str, object]:
    text, stepped = draw.text, draw.finish == STEP
    if stepped and request.step and not body.get("include_stop_str_in_output"):
        text = text.partition(request.step)[0]
    choice: dict[str, object] = {
        "finish_reason": "stop" if stepped else draw.finish,
        "stop_reason": request.step if stepped else None,
        "logprobs": _logprobs(draw, request.chat) if body.get("logprobs") is not None else None,
    }
    choice |= (
        {"message": {"role": "assistant", "content": text}} if request.chat else {"text": text}
    )
    if body.get("return_token_ids") and draw.tokens:
        choice["token_ids"] = list(draw.tokens)
    return choice


def _logprobs(draw: Draw, chat: bool) -> dict[str, object] | None:
    """The tokens' texts stay unknown: an engine tells only the text of a draw."""
    if not draw.logprobs:
        return None
    if chat:
        return {"content": [{"token": "", "logprob": x, "top_logprobs": []} for x in draw.logprobs]}
    return {"tokens": None, "token_logprobs": list(draw.logprobs), "top_logprobs": None}


def _message(body: Mapping[str, Any]) -> str:
    match body.get("messages"):
        case [{"role": "user", "content": str(content)}]:
            return content
    raise BadRequest("messages must be one message of text from the user")


def _temperature(body: Mapping[str, Any]) -> float:
    found = 1.0 if body.get("temperature") is None else body["temperature"]
    if type(found) not in (int, float) or not 0 <= found <= HOTTEST:
        raise BadRequest(f"temperature must lie between 0 and {HOTTEST}")
    return float(found)


def _one(body: Mapping[str, Any], name: str, kind: type[Kind], otherwise: Kind | None) -> Kind:
    found = otherwise if body.get(name) is None else body[name]
    if type(found) is not kind:
        raise BadRequest(f"{name} must be {'a text' if kind is str else 'an integer'}")
    return found
