"""Code written by a model can fail, but cannot harm, linger, or spoil its neighbours."""

import json
import os
import platform
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.sandbox import child, jail, seccomp
from apportion.data.sampler.sandbox import expressions as sandbox
from apportion.data.sampler.tasks.programs import PROGRAMS, Inputs, Program

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


def inside(code: str, lock: str = "lock.lock(1)") -> "subprocess.CompletedProcess[str]":
    """Run a line in a locked process, past the list of what expressions may hold."""
    where = str(Path(jail.__file__).parent.parent)
    setup = (
        "import os, signal, socket, subprocess, sys, _thread\n"
        f"sys.path.append({where!r}); from sandbox import lock\n"
    )
    line = f"{setup}print({lock}, flush=True)\n{code}\nprint('done')"
    command = [*child.COMMAND[:-2], "-c", line]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("code", LOCKED)
def test_the_lock_holds_without_the_list(code: str) -> None:
    ended = inside(code)
    assert ended.returncode != 0
    assert LOCKED[code] in ended.stderr
    assert "done" not in ended.stdout


DENIED = (
    "os.fork()",
    "socket.socket()",
    "open('/etc/passwd')",
    "open('left-behind', 'w')",
    "os.execv('/bin/true', ['true'])",
    "os.kill(os.getppid(), 0)",
    "os.setsid()",
    "os.setpgid(0, 0)",
    "os.pipe()",
    "os.dup(1)",
    "os.chdir('/')",
    "os.listdir('/')",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "_thread.start_new_thread(print, ())",
)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in seccomp.CALLS,
    reason="only Linux on x86-64 or arm64 has the filter of system calls",
)
@pytest.mark.parametrize("code", DENIED)
def test_the_system_refuses_even_where_python_does_not(code: str) -> None:
    every = "type('Every', (), {'__iter__': lambda s: iter(()), '__contains__': lambda s, e: 1})"
    open_hook = f"lock.__dict__.__setitem__('frozenset', lambda events: {every}()) or lock.lock(1)"
    ended = inside(code, open_hook)
    assert ended.stdout == "True\n"
    assert "PermissionError" in ended.stderr or "can't start new thread" in ended.stderr


def test_a_lock_cannot_be_undone() -> None:
    raised = inside("import resource; resource.setrlimit(resource.RLIMIT_CPU, (9, 9))")
    assert raised.returncode != 0


@pytest.mark.parametrize("machine", seccomp.CALLS)
def test_the_filter_allows_what_is_listed_and_nothing_else(machine: str) -> None:
    code = seccomp.program(machine)
    architecture, others = seccomp.ARCHITECTURES[machine], set(range(500)) | {2**30, 2**32 - 1}
    listed = set(seccomp.CALLS[machine].values())
    allowed = {call for call in others if _decide(code, call, architecture) == seccomp.ALLOW}
    assert allowed == listed
    assert {_decide(code, call, architecture) for call in others - listed} == {seccomp.FAIL}
    assert {_decide(code, call, architecture ^ 1) for call in others} == {seccomp.KILL}


def _decide(code: bytes, call: int, architecture: int) -> int:
    """What the kernel's machine would do with a call."""
    loaded = at = 0
    while True:
        operation, yes, no, value = struct.unpack("=HBBI", code[8 * at : 8 * at + 8])
        if operation == seccomp.RETURN:
            return int(value)
        if operation == seccomp.LOAD:
            loaded = {seccomp.NUMBER: call, seccomp.ARCHITECTURE: architecture}[value]
            at += 1
        else:
            assert operation == seccomp.JUMP_IF_EQUAL
            at += 1 + (yes if loaded == value else no)


def test_processor_time_is_bounded() -> None:
    assert inside("while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_a_child_keeps_of_the_environment_the_seed_of_its_hashes_and_has_an_empty_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET", "x")
    look = "import json, os; print(json.dumps([sorted(os.environ), os.listdir('.')]))"
    said, _ = child._speak((*child.COMMAND[:-1], look), b"", str(tmp_path), 20)
    environment, files = json.loads(said)
    assert set(environment) <= {"PYTHONHASHSEED", "LC_CTYPE"}  # Python itself may set the latter
    assert files == []


def test_a_set_of_texts_has_one_order_in_every_run() -> None:
    said = [sandbox.run(SIZE, ["list({'ant', 'bee', 'cat', 'dog'})"], [[[]]]) for _ in range(3)]
    assert said[0] == said[1] == said[2]


def test_a_child_that_hangs_is_killed_with_its_children() -> None:
    hang = "import os, time\nif child := os.fork(): print(child, flush=True)\ntime.sleep(600)"
    said, _ = child._speak((*child.COMMAND[:-1], hang), b"", "/", 2.0)
    assert _ends(int(said))


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


def test_a_sandbox_that_does_not_start_is_an_error_and_not_a_wrong_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = "raise OSError('no limits here')"
    monkeypatch.setattr(child, "COMMAND", (*child.COMMAND[:-1], broken))
    with pytest.raises(InputError, match=r"does not start here.*OSError: no limits here"):
        sandbox.run(SIZE, ["len(xs)"], INPUTS)


@pytest.mark.parametrize("said", ["", "nonsense", "[", "[1, 2]", '["3"]', '{"a": 1}', "null"])
def test_a_report_that_makes_no_sense_is_a_failure(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "converse", lambda *_: said.splitlines())
    assert sandbox.run(SIZE, ["len(xs)"], INPUTS) == {"len(xs)": (None, None)}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_names_and_domains_suit_the_sandbox(program: Program) -> None:
    assert program.name.isidentifier()
    assert all(name.isidentifier() for name in program.domains)
    assert len(program.weak) == len(program.domains)
