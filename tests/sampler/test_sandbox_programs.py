"""A whole program passes its tests by giving right values, and in no other way."""

import json
import os
import time
from collections.abc import Callable

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.sandbox import child, ground, programs
from apportion.data.sampler.sandbox.programs import Trial, failures

ADD = "def add(a, b):\n    return a + b\n"
RIGHT = ("assert add(2, 2) == 4", "assert add(-1, 1) == 0")
WRONG = ("assert add(2, 2) == 5",)

GOOD: dict[str, Trial] = {
    "a function": (ADD, RIGHT),
    "a test that defines its own function": (
        ADD,
        ("def check(candidate):\n    assert candidate(1, 2) == 3", "check(add)"),
    ),
    "a list that is changed in place": (
        "def mess(xs, d):\n    xs.sort()\n    xs[0].append(9)\n    d['n'] = {1}",
        ("xs, d = [[2], [1]], {}\nmess(xs, d)\nassert xs == [[1, 9], [2]] and d == {'n': {1}}",),
    ),
    "a class": (
        "class Stack:\n"
        "    def __init__(self): self.items = []\n"
        "    def push(self, x): self.items.append(x)\n"
        "    def __len__(self): return len(self.items)\n"
        "    def __iter__(self): return iter(self.items)\n"
        "class Tall(Stack): pass",
        (
            "s = Stack()\ns.push(3)\nassert len(s) == 1 and s.items == [3] and 3 in s",
            "assert isinstance(s, Stack) and not isinstance(3, Stack)",
            "assert issubclass(Tall, Stack) and not issubclass(int, Stack)",
            "s.items = [1]\nassert list(s) == [1]",
        ),
    ),
    "operators": (
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True, order=True)\n"
        "class V:\n"
        "    x: int\n"
        "    def __add__(self, o): return V(self.x + o.x)\n"
        "    def __mul__(self, k): return V(self.x * k)\n"
        "    __rmul__ = __mul__\n"
        "    def __matmul__(self, o): return self.x * o.x\n"
        "    def __neg__(self): return V(-self.x)\n"
        "    def __abs__(self): return abs(self.x)\n"
        "    def __getitem__(self, i): return self.x",
        (
            "assert V(1) + V(2) == V(3) != V(4) and V(1) < V(2) >= V(1)",
            "assert 2 * V(3) == V(3) * 2 == V(6) and (V(3) * 2).x == 6",
            "assert V(2) @ V(3) == 6 and abs(V(-3)) == 3 and -V(1) == V(-1) and V(7)[0] == 7",
            "assert {V(1): 'a'}[V(1)] == 'a' and len({V(1), V(1)}) == 1",
            "assert str(V(1)) == repr(V(1)) == 'V(x=1)' == f'{V(1)}'",
        ),
    ),
    "a generator": (
        "def count():\n    n = 0\n    while True:\n        yield n\n        n += 1",
        ("from itertools import islice", "assert list(islice(count(), 3)) == [0, 1, 2]"),
    ),
    "a function given a function": (
        "def twice(f, x): return f(f(x))",
        ("assert twice(lambda x: 3 * x, 2) == 18", "assert twice(len, ['a']) if 0 else True"),
    ),
    "an object of the tests": (
        "def walk(node):\n    while node: yield node.value; node = node.next",
        (
            "class Node:\n    def __init__(self, value, next=None):\n"
            "        self.value, self.next = value, next",
            "assert list(walk(Node(1, Node(2)))) == [1, 2]",
        ),
    ),
    "exceptions": (
        "class Short(ValueError): pass\n"
        "def pay(x):\n    if x > 9: raise Short('only 9')\n    return {}[x]",
        (
            "try: pay(10)\nexcept Short as e: assert str(e) == 'only 9'\nelse: assert False",
            "try: pay(10)\nexcept ValueError: pass\nelse: assert False",
            "try: pay(1)\nexcept KeyError as e: assert e.args == (1,)\nelse: assert False",
        ),
    ),
    "all kinds of values": (
        "from collections import Counter, deque, namedtuple\n"
        "from datetime import date, datetime, timedelta\n"
        "from decimal import Decimal\nfrom enum import IntEnum\nfrom fractions import Fraction\n"
        "P = namedtuple('P', 'x y')\nclass C(IntEnum): RED = 1\n"
        "def same(x): return x\ndef point(): return P(1, 2)\ndef red(): return C.RED\n"
        "def tally(s): return Counter(s)\nclass L(list): pass\ndef listed(): return L([1])",
        (
            "from datetime import date, datetime, timedelta",
            "values = [None, True, 10**5000, -1, 1e-320, float('inf'), 2j, 'é\\ud800', b'\\0', "
            "[(1,), {2}, frozenset([3])], {(1, 2): [None]}, range(9, 1, -2), slice(1, None), "
            "date(2024, 2, 29), datetime(2024, 2, 29, 1, 2, 3, 4), timedelta(-1, 2, 3), "
            "bytearray(b'x'), int, ValueError]",
            "for v in values: assert same(v) == v and type(same(v)) is type(v), v",
            "from fractions import Fraction\nassert same(Fraction(1, 3)) == Fraction(1, 3)",
            "from decimal import Decimal\nassert same(Decimal('1.50')) == Decimal('1.5')",
            "assert same(float('nan')) != same(float('nan'))",
            "assert point() == (1, 2) and point().y == 2 and red() == 1 and listed() == [1]",
            "assert tally('aab') == {'a': 2, 'b': 1}",
        ),
    ),
    "the library": (
        "import math, re, heapq, sys\nfrom typing import List\n"
        "def root(xs: List[float]) -> float: return math.sqrt(sum(xs))",
        ("assert math.isclose(root([4.0]), 2.0)", "import datetime as d\nassert d.date(1, 1, 1)"),
    ),
    "a main guard, and much to say": (
        "import sys\n" + ADD + "if __name__ == '__main__': raise SystemExit\n"
        "print('x' * 10**6, file=sys.stderr)\nfor _ in range(10**4): print('passed', flush=True)",
        RIGHT,
    ),
    "randomness, the same in every run": (
        "import random\ndef draw(): return random.random()",
        ("assert draw() == 0.8444218515250481",),
    ),
}

# Each fails although its author did what could be done to pass.
CHEATS: dict[str, Trial] = {
    "leaves early": ("import sys\nsys.exit(0)", WRONG),
    "leaves in the middle": ("import sys\ndef add(a, b): sys.exit(0)", WRONG),
    "leaves for good": ("import random\ndef add(a, b): random._os._exit(0)", WRONG),
    "leaves at the end": ("import atexit\n" + ADD, WRONG),
    "prints a verdict": (ADD + "print('\"\"', flush=True)", WRONG),
    "writes a verdict to every end": (
        ADD + "import random\nfor end in range(64):\n"
        "    try: random._os.write(end, b'\"\"\\n')\n    except OSError: pass",
        WRONG,
    ),
    "says that it gave what it was asked for": (
        ADD + "import random\nfor end in range(3, 64):\n    try:\n"
        '        random._os.write(end, b\'["gave", ["tuple", ["dict"], ["dict"]], []]\\n\')\n'
        "    except OSError: pass",
        WRONG,
    ),
    "equals everything": (
        "class Any:\n    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda s, o: True\n"
        "    __hash__ = lambda s: 5\n    __contains__ = lambda s, o: True\n"
        "def add(a, b): return Any()",
        WRONG,
    ),
    "equals everything from the right": (
        "class Any(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\n"
        "def add(a, b): return Any()",
        ("assert 5 == add(2, 2)",),
    ),
    "equals everything within a list": (
        "class Any:\n    __eq__ = lambda s, o: True\ndef add(a, b): return [Any()]",
        ("assert add(2, 2) == [5]",),
    ),
    "holds everything": (
        "class Any:\n    __contains__ = lambda s, o: True\n    __iter__ = lambda s: iter(())\n"
        "def add(a, b): return Any()",
        ("assert 5 in add(2, 2)",),
    ),
    "is near everything": (
        "class Any:\n    __sub__ = __rsub__ = lambda s, o: 0.0\n    __abs__ = lambda s: 0.0\n"
        "    __lt__ = lambda s, o: True\ndef add(a, b): return Any()",
        ("assert abs(add(2, 2) - 5) < 1e-6",),
    ),
    "is near everything in two steps": (
        "class Any:\n    __sub__ = __rsub__ = lambda s, o: s\n    __abs__ = lambda s: 0.0\n"
        "def add(a, b): return Any()",
        ("assert abs(add(2, 2) - 5) < 1e-6",),
    ),
    "tells back what it was told": (
        "class Any:\n    def __truediv__(s, o): s.o = o; return s\n"
        "    def __float__(s): return 1.0\ndef add(a, b): return Any()",
        ("assert float(add(2, 2) / 5) == 1",),
    ),
    "redefines what its tests use": (
        ADD + "def abs(x): return 0",
        ("assert abs(add(2, 2) - 5) < 1e-6",),
    ),
    "redefines the built-in functions": (
        ADD + "import builtins, sys\nbuiltins.abs = lambda x: 0\n"
        "for m in list(sys.modules.values()):\n"
        "    try: m.abs = builtins.abs\n    except Exception: pass",
        ("assert abs(add(2, 2) - 5) < 1e-6",),
    ),
    "redefines the library": (
        ADD + "import math\nmath.isclose = lambda *a, **k: True\ndef isclose(*a): return True",
        ("import math", "assert math.isclose(add(2, 2), 5)"),
    ),
    "brings a library of its own": (
        ADD + "import math, sys\nmath.isclose = lambda *a, **k: True",
        ("assert math.isclose(add(2, 2), 5)",),
    ),
    "patches the tests' side": (
        ADD + "import sys\nfor m in list(sys.modules.values()):\n    for n in list(vars(m)):\n"
        "        if n in ('_judge', '_defined', '_refuse_redefined', 'hold', 'trial'):\n"
        "            setattr(m, n, lambda *a, **k: '')",
        WRONG,
    ),
    "looks for the tests in the frames": (
        "import sys\ndef seen():\n    f, found = sys._getframe(), []\n    while f:\n"
        "        found += [repr(f.f_locals), repr(f.f_globals)]; f = f.f_back\n"
        "    return ''.join(found)\n"
        "def add(a, b): return int('27' + '1828') if '27' + '1828' in seen() else 0",
        ("assert add(2, 2) == 271828",),
    ),
    "looks for the tests in a callback": (
        "def add(f):\n    try: return int('27' + '1828') if '271' in repr(f.__globals__) else 0\n"
        "    except Exception: return 1",
        ("want = 271828\nassert add(lambda: 0) == want",),
    ),
    "looks for the tests in a generator": (
        "def add(g):\n    try: return g.gi_frame.f_globals['want']\n    except Exception: return 1",
        ("want = 271828\nassert add(x for x in [1]) == want",),
    ),
    "spells out a callback": (
        "def add(f):\n    try: return int('{0.__globals__[want]}'.format(f))\n"
        "    except Exception: return 1",
        ("want = 271828\nassert add(lambda: 0) == want",),
    ),
    "stops the loop of the tests": (
        "def add(a, b): raise StopIteration",
        ("assert all(map(lambda c: add(*c) == 5, [(2, 2)]))",),
    ),
    "ends while it is awaited": (
        "def add(a, b): raise SystemExit(0)",
        ("try: x = add(2, 2)\nexcept Exception: x = 5\nassert x == 5",),
    ),
    "defines dunder names": (
        ADD + "__builtins__ = {'abs': lambda x: 0}\n__import__ = None\n__debug__x = 1",
        ("assert abs(add(2, 2) - 5) < 1e-6",),
    ),
    "comes back in its last moment": (
        "class Late:\n    def __del__(self): print('\"\"', flush=True)\n"
        "late = Late()\ndef add(a, b): global late; del late; return 4",
        WRONG,
    ),
    "is asleep": ("import time\ntime.sleep(10**6)\n" + ADD, RIGHT),
    "never ends": ("while True: pass", RIGHT),
    "never ends its yielding": (
        "def add(a, b):\n    while True: yield 5",
        ("assert list(add(2, 2)) == [5]",),
    ),
    "takes all memory": ("x = []\nwhile True: x.append(' ' * 10**7)", RIGHT),
    "gives too much": ("def add(a, b): return 'x' * 10**8", RIGHT),
    "digs too deep": ("def add(a, b): return add(a, b)", RIGHT),
    "digs deeper than the stack": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef add(a, b): return [add(a, b)]",
        RIGHT,
    ),
    "nests too deep": (
        "def add(a, b):\n    x = []\n    for _ in range(10**5): x = [x]\n    return x",
        RIGHT,
    ),
    "crashes": ("def add(a, b): return eval('1' + '+1' * 10**6)", RIGHT),
    "is not Python": ("def add(a, b) return", RIGHT),
    "holds a null": ("x = '\0'", RIGHT),
    "is nothing": ("", RIGHT),
    "imports what is not there": ("import numpy\n" + ADD, RIGHT),
    "imports what is not allowed": ("import os\n" + ADD, RIGHT),
}

# What each finds out, it would tell; the lock must have refused all of them.
REACHES = {
    "a fork": "random._os.fork()",
    "a process": "random._os.system('true') == 0 and 1",
    "a program": "random._os.execv('/bin/true', ['true'])",
    "a file": "open('/etc/passwd').read()",
    "a file by number": "random._os.open('/etc/passwd', 0)",
    "a new file": "open('left-behind', 'w')",
    "a folder": "random._os.listdir('/')",
    "a socket": "__import__('_socket').socket()",
    "its parent": "random._os.kill(random._os.getppid(), 0)",
    "its group": "random._os.killpg(0, 15)",
    "a session": "random._os.setsid()",
    "a library": "sys.modules['sandbox.seccomp'].__import__('ctypes').CDLL(None)",
    "a thread": "sys.modules.get('_thread').start_new_thread(print, ())",
    "every object": "len(sys.modules['gc'].get_objects()) if 'gc' in sys.modules else 1/0",
    "more time": "sys.modules['resource'].setrlimit(0, (99, 99))",
    "its environment": "random._os.environ['PATH']",
}


# Nothing but the clock ends these, so each is held alone, on a short one, and not once more.
CLOCKED = ("is asleep", "never ends its yielding")


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """Why each program fails, all those that end by themselves in one sandbox."""
    trials = {**GOOD, **CHEATS}
    clocked = {name: trials.pop(name) for name in CLOCKED}
    said = dict(zip(trials, failures(list(trials.values())), strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "WALL_SECONDS", 1.0)
        return said | {name: failures([trial])[0] for name, trial in clocked.items()}


@pytest.mark.parametrize("name", GOOD)
def test_a_right_program_passes(name: str, found: dict[str, str]) -> None:
    assert found[name] == ""


@pytest.mark.parametrize("name", CHEATS)
def test_a_wrong_program_fails_whatever_it_does(name: str, found: dict[str, str]) -> None:
    assert found[name] != ""


def test_what_the_program_does_to_its_tests_says_why(found: dict[str, str]) -> None:
    assert found["leaves for good"] == "test 0: the program ended"
    assert found["never ends"] == "the program itself: the program ended"
    assert found["is asleep"] == ground.LATE
    assert found["redefines what its tests use"].startswith("test 0: NameError: the program redef")
    assert found["equals everything"].startswith("test 0: AssertionError")
    assert found["patches the tests' side"].startswith("test 0: AssertionError")
    assert found["looks for the tests in the frames"].startswith("test 0: AssertionError")
    assert found["imports what is not allowed"].startswith("the program itself: ImportError")


def test_nothing_outside_can_be_reached() -> None:
    head = "import random, sys\ndef reach():\n    try:\n        return "
    tail = " is None\n    except BaseException:\n        return 'refused'"
    tests = ("assert reach() == 'refused', reach()",)
    said = failures([(head + code + tail, tests) for code in REACHES.values()])
    assert dict(zip(REACHES, said, strict=True)) == dict.fromkeys(REACHES, "")


def test_nothing_is_left_behind_and_nobody_is_hurt() -> None:
    before = set(os.listdir("."))
    bomb = "import random\nwhile True:\n    try: random._os.fork()\n    except BaseException: pass"
    said = failures([(ADD, RIGHT), (bomb, ()), (ADD, RIGHT)])
    assert said == ["", "the program itself: the program ended", ""]
    assert set(os.listdir(".")) == before


def test_the_expected_values_are_not_in_the_program_s_memory_nor_on_its_command_line() -> None:
    # The clerk reads a program, starts it, and lets the other side read the tests.
    looking = (
        "import sys\ndef seen():\n    f, found = sys._getframe(), []\n    while f:\n"
        "        found.append(repr(f.f_locals)); f = f.f_back\n"
        "    return ''.join(found) + repr(sys.argv)"
    )
    frames = "assert 'program' in seen() and '31' + '4159' not in seen()"
    assert failures([(ADD, ("314159",)), (looking, (frames, "314159"))]) == ["", ""]


def replies(monkeypatch: pytest.MonkeyPatch, reply: Callable[[list[str]], list[str]]) -> list[int]:
    """Lets `reply` stand for the sandbox; it gets the programs. Returns how many it got each time.

    The first program is the one that the sandbox must pass.
    """
    asked: list[int] = []

    def converse(_script: str, _words: object, said: bytes, _seconds: float) -> list[str]:
        held: list[str] = []
        while said:
            length = int(said[:8], 16)
            held.append(said[8 : 8 + length].decode())
            said = said[8 + length :]
        asked.append(len(held) // 2 - 1)
        return [json.dumps(why) for why in reply(held[::2])]

    monkeypatch.setattr(child, "converse", converse)
    return asked


def test_a_trial_that_ran_out_of_time_is_held_once_more_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reply(held: list[str]) -> list[str]:
        return [ground.LATE if each == "b" and len(held) > 2 else "" for each in held]

    asked = replies(monkeypatch, reply)
    assert failures([("a", ()), ("b", ()), ("c", ())]) == ["", "", ""]
    assert asked == [3, 1]


def test_a_sandbox_that_ends_at_a_program_goes_on_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(held: list[str]) -> list[str]:
        return ["" for _ in held[: held.index("b")]] if "b" in held else ["" for _ in held]

    asked = replies(monkeypatch, reply)
    assert failures([("a", ()), ("b", ()), ("c", ())]) == ["", programs.DEAD, ""]
    assert asked == [3, 2, 1]


def test_a_sandbox_that_fails_a_right_program_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    replies(monkeypatch, lambda held: ["no lock\n"] * len(held))
    with pytest.raises(InputError, match=r"fails a right program here; 'no lock\\n'"):
        failures([("a", ())])


def test_many_programs_take_little_time_each() -> None:
    started = time.process_time()
    assert failures([(ADD, RIGHT)] * 20) == [""] * 20
    assert time.process_time() - started < 1.0  # this side only waits
