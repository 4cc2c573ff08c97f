"""With the real model: streams, log-probabilities, steps, and choices."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="the engine needs torch: pip install apportion[local]")
pytest.importorskip("transformers", reason="the engine needs transformers")

from apportion.data.sampler.engines import embedded
from apportion.data.sampler.engines.engine import LENGTH, STEP, STOP, Draw, EngineError, Request

pytestmark = pytest.mark.model
PROMPTS = {
    "sum": "Compute.\n7 + 12 = 19\n34 + 25 = 59\n13 + 48 =",
    "product": "Compute.\n6 * 4 = 24\n15 * 3 = 45\n7 * 8 =",
    "story": "Q: Max has 4 pens and gets 3 more. How many pens does Max have now?\nA:",
}


def asked(prompt: str, count: int, **told: object) -> list[Request]:
    usual = {"max_tokens": 16, "stop": ("\n",)}
    return [Request(prompt, 100 + at, **{**usual, **told}) for at in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PROMPTS)
def test_four_samples_are_the_first_four_of_eight(engine: embedded.Embedded, name: str) -> None:
    eight = engine.propose(asked(PROMPTS[name], 8))
    fewer = replace(engine, batch=3).propose(asked(PROMPTS[name], 4))
    assert [draw.tokens for draw in fewer] == [draw.tokens for draw in eight[:4]]


def test_what_else_is_drawn_changes_no_sample(engine: embedded.Embedded) -> None:
    """Prompts of different length share a batch, padded; rounding alone may differ."""
    alone = [engine.propose(asked(prompt, 5)) for prompt in PROMPTS.values()]
    mixed = engine.propose(
        [r for at in range(5) for p in PROMPTS.values() for r in [asked(p, 5)[at]]]
    )
    for at, draws in enumerate(alone):
        for one, other in zip(draws, mixed[at::3], strict=True):
            assert one.tokens == other.tokens
            assert one.text == other.text
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-3)


@pytest.mark.parametrize("heat", [0.0, 1.0])
@pytest.mark.parametrize("name", PROMPTS)
def test_log_probabilities_agree_with_one_pass_over_the_whole(
    engine: embedded.Embedded, name: str, heat: float
) -> None:
    """They are the model's own, whatever the temperature that chose the tokens."""
    for draw in engine.propose(asked(PROMPTS[name], 4, temperature=heat)):
        assert list(draw.logprobs) == pytest.approx(engine.rescore(PROMPTS[name], draw), abs=1e-3)


@pytest.mark.parametrize("name", PROMPTS)
def test_a_completion_ends_at_a_stop_or_at_its_length(engine: embedded.Embedded, name: str) -> None:
    for draw in engine.propose(asked(PROMPTS[name], 12)):
        assert "\n" not in draw.text
        assert len(draw.tokens) == len(draw.logprobs) == draw.output_tokens
        assert draw.finish == STOP or (draw.finish == LENGTH and draw.output_tokens == 16)
        assert draw.prompt_tokens == len(engine.tokenize(PROMPTS[name]))


@pytest.mark.parametrize("stop", [" is", "pens"])
def test_a_stop_of_several_tokens_is_found_and_cut(engine: embedded.Embedded, stop: str) -> None:
    free = engine.propose(asked(PROMPTS["story"], 12))
    cut = engine.propose(asked(PROMPTS["story"], 12, stop=("\n", stop)))
    assert any(stop in draw.text for draw in free)
    for whole, draw in zip(free, cut, strict=True):
        assert draw.text == whole.text.split(stop)[0]
        assert draw.tokens == whole.tokens[: len(draw.tokens)]


def stepwise(engine: embedded.Embedded, request: Request) -> Iterator[Draw]:
    """A completion drawn step by step; yields what is there after every step."""
    drawn = Draw("", finish=STEP)
    while drawn.finish == STEP and len(drawn.tokens) < request.max_tokens:
        left = request.max_tokens - len(drawn.tokens)
        begun = drawn if drawn.tokens else None
        [more] = engine.propose([replace(request, max_tokens=left, begun=begun)])
        drawn = drawn.then(more)
        yield drawn


@pytest.mark.parametrize("step", [". ", "+"])
def test_step_by_step_is_the_same_as_in_one_go(engine: embedded.Embedded, step: str) -> None:
    for request in asked(PROMPTS["story"], 3):
        [whole] = engine.propose([request])
        *before, last = stepwise(engine, replace(request, step=step))
        assert all(drawn.text.count(step) == at for at, drawn in enumerate(before, 1))
        assert last.tokens == whole.tokens
        assert last.text == whole.text


def test_frequencies_follow_the_model_s_probabilities(engine: embedded.Embedded) -> None:
    """The most frequent completion occurs as often as its probability at temperature 1 says."""
    count = 300
    draws = engine.propose(asked(PROMPTS["sum"], count, temperature=1.0))
    tokens, _ = Counter(draw.tokens for draw in draws).most_common(1)[0]
    often = Draw("", tokens)
    expected = math.exp(sum(engine.rescore(PROMPTS["sum"], often)))
    seen = sum(draw.tokens == often.tokens for draw in draws) / count
    assert abs(seen - expected) < 4.5 * (expected * (1 - expected) / count) ** 0.5


def test_cold_draws_are_all_the_likeliest(engine: embedded.Embedded) -> None:
    assert len({d.tokens for d in engine.propose(asked(PROMPTS["sum"], 4, temperature=0.0))}) == 1


def test_the_score_of_a_choice_is_its_log_probability(engine: embedded.Embedded) -> None:
    choices = [" 56", " fifty", " 57 or so"]
    scored = engine.score(list(PROMPTS.values()), choices)
    for prompt, row in zip(PROMPTS.values(), scored, strict=True):
        expected = [sum(engine.rescore(prompt, Draw(c, engine.tokenize(c)))) for c in choices]
        assert row == pytest.approx(expected, abs=1e-3)


def test_a_chat_prompt_is_rendered_by_the_model_s_template(engine: embedded.Embedded) -> None:
    [draw] = engine.propose([Request("What is 2 + 2?", 1, 0.0, 30, chat=True)])
    assert draw.prompt_tokens > len(engine.tokenize("What is 2 + 2?"))
    assert "4" in draw.text
    assert draw.finish == STOP


def test_an_empty_prompt_and_a_model_that_is_not_there_are_refused(
    engine: embedded.Embedded,
) -> None:
    with pytest.raises(EngineError, match="at least one token"):
        engine.propose([Request("", 1)])
    with pytest.raises(EngineError, match="cannot be loaded") as raised:
        embedded.load("/no/such/model")
    assert "\n" not in str(raised.value)


def test_a_model_is_named_with_the_digest_of_its_weights(engine: embedded.Embedded) -> None:
    told = engine.info()
    assert told["engine"] == "transformers"
    assert len(str(told["weights_sha256"])) == 64
    assert told["dtype"] == "float32"
