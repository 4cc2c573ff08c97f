"""From a command line's words to a verifier: `generative:8:format=chat`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ...errors import InputError, nearest
from .formats import FORMATS
from .generative import Generative
from .likelihood import Likelihood
from .resolve import Resolve
from .reward import DTYPES, Reward
from .tests import STRONG_TEST, WEAK_TEST
from .verifier import Verifier
from .yesno import YesNo


@dataclass(frozen=True, slots=True)
class Kind:
    """How a verifier is made, what the part after its name sets, and what is set by key."""

    make: Callable[..., Verifier]
    first: str | None = None
    keys: tuple[str, ...] = ()

    @property
    def settable(self) -> tuple[str, ...]:
        """All that can be set."""
        return self.keys if self.first is None else (self.first, *self.keys)


KINDS: dict[str, Kind] = {
    "resolve": Kind(Resolve, "repeats", ("temperature",)),
    "generative": Kind(Generative, "repeats", ("format", "temperature")),
    "yesno": Kind(YesNo, None, ("format", "threshold")),
    "weak-test": Kind(lambda: WEAK_TEST),
    "strong-test": Kind(lambda: STRONG_TEST),
    "likelihood": Kind(Likelihood, None, ("threshold",)),
    "reward": Kind(Reward.load, "path", ("threshold", "device", "dtype")),
}


def parse(text: str, temperature: float = 0.8) -> Verifier:
    """Returns the verifier that `name[:FIRST][:key=value]...` means, or raises InputError.

    What a verifier samples is sampled at `temperature` where the words set no other.

    >>> parse("resolve:4").repeats, parse("generative:8:format=chat").name
    (4, 'generative-chat')
    """
    name, *parts = text.split(":")
    if name not in KINDS:
        hint = nearest(name, list(KINDS))
        raise InputError(f"a verifier must be one of {', '.join(KINDS)}; got {name!a}{hint}")
    kind = KINDS[name]
    words = _words(text, kind, parts)
    given: dict[str, object] = {"temperature": temperature} if "temperature" in kind.keys else {}
    given |= {key: READERS[key](text, word) for key, word in words.items()}
    return kind.make(**given)


def parse_all(texts: Iterable[str], temperature: float = 0.8) -> tuple[Verifier, ...]:
    """Returns the verifiers meant; two of one name, which a trace cannot tell apart, are refused.

    Raises InputError.
    """
    made = tuple(parse(text, temperature) for text in texts)
    for name, times in Counter(verifier.name for verifier in made).items():
        if times > 1:
            raise InputError(f"verifiers must differ in name; got {name!a} {times} times")
    return made


def _words(text: str, kind: Kind, parts: list[str]) -> Mapping[str, str]:
    """What is set, by key. A path may hold colons: what has no key belongs to it."""
    keyed = [part.split("=", 1) for part in parts if re.match(r"[a-z]+=", part)]
    bare = [part for part in parts if not re.match(r"[a-z]+=", part)]
    pairs = [*keyed, *([[kind.first or "", ":".join(bare)]] if bare else [])]
    known = ", ".join(kind.settable) or "nothing"
    for key, _ in pairs:
        if key not in kind.settable:
            got = key or ":".join(bare)
            raise InputError(
                f"verifier {text!a} sets {got!a}, where {known} may be set"
                + nearest(got, list(kind.settable))
            )
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise InputError(f"verifier {text!a} must set {key} once; it does {times} times")
    if kind.first == "path" and not dict(pairs).get("path"):
        raise InputError(f"verifier {text!a} must name its model, as in reward:PATH")
    return dict(pairs)


def _repeats(text: str, word: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", word):
        raise _wrong(text, "repeats", "a whole number from 1 to 999999", word)
    return int(word)


def _number(text: str, key: str, word: str, least: float) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= least):
        bound = "a number" if least == -math.inf else f"a number of at least {least:g}"
        raise _wrong(text, key, bound, word)
    return value


def _choice(text: str, key: str, word: str, known: Iterable[str]) -> str:
    names = list(known)
    if word not in names:
        raise _wrong(text, key, "one of " + ", ".join(names), word, nearest(word, names))
    return word


def _format(text: str, word: str) -> str:
    """A verdict's log-odds can be read only where the verdict is the first thing said."""
    wants = [n for n, form in FORMATS.items() if form.at_once or not text.startswith("yesno")]
    return _choice(text, "format", word, wants)


def _wrong(text: str, key: str, rule: str, word: str, hint: str = "") -> InputError:
    return InputError(f"{key} must be {rule}; got {word!a} in verifier {text!a}{hint}")


READERS: dict[str, Callable[[str, str], object]] = {
    "repeats": _repeats,
    "temperature": lambda text, word: _number(text, "temperature", word, 0.0),
    "threshold": lambda text, word: _number(text, "threshold", word, -math.inf),
    "format": _format,
    "device": lambda _, word: word,
    "dtype": lambda text, word: _choice(text, "dtype", word, DTYPES),
    "path": lambda _, word: word,
}
