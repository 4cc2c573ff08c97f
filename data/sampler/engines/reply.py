"""What a server's answer says, checked field by field: nothing missing is taken for zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from .engine import STEP, STOP, Draw, EngineError, Request

Json = Mapping[str, Any]
Kind = TypeVar("Kind", str, int, list[Any], dict[str, Any])
KINDS: dict[type, str] = {str: "text", int: "integer", list: "list", dict: "object"}
LARGE = 1e9
STOPPED_BY = ("stop_reason", "matched_stop")
"""Where vLLM and SGLang tell which stop text ended a draw."""


def names(answer: Json) -> list[str]:
    """Returns the names of the models that a server lists."""
    return [_get(model, "id", str) for model in _objects(answer, "data")]


def choices(answer: Json, n: int) -> list[Json]:
    """Returns the `n` choices of an answer in their order.

    Raises:
        EngineError: there are fewer or more, or they are numbered otherwise.
    """
    told = _objects(answer, "choices")
    if len(told) != n:
        raise EngineError(f"the server must give as many choices as asked (n={n}); got {len(told)}")
    by_index = {_get(choice, "index", int): choice for choice in told}
    if set(by_index) != set(range(n)):
        raise _fault("index", f"a number from 0 to {n - 1}, each once", list(by_index))
    return [by_index[index] for index in range(n)]


def draw(choice: Json, request: Request, answer: Json, n: int) -> Draw:
    """Returns one of an answer's `n` choices as the draw that was requested.

    A reason to finish other than a stop or the length keeps its own word.

    Raises:
        EngineError: the server does not tell how many tokens it read or drew, why it finished, or,
            where a step was to be found, which stop text it found.
    """
    text, finish = _text(choice), _get(choice, "finish_reason", str)
    if not finish.isidentifier():
        raise _fault("finish_reason", "a word", finish)
    logprobs, pieces = _logprobs(choice)
    tokens = integers(choice, "token_ids") if choice.get("token_ids") is not None else ()
    if request.step and finish == STOP and _stopped_by(choice) == request.step:
        # A server that cuts its text before the step leaves no step in it.
        text, finish = text if request.step in text else text + request.step, STEP
        text += _rest(text, pieces)
    before = cut(text, request)
    if len(before) < len(text):
        text, finish = before, STOP
    usage = _get(answer, "usage", dict)
    drawn = len(tokens) or (_count(usage, "completion_tokens") if n == 1 else len(logprobs))
    if not drawn and n > 1:
        raise _fault("logprobs", f"there to count the tokens of {n} choices", None)
    return Draw(text, tokens, logprobs, finish, _count(usage, "prompt_tokens"), drawn)


def integers(told: Json, name: str) -> tuple[int, ...]:
    """Returns a list of integers."""
    found = _get(told, name, list)
    if not all(type(value) is int for value in found):
        raise _fault(name, "a list of integers", found)
    return tuple(found)


def likeliest(choice: Json) -> dict[str, float]:
    """Returns the log-probabilities of the likeliest first tokens of a choice, by their text."""
    told = _get(choice, "logprobs", dict)
    if told.get("content") is not None:
        first = (_objects(told, "content") or [{}])[0]
        some = _objects(first, "top_logprobs")
        return {_get(one, "token", str): _number(one, "logprob") for one in some}
    top = _get(told, "top_logprobs", list)
    if not (top and isinstance(top[0], dict)):
        raise _fault("top_logprobs", "a list of objects", top)
    return {token: _number(top[0], token) for token in top[0]}


def end_logprob(choice: Json, end: Sequence[int]) -> float:
    """Returns the log-probability of the tokens that end a prompt, given all before them."""
    told = _get(choice, "prompt_logprobs", list)
    if not 0 < len(end) < len(told):
        raise _fault("prompt_logprobs", f"more than {len(end)} and a choice not empty", len(told))
    total = 0.0
    for place, token in zip(told[-len(end) :], end, strict=True):
        total += _number(_get(_get({"place": place}, "place", dict), str(token), dict), "logprob")
    return total


def cut(text: str, request: Request) -> str:
    """Returns the text before the first stop text, which may begin in what was begun."""
    begun = request.begun.text if request.begun else ""
    ends = [len(text)]
    for stop in request.stop:
        tail = begun[max(0, len(begun) - len(stop) + 1) :]
        if (at := (tail + text).find(stop)) >= 0:
            ends.append(max(0, at - len(tail)))
    return text[: min(ends)]


def _text(choice: Json) -> str:
    """What a choice says, in either API; a chat that only calls a tool says nothing."""
    if "message" not in choice:
        text = _get(choice, "text", str)
    else:
        message = _get(choice, "message", dict)
        text = "" if message.get("content") is None else _get(message, "content", str)
    # JSON can hold half a character, which no file could.
    return text.encode("utf8", "replace").decode()


def _logprobs(choice: Json) -> tuple[tuple[float, ...], list[str]]:
    """The drawn tokens' log-probabilities and texts, in either API; none where none are told."""
    told = choice.get("logprobs")
    if not isinstance(told, dict):
        return (), []
    if told.get("content") is not None:
        content = _objects(told, "content")
        pieces = [_get(token, "token", str) for token in content]
        return tuple(_number(token, "logprob") for token in content), pieces
    if told.get("token_logprobs") is None:
        return (), []
    numbers = _get(told, "token_logprobs", list)
    pieces = [piece for piece in told.get("tokens") or [] if isinstance(piece, str)]
    return tuple(_number({"token_logprobs": x}, "token_logprobs") for x in numbers), pieces


def _stopped_by(choice: Json) -> object:
    for name in STOPPED_BY:
        if name in choice:
            return choice[name]
    raise EngineError(
        "a task with steps needs a server that tells which stop text ended a draw "
        f"({' or '.join(STOPPED_BY)}); this one does not"
    )


def _rest(text: str, pieces: Sequence[str]) -> str:
    """What the last token holds after the step, which belongs to the draw as the token does."""
    whole = "".join(pieces)
    return whole[len(text) :] if whole.startswith(text) else ""


def _objects(told: Json, name: str) -> list[Json]:
    found = _get(told, name, list)
    if not all(isinstance(one, dict) for one in found):
        raise _fault(name, "a list of objects", found)
    return found


def _get(told: Json, name: str, kind: type[Kind]) -> Kind:
    found = told.get(name)
    if type(found) is not kind:
        raise _fault(name, f"a JSON {KINDS[kind]}", found)
    return found


def _count(told: Json, name: str) -> int:
    if (found := _get(told, name, int)) < 0:
        raise _fault(name, "0 or more", found)
    return found


def _number(told: Json, name: str) -> float:
    found: Any = told.get(name)
    # The bound turns away what JSON allows and a float does not: 1e999, or four hundred digits.
    if type(found) not in (int, float) or not abs(found) < LARGE:
        raise _fault(name, f"a number within {LARGE:g}", found)
    return float(found)


def _fault(name: str, rule: str, found: object) -> EngineError:
    shown = f"{len(found)} things" if isinstance(found, list | dict) else ascii(found)
    shown = shown if len(shown) <= 80 else shown[:80] + " ..."
    return EngineError(f"in a server's answer, {name!a} must be {rule}; got {shown}")
