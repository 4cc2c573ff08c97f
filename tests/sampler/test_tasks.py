"""The task set is the same for a seed, and its own answers are right."""

import random
from collections import Counter

import pytest
from apportion.data.sampler import answers, checkers, tasks, verifiers
from apportion.data.sampler.programs import DOMAINS, PROGRAMS, Program

TASKS = tasks.problems(0)
COUNTED = [task for task in TASKS if task.program is None]
CLOSING = {"sort": "]", "word": "."}
OPENING = {"word": "So the answer is "}


def completion(task: tasks.Problem) -> str:
    """What a model that knows the answer would write."""
    return OPENING.get(task.family, " ") + task.gold + CLOSING.get(task.family, "")


def test_a_seed_makes_one_task_set() -> None:
    assert tasks.problems(0) == TASKS
    assert tasks.digest(tasks.problems(0)) == tasks.digest(TASKS)
    assert tasks.digest(tasks.problems(1)) != tasks.digest(TASKS)


@pytest.mark.parametrize("seed", range(20))
def test_names_and_prompts_are_distinct(seed: int) -> None:
    made = tasks.problems(seed)
    assert len({task.name for task in made}) == len(made)
    assert len({task.prompt for task in made}) == len(made)


def test_every_level_has_two_dozen_problems() -> None:
    assert min(Counter(task.level for task in TASKS).values()) >= 24
    assert {task.level for task in TASKS} == {"easy", "medium", "hard"}


def test_a_level_depends_on_nothing_but_family_and_size() -> None:
    levels = {(kind.family, kind.size): kind.level for kind in tasks.KINDS}
    assert len(levels) == len(tasks.KINDS)
    assert all(levels[_kind(task)] == task.level for task in COUNTED)


def _kind(task: tasks.Problem) -> tuple[str, int]:
    family, size, _ = task.name.split("-")
    return family, int(size)


@pytest.mark.parametrize("task", COUNTED, ids=lambda task: task.name)
def test_the_right_answer_is_read_and_right_and_passes_the_weak_test(task: tasks.Problem) -> None:
    answer = answers.parse(task.family, completion(task))
    assert answer == task.gold
    assert checkers.is_correct(task, answer, {})
    assert verifiers.weak_test(task, answer, {})


@pytest.mark.parametrize("task", COUNTED, ids=lambda task: task.name)
def test_a_wrong_answer_is_wrong(task: tasks.Problem) -> None:
    assert not checkers.is_correct(task, "-1", {})
    assert not checkers.is_correct(task, None, {})
    assert not verifiers.weak_test(task, None, {})


@pytest.mark.parametrize(
    "task", [task for task in TASKS if task.program], ids=lambda task: task.name
)
def test_a_reference_passes_its_tests_on_every_input(task: tasks.Problem) -> None:
    assert task.program is not None
    seen = checkers.behaviours(task.program, [])
    mine = seen[task.gold]
    assert None not in (*mine.weak, *mine.probes, *mine.strong)
    assert len(mine.strong) >= 40
    assert checkers.is_correct(task, task.gold, seen)
    assert verifiers.weak_test(task, task.gold, seen)
    # A constant would pass if the strong test's outcomes were all alike.
    assert len(set(mine.strong)) > 1


IMPOSTORS = {
    "distance": "a - b",
    "is_palindrome": "s[0] == s[-1]",
    "middle": "xs[0]",
    "ascending": "True",
    "vowels": "len(s)",
    "clamp": "x",
    "repeats": "len(xs) > 1",
    "rotated": "list(reversed(xs))",
    "last": "max(xs)",
    "alternate": "xs",
    "divides": "b > a",
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_the_weak_test_lets_an_impostor_pass_and_the_strong_test_does_not(name: str) -> None:
    task = next(task for task in TASKS if task.name == f"code-{name}")
    assert task.program is not None
    seen = checkers.behaviours(task.program, [IMPOSTORS[name]])
    assert verifiers.weak_test(task, IMPOSTORS[name], seen)
    assert not checkers.is_correct(task, IMPOSTORS[name], seen)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_random_inputs_depend_on_the_stream_alone(program: Program) -> None:
    once, twice = (program.inputs(5, random.Random("x")) for _ in range(2))
    assert once == twice
    assert set(program.domains.values()) <= set(DOMAINS)


def test_agreement_is_about_behaviour_and_silence_is_not_an_answer() -> None:
    task = next(task for task in TASKS if task.name == "code-square")
    assert task.program is not None
    seen = checkers.behaviours(task.program, ["n * n", "n ** 2", "n", "n.nothing"])
    assert verifiers.agrees(task, "n ** 2", "n * n", seen) is True
    assert verifiers.agrees(task, "n ** 2", "n", seen) is False
    assert verifiers.agrees(task, "n.nothing", "n.nothing", seen) is False
    assert verifiers.agrees(task, "n ** 2", None, seen) is None
    assert verifiers.agrees(task, None, "n", seen) is False
