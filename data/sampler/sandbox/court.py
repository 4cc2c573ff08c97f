"""A program on one side, its tests on the other, in processes that only exchange values.

The clerk, who starts both, never holds the tests while a program is being started: each side has
in its memory what it may know. It reads blocks from standard input, by turns a program and its
tests, and writes a line for each pair to standard output.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import os
from types import ModuleType
from typing import Any

from . import cell, ground, seccomp
from .cell import fork, read_block
from .lock import WIDE, lock
from .peers import HOME, Gone, Peer, Remote

CPU_SECONDS = 2


def main(seconds: str) -> None:
    """Hold one trial after another, none of them for more than some seconds."""
    ground.prepare()
    means = seccomp.reach()
    os.write(1, b"ready\n")
    while (program := read_block()) is not None:
        os.write(1, json.dumps(trial(program, float(seconds), means)).encode() + b"\n")


def trial(program: str, seconds: float, means: Any) -> str:
    """Returns why the program fails its tests, or an empty text."""
    hear_tests, tell_program = os.pipe()
    hear_program, tell_tests = os.pipe()
    verdict, tell = os.pipe()
    accused = fork((hear_tests, tell_tests), lambda: stand(program, hear_tests, tell_tests, means))
    judge = fork(
        (hear_program, tell_program, tell),
        lambda: hold(hear_program, tell_program, tell, means),
    )
    for end in (hear_tests, tell_program, hear_program, tell_tests, tell):
        os.close(end)
    said = cell.hear(verdict, seconds)
    ended = [cell.bury(child) for child in (accused, judge)]
    if said is None:
        return ground.LATE
    return str(json.loads(said)) if said else f"the tests ended with signal {ended[1]}"


def stand(program: str, hears: int, says: int, means: Any) -> None:
    """The program's side: run it, then do as it is asked."""
    cell.deafen()
    peer = Peer(os.fdopen(hears, "rb"), os.fdopen(says, "wb", buffering=0), wary=False)
    module = ground.fresh("solution")
    lock(CPU_SECONDS, WIDE, means=means)
    peer._number(lambda: _run(program, module))
    peer.serve()


def _run(program: str, module: ModuleType) -> tuple[dict[str, object], dict[str, str]]:
    """Returns what a program defines, and which modules it imported under which names."""
    exec(compile(program, "solution.py", "exec"), vars(module))
    found = {n: v for n, v in vars(module).items() if not n.startswith("__")}
    modules = {n: v.__name__ for n, v in found.items() if isinstance(v, ModuleType)}
    return {n: v for n, v in found.items() if n not in modules}, modules


def hold(hears: int, says: int, verdict: int, means: Any) -> None:
    """The tests' side: have the program run, then see whether every statement holds."""
    tests = json.loads(read_block() or "")
    cell.deafen()
    peer = Peer(os.fdopen(hears, "rb"), os.fdopen(says, "wb", buffering=0), wary=True)
    module = ground.fresh(HOME)
    lock(CPU_SECONDS, WIDE, means=means)
    os.write(verdict, json.dumps(_judge(peer, tests, vars(module))).encode())


def _judge(peer: Peer, tests: list[str], space: dict[str, Any]) -> str:
    at = "the program itself"
    try:
        defined = _defined(*Remote(peer, 0)())
        space.update(defined)
        for number, test in enumerate(tests):
            at = f"test {number}"
            tree = ast.parse(test)
            _refuse_redefined(tree, defined)
            exec(compile(tree, "tests.py", "exec"), space)
    except Gone:
        return f"{at}: the program ended"
    except BaseException as error:
        return f"{at}: {type(error).__name__}: {error}"[:500]
    return ""


def _defined(values: dict[str, object], modules: dict[str, str]) -> dict[str, object]:
    """What the tests may call by name; the library's modules are this side's own."""
    found = {
        **values,
        **{
            name: importlib.import_module(module)
            for name, module in modules.items()
            if module.partition(".")[0] in ground.MODULES
        },
    }
    return {name: value for name, value in found.items() if not name.startswith("__")}


def _refuse_redefined(tree: ast.Module, defined: dict[str, object]) -> None:
    """A built-in function that the program redefines is neither trusted nor passed over."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name in sorted(names & defined.keys() & vars(builtins).keys()):
        raise NameError(f"the program redefines {name}, which the test needs")
