"""Searches with the real model: width 1 is plain sampling, and logs say what happened."""

import json

import pytest

pytest.importorskip(
    "torch", reason="the sampler's engine needs torch: pip install apportion[local]"
)
pytest.importorskip("transformers", reason="the engine needs transformers")

from apportion.data.sampler.engines import embedded
from apportion.data.sampler.engines.engine import STEP, Draw, Request
from apportion.data.sampler.search import SEARCHES, parse
from apportion.data.sampler.search.replay import replay
from apportion.data.sampler.search.scorers import PartialCredit
from apportion.data.sampler.streams import base_seed
from apportion.data.sampler.tasks import generated
from apportion.data.sampler.tasks.problem import Problem

pytestmark = pytest.mark.model
STEPPED = [task for task in generated.problems(0) if task.step]
FAMILIES = sorted({str(task.family) for task in STEPPED})
FIRST = [next(task for task in STEPPED if task.family == family) for family in FAMILIES]


def plain(engine: embedded.Embedded, task: Problem, seed: int) -> Draw:
    """The sample of a seed as it is drawn without any search."""
    asked = Request(task.prompt, seed, 0.8, task.max_tokens, task.stop, chat=task.chat)
    return engine.propose([asked])[0]


def same(found: Draw, expected: Draw) -> None:
    assert found.tokens == expected.tokens
    assert found.text == expected.text
    assert found.finish == expected.finish
    assert found.prompt_tokens == expected.prompt_tokens
    assert found.output_tokens == expected.output_tokens
    assert found.logprobs == pytest.approx(expected.logprobs, abs=1e-3)


def test_bundled_tasks_have_steps() -> None:
    assert FAMILIES


@pytest.mark.parametrize("task", FIRST, ids=lambda task: task.family)
def test_one_particle_draws_the_sample_of_plain_sampling(
    engine: embedded.Embedded, task: Problem
) -> None:
    base = base_seed(0, "solve", task.name)
    outcome = parse("particle-filter:1").run(engine, PartialCredit(), task, base)
    same(outcome.draw, plain(engine, task, base))
    assert len(outcome.tree.nodes) > 1


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_of_width_one_draw_the_sample_of_plain_sampling(
    engine: embedded.Embedded, name: str
) -> None:
    task = FIRST[0]
    base = base_seed(1, "solve", task.name)
    outcome = parse(f"{name}:1").run(engine, PartialCredit(), task, base)
    same(outcome.draw, plain(engine, task, base))


@pytest.mark.parametrize("task", FIRST, ids=lambda task: task.family)
def test_particles_end_steps_where_steps_end_and_follow_from_their_log(
    engine: embedded.Embedded, task: Problem
) -> None:
    wide = parse("particle-filter:3").run(engine, PartialCredit(), task, 3)
    for node in wide.tree.nodes:
        if node.step.finish == STEP:
            assert node.step.text.endswith(str(task.step))
    log = json.loads(json.dumps(wide.log()))
    found = replay(log)
    assert found.log() == log
    assert found.draw == wide.draw
