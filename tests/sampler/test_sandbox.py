"""Code written by a model can fail, but cannot harm, linger, or spoil its neighbours."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apportion.data.sampler import jail, sandbox
from apportion.data.sampler.programs import PROGRAMS, Inputs, Program

SIZE = next(program for program in PROGRAMS if program.name == "size")
INPUTS: list[Inputs] = [[[1, 2, 3]], [[]]]

ESCAPES = (
    "__import__('os').fork()",
    "__import__('socket').socket()",
    "open('/etc/passwd').read()",
    "open('left-behind', 'w').write('x')",
    "eval('1')",
    "exec('import os')",
    "globals()",
    "getattr(xs, 'pop')",
    "().__class__.__base__.__subclasses__()",
    "xs.append.__self__",
    "'{0.__class__}'.format(xs)",
    "f'{xs.__class__}'",
    "[c for c in (1,) if (lambda: c.__class__)()]",
    "(y := 3)",
    "print(len(xs))",
    "0) or (1",
    "__builtins__",
    "_private",
)
EXCESSES = (
    "[0] * 10 ** 12",
    "'a' * 10 ** 5",
    "list(iter(int, 1))",
    "[x for x in iter(int, 1)]",
    "sum(0 for x in iter(int, 1))",
    "sum(range(10 ** 12))",
    "10 ** 10 ** 9",
    "size(xs)",
    "(" * 90 + "1" + ")" * 90,
    "-" * 5000 + "1",
    "(x for x in xs)",
    "len",
)


def test_a_good_expression_returns_its_values() -> None:
    said = sandbox.run(SIZE, ["len(xs)", "sum(1 for _ in xs)"], INPUTS)
    assert said == {"len(xs)": ("3", "0"), "sum(1 for _ in xs)": ("3", "0")}


@pytest.mark.parametrize("expression", ESCAPES)
def test_an_escape_fails_closed(expression: str) -> None:
    assert sandbox.run(SIZE, [expression], INPUTS) == {expression: (None, None)}


def test_a_runaway_fails_and_leaves_its_neighbours_alone() -> None:
    mixed = [text for excess in EXCESSES for text in (excess, f"len(xs) + {len(excess)} * 0")]
    said = sandbox.run(SIZE, mixed, INPUTS)
    nested = EXCESSES[8]
    assert said.pop(nested) == ("1", "1")
    assert {e for e in EXCESSES if e != nested and said[e] != (None, None)} == set()
    assert {said[e] for e in mixed if e.startswith("len(xs)")} == {("3", "0")}


def test_a_failure_on_one_input_is_not_a_failure_on_all() -> None:
    assert sandbox.run(SIZE, ["xs[0]"], INPUTS) == {"xs[0]": ("1", None)}


def test_inputs_are_fresh_for_every_expression() -> None:
    said = sandbox.run(SIZE, ["xs.pop()", "xs[-1]"], [[[1, 2]]])
    assert said == {"xs.pop()": ("2",), "xs[-1]": ("2",)}


def test_the_prompt_s_own_functions_can_be_called() -> None:
    odd = next(program for program in PROGRAMS if program.name == "is_odd")
    assert sandbox.run(odd, ["not is_even(n)"], [[3], [4]])["not is_even(n)"] == ("True", "False")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.0, "4"),
        (4, "4"),
        (True, "True"),
        (1 / 3, "0.333333333"),
        (float("inf"), "inf"),
        ((1,), "(1,)"),
        ([1, 2.0], "[1, 2]"),
        ({2, 1}, "{1, 2}"),
        ({"a": None}, "{'a': None}"),
    ],
)
def test_equal_values_are_spelled_alike(value: object, text: str) -> None:
    assert jail.spell(value) == text


LOCKED = {
    "os.fork()": "os.fork",
    "socket.socket()": "socket.__new__",
    "open('/etc/passwd')": "open",
    "os.system('true')": "os.system",
    "subprocess.Popen(['true'])": "subprocess.Popen",
    "os.kill(os.getppid(), 0)": "os.kill",
    "__import__('ctypes')": "import",
    "bytearray(2 ** 30)": "MemoryError",
}


def inside(code: str) -> "subprocess.CompletedProcess[str]":
    """Run a line in a locked process, past the list of what expressions may hold."""
    where = str(Path(jail.__file__).parent)
    setup = f"import os, socket, subprocess, sys; sys.path.insert(0, {where!r}); import jail\n"
    line = f"{setup}jail.CPU_SECONDS = 1\njail.lock()\n{code}\nprint('done')"
    command = [sys.executable, "-I", "-S", "-c", line]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("code", LOCKED)
def test_the_lock_holds_without_the_list(code: str) -> None:
    ended = inside(code)
    assert ended.returncode != 0
    assert LOCKED[code] in ended.stderr
    assert "done" not in ended.stdout


def test_processor_time_is_bounded() -> None:
    assert inside("while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_the_child_gets_no_environment_and_its_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET", "x")
    look = "import json, os; print(json.dumps([sorted(os.environ), os.listdir('.')]))"
    monkeypatch.setattr(sandbox, "COMMAND", (sys.executable, "-I", "-S", "-c", look))
    environment, files = json.loads(sandbox._converse("", str(tmp_path)))
    assert set(environment) <= {"LC_CTYPE"}  # the interpreter itself may set this one
    assert files == []


def test_a_child_that_hangs_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = "import os, time\nchild = os.fork()\nif child: print(child, flush=True)\ntime.sleep(600)"
    monkeypatch.setattr(sandbox, "COMMAND", (sys.executable, "-I", "-S", "-c", hang))
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 2.0)
    grandchild = int(sandbox._converse("", "/"))
    assert _ends(grandchild)


def _ends(process: int) -> bool:
    """Whether a process is gone, or is a zombie that waits for its new parent."""
    for _ in range(50):
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("said", ["", "nonsense", "[", "[1, 2]", '["3"]', '{"a": 1}', "null"])
def test_a_report_that_makes_no_sense_is_a_failure(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_converse", lambda _job, _folder: said)
    assert sandbox.run(SIZE, ["len(xs)"], INPUTS) == {"len(xs)": (None, None)}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_names_and_domains_suit_the_sandbox(program: Program) -> None:
    assert program.name.isidentifier()
    assert all(name.isidentifier() for name in program.domains)
    assert len(program.weak) == len(program.domains)
