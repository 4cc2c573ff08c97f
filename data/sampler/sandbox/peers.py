"""Two processes that do not share memory: each calls the other's objects, and values cross."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Any

from .values import NAMED, Said, pack, renewed, unpack

LONGEST = 2**24  # bytes of one message
HOME = "tests"  # the module whose own classes are open to the other side

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
BITWISE = ("lshift", "rshift", "and_", "or_", "xor")
ORDER = ("lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "abs", "invert")
CONVERSIONS = ("int", "float", "complex", "round", "index")
OPERATIONS: dict[str, Callable[..., object]] = {
    **{name: getattr(operator, name) for name in (*ARITHMETIC, *BITWISE, *ORDER, *UNARY)},
    **{name: getattr(operator, name) for name in ("eq", "index", "getitem", "setitem", "delitem")},
    **{f.__name__: f for f in (int, float, complex, round, bool, str, repr, format, hash, len)},
    **{f.__name__: f for f in (iter, next, reversed)},
    "call": lambda function, positional, named: function(*positional, **named),
    "get": getattr,
    "set": setattr,
    "isinstance": lambda kind, value: isinstance(value, kind),
    "issubclass": lambda kind, other: issubclass(other, kind),
}
# What a program may ask of an object that its tests hand to it, such as a callback.
GRANTED = frozenset(("call", "get", "set", "eq", "lt", "getitem", "bool", "str", "repr", "hash"))
GRANTED |= {"len", "iter", "next"}


class Gone(BaseException):
    """The other side is no longer there, or makes no sense."""


class Peer:
    """One end of a line. With `wary`, the other end may only use what it was handed."""

    def __init__(self, reader: BufferedReader, writer: RawIOBase, wary: bool) -> None:
        self.reader, self.writer, self.wary = reader, writer, wary
        self.shown: list[object] = []
        self.numbers: dict[int, int] = {}
        self.remotes: dict[int, object] = {}

    def ask(self, operation: str, *operands: object) -> Any:
        """Returns what an operation gives over there, or raises what it raised."""
        self._say(["ask", operation, [pack(operand, self._point) for operand in operands]])
        while (said := self._hear())[0] == "ask":
            self._answer(*said[1:])
        if said[0] == "raised":
            raise self._exception(operation, *said[1:])
        for at, changed in said[2]:
            renewed(operands[at], unpack(changed, self._follow))
        return unpack(said[1], self._follow)

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while True:
            self._answer(*self._hear()[1:])

    def _say(self, message: Said) -> None:
        line = json.dumps(message).encode() + b"\n"
        while line:
            line = line[self.writer.write(line) or 0 :]

    def _hear(self) -> list[Any]:
        line = self.reader.readline(LONGEST)
        try:
            said = json.loads(line) if line.endswith(b"\n") else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, list) or len(said) != 3:
            raise Gone
        return said

    def _answer(self, operation: str, said: Said) -> None:
        try:
            operands = [unpack(operand, self._follow) for operand in said]
            before = [pack(operand, self._point) for operand in operands]
            self._permit(operation, operands)
            given = pack(OPERATIONS[operation](*operands), self._point)
            after = [pack(operand, self._point) for operand in operands]
            changed = [[at, now] for at, now in enumerate(after) if now != before[at]]
            answer = ["gave", given, changed]
        except Gone:
            raise
        except BaseException as error:
            answer = self._raised(error)
        self._say(answer)

    def _permit(self, operation: str, operands: list[Any]) -> None:
        if not self.wary:
            return
        target = operands[0]
        allowed = operation in GRANTED and id(target) in self.numbers
        if operation in ("get", "set"):
            # Of anything else, such as a generator, an attribute could lead to all that is here.
            allowed &= type(target).__module__ == HOME and not operands[1].startswith("_")
        if not allowed:
            raise PermissionError(operation)

    def _raised(self, error: BaseException) -> Said:
        try:
            return ["raised", self._kind(type(error)), pack(error.args, self._point)]
        except Exception:
            return ["raised", ["named", "RuntimeError"], ["tuple"]]

    def _exception(self, operation: str, kind: Said, said: Said) -> BaseException:
        made, given = unpack(kind, self._follow), unpack(said, self._follow)
        if not (isinstance(made, type) and issubclass(made, BaseException)):
            raise Gone
        # A call that raises StopIteration would end a loop of the tests as if all were done.
        if issubclass(made, StopIteration) and operation != "next":
            return RuntimeError(made.__name__)
        try:
            return made(*given)  # type: ignore[misc]
        except Exception:
            return RuntimeError(made.__name__)

    def _kind(self, error: type[BaseException]) -> Said:
        """An exception must be caught by a class, so the other side makes one like it."""
        if NAMED.get(error.__name__) is error:
            return ["named", error.__name__]
        bases = [self._kind(base) for base in error.__bases__ if issubclass(base, BaseException)]
        return ["kind", self._number(error), error.__name__, bases]

    def _point(self, value: object) -> Said:
        if isinstance(value, Remote):
            return ["yours", value._number]
        if isinstance(value, type) and issubclass(value, BaseException):
            return self._kind(value)
        return ["mine", self._number(value)]

    def _number(self, value: object) -> int:
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.shown)
            self.shown.append(value)  # kept, so that its id stays its own
        return self.numbers[id(value)]

    def _follow(self, said: list[Said]) -> object:
        place, number = said[:2]
        if place == "yours":
            return self.shown[number]
        if number not in self.remotes:
            if place == "kind":
                bases = tuple(unpack(base, self._follow) for base in said[3])
                self.remotes[number] = type(said[2], bases, {})  # type: ignore[arg-type]
            else:
                self.remotes[number] = Remote(self, number)
        return self.remotes[number]


class Remote:
    """An object of the other side. Python, not the object, says how it compares with plain values.

    It never equals one, has no order with one, and is searched by going through it. What an
    operator makes of it and a plain value is again an object of the other side: an answer that was
    told the expected one could otherwise hand it back.
    """

    __slots__ = ("_number", "_peer", "_told")
    _number: int
    _peer: Peer
    _told: bool

    def __init__(self, peer: Peer, number: int) -> None:
        for name, value in (("_peer", peer), ("_number", number), ("_told", False)):
            object.__setattr__(self, name, value)

    def __call__(self, *positional: object, **named: object) -> Any:
        return self._peer.ask("call", self, list(positional), named)

    def __getattr__(self, name: str) -> Any:
        return self._peer.ask("get", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self._peer.ask("set", self, name, value)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Remote):
            return NotImplemented
        return self is other or self._peer.ask("eq", self, other)

    def __hash__(self) -> Any:
        return self._peer.ask("hash", self)

    def __instancecheck__(self, value: object) -> Any:
        return isinstance(value, Remote) and self._peer.ask("isinstance", self, value)

    def __subclasscheck__(self, value: object) -> Any:
        return isinstance(value, Remote) and self._peer.ask("issubclass", self, value)

    def __enter__(self) -> Any:
        return self.__getattr__("__enter__")()

    def __exit__(self, *_: object) -> Any:
        return self.__getattr__("__exit__")(None, None, None)


def _plainly(operation: str) -> Callable[..., Any]:
    return lambda self, *operands: self._peer.ask(operation, self, *operands)


def _guarded(operation: str, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Remote, *others: object) -> Any:
        told = self._told or any(getattr(o, "_told", True) for o in others)
        operands = (*others, self) if reflected else (self, *others)
        given = self._peer.ask(operation, *operands)
        if told and not isinstance(given, Remote):
            raise TypeError(f"{operation} of the program's own object and a plain value")
        if told:
            object.__setattr__(given, "_told", True)
        return given

    return method


def _between(operation: str) -> Callable[..., Any]:
    def method(self: Remote, other: object) -> Any:
        return (
            self._peer.ask(operation, self, other) if isinstance(other, Remote) else NotImplemented
        )

    return method


for _name in (*ARITHMETIC, *BITWISE):
    setattr(Remote, f"__{_name.strip('_')}__", _guarded(_name))
    setattr(Remote, f"__r{_name.strip('_')}__", _guarded(_name, reflected=True))
for _name in (*UNARY, *CONVERSIONS):
    setattr(Remote, f"__{_name}__", _guarded(_name))
for _name in ORDER:
    setattr(Remote, f"__{_name}__", _between(_name))
for _name in ("bool", "str", "repr", "format", "len", "iter", "next", "reversed"):
    setattr(Remote, f"__{_name}__", _plainly(_name))
for _name in ("getitem", "setitem", "delitem"):
    setattr(Remote, f"__{_name}__", _plainly(_name))
