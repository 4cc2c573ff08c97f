"""With the real model: verdicts that can be resumed, and words that follow their log-odds."""

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("torch", reason="the engine needs torch: pip install apportion[local]")
pytest.importorskip("transformers", reason="the engine needs transformers")

from apportion.data.sampler.engines.engine import Engine, Request
from apportion.data.sampler.graders import grade
from apportion.data.sampler.solution import Solution
from apportion.data.sampler.tasks.generated import problems
from apportion.data.sampler.verifiers import parse
from apportion.data.sampler.verifiers.generative import Generative
from apportion.data.sampler.verifiers.yesno import YesNo

pytestmark = pytest.mark.model
NAMES = ("max-3-0", "sort-2-0", "code-total")
TASKS = [task for task in problems(0) if task.name in NAMES]


@pytest.fixture(scope="module")
def solutions(engine: Engine) -> list[Solution]:
    return list(_solved(engine))


def _solved(engine: Engine) -> Iterator[Solution]:
    """Three solutions of each task, as a run would draw them."""
    for task in TASKS:
        asked = [Request(task.prompt, at, 0.8, task.max_tokens, task.stop) for at in range(3)]
        drawn = engine.propose(asked)
        grades = grade(task, [draw.text for draw in drawn])
        for at, (draw, read) in enumerate(zip(drawn, grades, strict=True)):
            mean = sum(draw.logprobs) / len(draw.logprobs)
            yield Solution(task, at, draw.text, read.answer, mean)


@pytest.mark.parametrize("text", ["resolve:4", "generative:4"])
def test_a_resumed_run_hears_the_same_verdicts(
    engine: Engine, solutions: list[Solution], text: str
) -> None:
    verifier = parse(text)
    whole = verifier.judge(engine, solutions, 0)
    assert verifier.judge(engine, solutions[4:], 0) == whole[4:]
    assert {len(verdicts) for verdicts in whole} == {verifier.repeats}
    said = [verdict for verdicts in whole for verdict in verdicts]
    assert all(verdict.tokens > 0 for verdict in said)
    assert {verdict.accepts for verdict in said} >= {True, False}


def test_sampled_words_follow_the_log_odds(engine: Engine, solutions: list[Solution]) -> None:
    """At temperature 1 the share of Yes among the verdicts is what the log-odds say."""
    count = 200
    for solution in solutions[::3]:
        [[one]] = YesNo().judge(engine, [solution], 0)
        assert one.score is not None
        assert one.accepts == (one.score > 0)
        expected = 1 / (1 + math.exp(-one.score))
        [many] = Generative(count, temperature=1.0).judge(engine, [solution], 0)
        said = [verdict.accepts for verdict in many if verdict.accepts is not None]
        assert len(said) > count / 2
        error = (expected * (1 - expected) / len(said)) ** 0.5
        assert abs(sum(said) / len(said) - expected) < 4.5 * error


def test_a_chat_format_speaks_the_model_s_own_template(
    engine: Engine, solutions: list[Solution]
) -> None:
    judged = YesNo("chat").judge(engine, solutions, 0)
    assert all(math.isfinite(verdicts[0].score or math.nan) for verdicts in judged)
    said = parse("generative:4:format=chat").judge(engine, solutions, 0)
    read = [verdict.accepts for verdicts in said for verdict in verdicts]
    assert sum(accepts is not None for accepts in read) > len(read) / 2
