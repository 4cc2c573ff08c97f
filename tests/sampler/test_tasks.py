"""The task set is the same for a seed, and its own answers are right."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.graders import GRADERS, grade
from apportion.data.sampler.graders.expression import behaviours, read
from apportion.data.sampler.solution import Grade
from apportion.data.sampler.tasks import generated, load
from apportion.data.sampler.tasks.generated import digest, problems
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.tasks.programs import DOMAINS, PROGRAMS, Program

TASKS = problems(0)
COUNTED = [task for task in TASKS if task.program is None]
STEPPED = [task for task in TASKS if task.step]
CLOSING = {"sort": "]", "word": "."}
OPENING = {"word": " So the answer is ", "sort": ""}


def completion(task: Problem) -> str:
    """What a model that knows the answer would write."""
    return f"{OPENING.get(task.family or '', ' ')}{task.gold}{CLOSING.get(task.family or '', '')}"


def test_a_seed_makes_one_task_set() -> None:
    assert problems(0) == TASKS
    assert digest(problems(0)) == digest(TASKS)
    assert digest(problems(1)) != digest(TASKS)


@pytest.mark.parametrize("seed", range(20))
def test_names_and_prompts_are_distinct(seed: int) -> None:
    made = problems(seed)
    assert len({task.name for task in made}) == len(made)
    assert len({task.prompt for task in made}) == len(made)


def test_another_seed_makes_fresh_problems_of_the_same_kinds_but_for_the_programs() -> None:
    other = {task.name: task for task in problems(1)}
    assert other.keys() == {task.name for task in TASKS}
    same = {task.name for task in TASKS if other[task.name].prompt == task.prompt}
    assert {task.name for task in TASKS if task.program} <= same
    # One-digit sums and the like may meet by chance.
    assert len([name for name in same if not name.startswith("code-")]) <= 3
    assert all(other[task.name].level == task.level for task in TASKS)


def test_a_kind_moves_no_other_kind() -> None:
    fewer = problems(0, generated.KINDS[3:6])
    names = {task.name: task for task in TASKS}
    assert all(names[task.name] == task for task in fewer)


def test_there_are_enough_problems_of_every_level() -> None:
    levels = Counter(task.level for task in TASKS)
    assert len(TASKS) >= 106
    assert set(levels) == {"easy", "medium", "hard"}
    assert min(levels.values()) >= 28


def test_a_level_depends_on_nothing_but_family_and_size() -> None:
    levels = {(kind.family, kind.size): kind.level for kind in generated.KINDS}
    assert len(levels) == len(generated.KINDS)
    assert all(levels[_kind(task)] == task.level for task in COUNTED)


def _kind(task: Problem) -> tuple[str, int]:
    family, size, _ = task.name.split("-")
    return family, int(size)


@pytest.mark.parametrize("task", COUNTED, ids=lambda task: task.name)
def test_the_right_answer_is_read_and_right_and_a_wrong_one_is_wrong(task: Problem) -> None:
    assert task.gold is not None
    wrong = replace(task, gold=task.gold[:-1] + str((int(task.gold[-1]) + 1) % 10))
    right, other, none = grade(task, [completion(task), completion(wrong), ""])
    assert right == Grade(task.gold, True)
    assert other == Grade(wrong.gold, False)
    assert none == Grade(None, False)


@pytest.mark.parametrize("task", STEPPED, ids=lambda task: task.name)
def test_a_right_solution_falls_into_the_right_steps(task: Problem) -> None:
    assert task.step is not None
    joined = f"{task.step} ".replace("  ", " ").join(task.steps)
    lead = "" if task.family == "sort" else " "
    assert grade(task, [lead + joined]) == [Grade(task.gold, True)]
    assert tuple(part.strip() for part in (lead + joined).split(task.step)) == task.steps
    assert {task.family for task in STEPPED} == {"sort", "sums", "word"}


def test_an_answer_fits_into_its_tokens_and_ends_with_its_line() -> None:
    assert all(task.stop == ("\n",) for task in TASKS)
    assert all(task.grader in GRADERS for task in TASKS)
    # The tokenizer takes a digit, a sign or a space at a time where numbers stand.
    pure = [task for task in COUNTED if task.family != "word"]
    assert all(len(completion(task).replace(" = ", "= ")) <= 1.6 * task.max_tokens for task in pure)


@pytest.mark.parametrize(
    "task", [task for task in TASKS if task.program], ids=lambda task: task.name
)
def test_a_reference_passes_its_tests_on_every_input(task: Problem) -> None:
    assert task.program is not None
    assert task.gold is not None
    seen = behaviours(task.program, [])
    mine = seen[task.gold]
    assert None not in (*mine.weak, *mine.probes, *mine.strong)
    assert len(mine.strong) >= 40
    # A constant would pass if the strong test's outcomes were all alike.
    assert len(set(mine.strong)) > 1


IMPOSTORS = {
    "is_palindrome": "s[0] == s[-1]",
    "clamp": "x",
    "last": "max(xs)",
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_the_weak_test_lets_an_impostor_pass_and_the_grader_does_not(name: str) -> None:
    task = next(task for task in TASKS if task.name == f"code-{name}")
    assert task.program is not None
    assert task.gold is not None
    seen = behaviours(task.program, [IMPOSTORS[name]])
    assert seen[IMPOSTORS[name]].weak == seen[task.gold].weak
    graded = grade(task, [f" {IMPOSTORS[name]}", f" {task.gold}  # right", " )", " nothing"])
    assert graded == [
        Grade(IMPOSTORS[name], False),
        Grade(read(task.gold), True),
        Grade(None, False),
        Grade("nothing", False),
    ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_random_inputs_depend_on_the_stream_alone(program: Program) -> None:
    once, twice = (program.inputs(5, random.Random("x")) for _ in range(2))
    assert once == twice
    assert set(program.domains.values()) <= set(DOMAINS)


def test_the_bundled_set_and_parts_of_it_are_loaded_by_name() -> None:
    assert load("bundled", 0) == TASKS
    assert load("bundled", 7) == problems(7)
    assert {task.family for task in load("bundled:add,sums", 0)} == {"add", "sums"}
    assert load("bundled:easy", 0) == [task for task in TASKS if task.level == "easy"]
    both = load("bundled:easy,code,medium", 0)
    assert {(task.family, task.level) for task in both} == {("code", "easy"), ("code", "medium")}


@pytest.mark.parametrize("source", ["bundled:ad", "bundled:", "bundled:add,", "bundled:add easy"])
def test_an_unknown_part_is_refused_with_the_known_ones(source: str) -> None:
    with pytest.raises(InputError, match=r"no bundled family or level .*add, mul, .*easy"):
        load(source, 0)


def test_more_problems_of_a_kind_leave_the_first_as_they_are() -> None:
    few = {task.name: task for task in load("bundled:add,sort", 3)}
    many = {task.name: task for task in load("bundled*3:add,sort", 3)}
    assert len(many) == 3 * len(few)
    assert {name: many[name] for name in few} == few
    assert len({task.prompt for task in load("bundled*4:add,sub,mul,max,sort,sums,word", 0)}) == 284
    for wrong in ("bundled*", "bundled*0", "bundled*5", "bundled*x:add"):
        with pytest.raises(InputError, match="whole number of 1 to 4"):
            load(wrong, 0)
