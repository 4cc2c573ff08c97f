"""Engines: language models behind one small protocol; each is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import InputError, nearest
from .engine import Engine, EngineError

ENGINES: dict[str, tuple[str, str]] = {
    "transformers": ("embedded", "pip install 'apportion[local]'"),
    "vllm": ("vllm", "pip install 'apportion[vllm]'"),
    "openai": ("served", "pip install apportion"),
}
"""Where each engine is, and the command that installs what it needs."""


def open_engine(name: str, settings: Mapping[str, Any]) -> Engine:
    """Loads an engine, or connects to it; settings that are None are left to its defaults.

    Raises:
        EngineError: a library is missing, the model is not there, or the server out of reach.
        InputError: no such engine, or one that does not take a setting.
    """
    if name not in ENGINES:
        raise InputError(f"no engine {name!r} ({', '.join(ENGINES)}){nearest(name, list(ENGINES))}")
    file, install = ENGINES[name]
    try:
        load: Callable[..., Engine] = importlib.import_module(f".{file}", __name__).load
    except ImportError as error:
        raise EngineError(
            f"engine {name}: {error.name} is not installed; run: {install}"
        ) from error
    given = {key: value for key, value in settings.items() if value is not None}
    if name == "vllm":  # what is not ours goes to vLLM
        ours = ("model", "dtype", "url", "device", "threads")
        given["options"] = {key: given.pop(key) for key in list(given) if key not in ours}
    code = load.__code__
    takes = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for key in given:
        if key not in takes:
            raise InputError(f"engine {name} takes no --{key.replace('_', '-')}")
    return load(**given)
