"""A user's file of tasks is read whole or refused with one line that says where and why."""

import json
from pathlib import Path

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.graders import GRADERS
from apportion.data.sampler.tasks import files, load
from apportion.data.sampler.tasks.files import read_tasks
from apportion.data.sampler.tasks.problem import Problem

ONE = {"prompt": "2 + 2 =", "gold": "4"}


def written(tmp_path: Path, *rows: object, raw: bytes = b"") -> Path:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(raw or "".join(json.dumps(row) + "\n" for row in rows).encode())
    return path


def test_the_least_that_is_needed_is_a_prompt_and_a_gold_answer(tmp_path: Path) -> None:
    assert read_tasks(written(tmp_path, ONE)) == [Problem("1", "2 + 2 =", "4", "exact")]


def test_all_that_can_be_said_is_read(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "prompt": "?",
        "gold": 1.5,
        "grader": "numeric",
        "level": 3,
        "benchmark": "own",
        "max_tokens": 9,
        "stop": "\n",
        "step": ". ",
        "steps": ["a", "b"],
        "chat": True,
    }
    wanted = Problem(
        "7", "?", "1.5", "numeric", "3", "own", None, 9, ("\n",), ". ", ("a", "b"), True
    )
    assert read_tasks(written(tmp_path, row)) == [wanted]


def test_tests_make_the_grader(tmp_path: Path) -> None:
    row = {"name": "f", "prompt": "def f():", "tests": "assert f()", "weak_tests": ["f()", "1"]}
    (problem,) = read_tasks(written(tmp_path, row))
    assert (problem.grader, problem.gold) == ("tests", None)
    assert (problem.tests, problem.weak_tests) == (("assert f()",), ("f()", "1"))
    several = {"prompt": "?", "tests": ["a = 1", "assert a"], "stop": ["\n\n", "def"]}
    (problem,) = read_tasks(written(tmp_path, several))
    assert problem.tests == ("a = 1", "assert a")
    assert problem.stop == ("\n\n", "def")


def test_a_null_is_as_good_as_nothing(tmp_path: Path) -> None:
    assert read_tasks(written(tmp_path, {**ONE, "level": None, "tests": None}))[0].level is None


def test_marks_line_ends_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    raw = b'\xef\xbb\xbf{"prompt": "a", "gold": "\xc3\xa9"}\r\n\r\n  \n{"prompt": "b", "gold": 1}'
    first, second = read_tasks(written(tmp_path, raw=raw))
    assert (first.name, first.gold) == ("1", "é")
    assert (second.name, second.gold) == ("4", "1")


def test_a_path_is_loaded_whatever_the_seed(tmp_path: Path) -> None:
    path = written(tmp_path, ONE)
    assert load(str(path), 0) == load(str(path), 1) == read_tasks(path)


def test_the_graders_a_user_may_name_are_graders() -> None:
    assert set(files.GRADERS) <= set(GRADERS)


BAD: dict[str, tuple[object, str]] = {
    "no object": ([1], r"must be one JSON object; got \[1\]"),
    "no prompt": ({"gold": "4"}, "a problem needs a `prompt`; got none"),
    "an empty prompt": ({**ONE, "prompt": ""}, "`prompt` must be a text that is not empty; got ''"),
    "a prompt of another kind": ({**ONE, "prompt": 1}, "`prompt` must be a text"),
    "nothing to grade by": ({"prompt": "?"}, "the grader 'exact' needs `gold`; got none"),
    "no tests": ({**ONE, "grader": "tests"}, "the grader 'tests' needs `tests`; got none"),
    "no gold": (
        {"prompt": "?", "tests": "1", "grader": "exact"},
        "the grader 'exact' needs `gold`; got none",
    ),
    "an unknown key": (
        {**ONE, "promt": "?"},
        r"no key 'promt' \(prompt, .*\); did you mean 'prompt'\?",
    ),
    "an unknown grader": (
        {**ONE, "grader": "numerc"},
        "`grader` must be one of exact, .*; did you mean 'numeric'.*got 'numerc'",
    ),
    "a grader of ours": ({**ONE, "grader": "expression"}, "`grader` must be one of"),
    "two names": ({**ONE, "id": "a", "name": "b"}, "a problem has one name; got 'b' and 'a'"),
    "a name of another kind": ({**ONE, "id": ["a"]}, r"`id` must be a text .*; got \['a'\]"),
    "a gold of another kind": ({**ONE, "gold": True}, "`gold` must be a text .* got True"),
    "a gold that is no number": (
        {**ONE, "gold": "four", "grader": "numeric"},
        "a `gold` of the grader 'numeric' must be a number; got 'four'",
    ),
    "a gold that is no letter": (
        {**ONE, "gold": "4", "grader": "choice"},
        "must be a letter from A to J; got '4'",
    ),
    "no tokens": ({**ONE, "max_tokens": 0}, "`max_tokens` must be a whole number from 1 to .* 0"),
    "half a token": ({**ONE, "max_tokens": 1.5}, "`max_tokens` must be a whole number"),
    "true tokens": ({**ONE, "max_tokens": True}, "`max_tokens` must be a whole number"),
    "an empty stop": ({**ONE, "stop": ""}, "`stop` must be a text, or a list of texts"),
    "an empty stop in a list": ({**ONE, "stop": ["a", ""]}, "`stop` must be a text, or a list"),
    "a stop of another kind": ({**ONE, "stop": [1]}, "`stop` must be a text, or a list"),
    "steps without a step": ({**ONE, "steps": ["a"]}, "`steps` need the text that ends a `step`"),
    "a chat of another kind": ({**ONE, "chat": "yes"}, "`chat` must be true or false; got 'yes'"),
    "tests that are no Python": (
        {"prompt": "?", "tests": ["assert f("]},
        r"`tests` must be Python statements \(.*\); got \['assert f\('\]",
    ),
    "weak tests that are no Python": ({**ONE, "weak_tests": ")"}, "`weak_tests` must be Python"),
    "a name that breaks the line": ({**ONE, "x\ny\u2028": 1}, r"no key 'x\\ny\\u2028'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_flaw_is_told_with_file_line_rule_and_value(name: str, tmp_path: Path) -> None:
    row, rule = BAD[name]
    with pytest.raises(InputError, match=rule) as caught:
        read_tasks(written(tmp_path, ONE, row))
    message = str(caught.value)
    assert message.startswith(f"{str(tmp_path / 'tasks.jsonl')!r}, line 2: ")
    assert len(message.splitlines()) == 1
    assert message.isascii()


RAW = {
    "half an object": (b'{"prompt": "a"', "line 1: must be one JSON object"),
    "a key twice": (b'{"prompt": "a", "gold": "b", "gold": "c"}', "'gold' twice"),
    "other letters": (b'{"prompt": "\xff"}', "line 1: must be UTF-8"),
    "a deep line": (b"[" * 100_000, "line 1: must be one JSON object"),
    "nothing": (b"\n\n", "at least one problem; got none"),
    "a name twice": (
        b'{"prompt": "a", "gold": 1, "id": "x"}\n\n{"prompt": "b", "gold": 1, "id": "x"}',
        "line 3: a name must be its own; 'x' is that of line 1 too",
    ),
    "a name that is a line's number": (
        b'{"prompt": "a", "gold": 1, "id": 2}\n{"prompt": "b", "gold": 1}',
        "line 2: a name must be its own; '2' is that of line 1 too",
    ),
}


@pytest.mark.parametrize("name", RAW)
def test_a_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    raw, rule = RAW[name]
    with pytest.raises(InputError, match=rule):
        read_tasks(written(tmp_path, raw=raw))


def test_a_file_that_is_not_there_or_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="cannot be read; No such file"):
        read_tasks(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="cannot be read; Is a directory"):
        read_tasks(tmp_path)
    path = written(tmp_path, ONE, {**ONE, "prompt": "x" * 100})
    monkeypatch.setattr(files, "LONGEST_LINE", 99)
    with pytest.raises(InputError, match="line 2: a line holds at most 99 bytes"):
        read_tasks(path)
    monkeypatch.setattr(files, "LARGEST_FILE", 100)
    with pytest.raises(InputError, match="at most 100 bytes; got 1"):
        read_tasks(path)
