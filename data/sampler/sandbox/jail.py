"""Where expressions are evaluated: a process of its own, which distrusts every one of them.

It reads one JSON job from standard input and writes one JSON line for each expression, as soon as
it is done.
"""

from __future__ import annotations

import ast
import json
import math
import signal
import sys
from collections.abc import Callable
from typing import Any

from .lock import Refused, lock

CPU_SECONDS = 2
PATIENCE = 0.5  # seconds for one expression on all its inputs
LONGEST = 2000  # characters of one outcome

NODES = (
    ast.Expression,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.IfExp,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.Dict,
    ast.Set,
    ast.List,
    ast.Tuple,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Attribute,
    ast.Name,
    ast.Constant,
    ast.expr_context,
    ast.boolop,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)
METHODS = frozenset(
    (
        *("upper", "lower", "strip", "lstrip", "rstrip", "split", "splitlines", "join", "replace"),
        *("startswith", "endswith", "count", "find", "index", "title", "capitalize", "swapcase"),
        *("isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isupper", "islower"),
        *("isspace", "removeprefix", "removesuffix", "ljust", "rjust", "center", "zfill"),
        *("append", "extend", "insert", "pop", "remove", "reverse", "sort", "copy"),
        *("items", "keys", "values", "get", "add", "union", "intersection", "difference"),
        *("issubset", "issuperset"),
    )
)
BUILTINS: dict[str, Any] = {
    function.__name__: function
    for function in (
        *(abs, all, any, bool, chr, dict, divmod, enumerate, filter, float, frozenset, int),
        *(isinstance, iter, len, list, map, max, min, next, ord, pow, range, repr, reversed),
        *(round, set, sorted, str, sum, tuple, zip),
    )
}


class OutOfTime(BaseException):
    """The expression took too long."""


def refuse_strangers(tree: ast.Expression) -> None:
    """Raise Refused unless every node, attribute and name is on the list."""
    for node in ast.walk(tree):
        if not isinstance(node, NODES):
            raise Refused(type(node).__name__)
        if isinstance(node, ast.Attribute) and node.attr not in METHODS:
            raise Refused(node.attr)
        names = [getattr(node, field, None) for field in ("id", "arg")]
        if any(isinstance(name, str) and name.startswith("_") and name != "_" for name in names):
            raise Refused("a private name")


def outcomes(job: dict[str, Any], source: str) -> list[str | None]:
    """What the function made of this expression returns on each input; None where it fails."""
    said: list[str | None] = [None] * job["count"]
    # Processor time, not the clock: on a busy machine a good answer must not run out of it.
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        tree = ast.parse(source, mode="eval")
        refuse_strangers(tree)
        function = _function(job, tree)
        # Every call gets fresh inputs: an expression may change a list in place.
        for at, inputs in enumerate(json.loads(job["inputs"])):
            said[at] = _outcome(function, inputs)
    except (Exception, OutOfTime):
        pass  # what was not reached stays None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return said


def _outcome(function: Callable[..., object], inputs: list[Any]) -> str | None:
    try:
        return spell(function(*inputs))
    except Exception:
        return None


def _function(job: dict[str, Any], tree: ast.Expression) -> Callable[..., object]:
    """The function whose body is the expression; it sees what the prompt defines, and itself."""
    space: dict[str, Any] = {"__builtins__": BUILTINS}
    for name, parameters, source in job["shown"]:
        space[name] = _lambda(parameters, ast.parse(source, mode="eval"), space)
    name = job["name"]
    space[name] = function = _lambda(job["parameters"], tree, space)
    return function


def _lambda(
    parameters: list[str], body: ast.Expression, space: dict[str, Any]
) -> Callable[..., object]:
    """A function put together from syntax trees: text could close a bracket it did not open."""
    made = ast.parse(f"lambda {', '.join(parameters)}: None", mode="eval")
    made.body = ast.Lambda(args=made.body.args, body=body.body)  # type: ignore[attr-defined]
    code = compile(ast.fix_missing_locations(made), "<answer>", "eval")
    function: Callable[..., object] = eval(code, space)
    return function


def spell(value: object) -> str:
    """A spelling in which equal values are equal texts; 4 and 4.0 are equal, 1 and True are not."""
    text = _spell(value)
    if len(text) > LONGEST:
        raise Refused("a very long value")
    return text


def _spell(value: object) -> str:
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < 2**53
        return str(int(value)) if whole else f"{value:.9g}"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(_spell, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_spell, value))) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{_spell(k)}: {_spell(v)}" for k, v in value.items())) + "}"
    if value is None or isinstance(value, bool | int | str):
        return repr(value)
    raise Refused(type(value).__name__)


def _ring(*_: object) -> None:
    raise OutOfTime


def main() -> None:
    """Answer one job."""
    job = json.load(sys.stdin)
    signal.signal(signal.SIGPROF, _ring)
    lock(CPU_SECONDS)
    print("ready", flush=True)
    for source in job["expressions"]:
        sys.stdout.write(json.dumps(outcomes(job, source)) + "\n")
        sys.stdout.flush()
