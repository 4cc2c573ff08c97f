"""With the real model: streams, log-probabilities, and a run that is killed and goes on."""

import json
import math
from pathlib import Path

import pytest

pytest.importorskip(
    "torch", reason="the sampler's engine needs torch: pip install apportion[local]"
)
pytest.importorskip("transformers", reason="the engine needs transformers")

from apportion.data.sampler import engine, run, shard, tasks, weights
from apportion.data.sampler.streams import base_seed

pytestmark = pytest.mark.model
TASKS = {task.name: task for task in tasks.problems(0)}
NAMES = ("add-2-0", "sort-2-0", "code-total")


@pytest.fixture(scope="module")
def loaded() -> engine.Engine:
    try:
        return engine.load()
    except weights.WeightsMissing as missing:
        pytest.skip(str(missing))


def drawn(loaded: engine.Engine, name: str, count: int, batch: int = 256) -> list[engine.Draw]:
    task = TASKS[name]
    settings = engine.Settings(0.8, task.max_tokens, batch)
    base = base_seed(0, "solve", name)
    return list(engine.draw(loaded, task.prompt, range(count), base, settings))


@pytest.mark.parametrize("name", NAMES)
def test_four_samples_are_the_first_four_of_eight(loaded: engine.Engine, name: str) -> None:
    four, eight = drawn(loaded, name, 4), drawn(loaded, name, 8, batch=5)
    assert [draw.tokens for draw in four] == [draw.tokens for draw in eight[:4]]
    assert [draw.sample for draw in eight] == list(range(8))


@pytest.mark.parametrize("name", NAMES)
def test_log_probabilities_agree_with_one_pass_over_the_whole(
    loaded: engine.Engine, name: str
) -> None:
    for draw in drawn(loaded, name, 6):
        whole = engine.rescore(loaded, TASKS[name].prompt, draw.tokens)
        assert draw.sum_logprob == pytest.approx(whole, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_completion_ends_at_a_stop_or_at_its_length(loaded: engine.Engine, name: str) -> None:
    stops = loaded.stops.tolist()
    for draw in drawn(loaded, name, 16):
        assert "\n" not in draw.text
        assert not any(stops[token] for token in draw.tokens[:-1])
        assert stops[draw.tokens[-1]] == (draw.finish == "stop")
        assert draw.finish == "stop" or len(draw.tokens) == TASKS[name].max_tokens


def test_frequencies_follow_the_model_s_probabilities(loaded: engine.Engine) -> None:
    """The most frequent completion occurs as often as its probability at temperature 1 says."""
    task, count = TASKS["add-1-0"], 400
    settings = engine.Settings(1.0, task.max_tokens)
    draws = list(engine.draw(loaded, task.prompt, range(count), 7, settings))
    tokens = max({draw.tokens for draw in draws}, key=[draw.tokens for draw in draws].count)
    expected = math.exp(engine.rescore(loaded, task.prompt, tokens))
    seen = sum(draw.tokens == tokens for draw in draws) / count
    assert abs(seen - expected) < 4.5 * (expected * (1 - expected) / count) ** 0.5


def test_a_killed_run_goes_on_to_the_same_log(
    loaded: engine.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [TASKS[name] for name in NAMES]
    monkeypatch.setattr(run, "problems", lambda _: few)
    monkeypatch.setattr(engine, "load", lambda *_: loaded)
    command = ["--out", str(tmp_path), "--samples", "4", "--verdicts", "2"]
    assert run.main(command) == 0
    path = tmp_path / "shard-0-of-1.jsonl"
    whole = list(shard.read(tmp_path))
    path.write_bytes(path.read_bytes()[: -len(json.dumps(whole[-1])) // 2])
    assert len(list(shard.read(tmp_path))) < len(few)
    assert run.main(command) == 0
    assert [_timeless(record) for record in shard.read(tmp_path)] == [*map(_timeless, whole)]
    assert (tmp_path / "verdicts.parquet").exists()
    assert run.main([*command, "--temperature", "1.0"]) == 2


def _timeless(record: shard.Record) -> shard.Record:
    draws = ("solve", "resolve")
    return {
        key: [{**draw, "seconds": None} for draw in value] if key in draws else value
        for key, value in record.items()
    }
