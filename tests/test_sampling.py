"""`apportion sample`: bad words get one line and touch nothing; good ones end in a trace."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from apportion.cli import main
from apportion.data import store
from apportion.data.sampler.engines.engine import STOP, Draw, Request
from apportion.data.sampler.engines.loopback import serving
from apportion.data.sampler.streams import stream

REFUSED = {
    "bundled --engine nope": "no engine 'nope'",
    "nofile.jsonl": "'nofile.jsonl': cannot be read",
    "bundled:nope": "no bundled family or level 'nope'",
    "bundled --verify wek-test": "did you mean 'weak-test'",
    "bundled --verify resolve:0": "repeats must be a whole number",
    "bundled --verify weak-test --verify weak-test": "must differ in name",
    "bundled --verify weak-test --judge resolve": "--judge must be one of",
    "bundled --temperature -1": "0 <= T <= 100; got [-1.0]",
    "bundled --temperature warm": "--temperature takes numbers",
    "bundled --think 4 --revise 2": "--think and --revise",
    "bundled --search beam": "a search is NAME:WIDTH",
    "bundled --search beem:4": "did you mean 'beam'",
    "bundled --search beam:4 --scorer gut": "--scorer takes partial-credit or reward:PATH",
    "bundled --search beam:4 --scorer partial-credit:loud=1": "sets strength and noise",
    "bundled --schedule fixd": "did you mean 'fixed'",
    "bundled --schedule policy:none.json": "none.json: cannot be read",
    "bundled --schedule consistency:2": "confidence must satisfy",
    "bundled --schedule consistency:much": "consistency:P takes a number; got 'much'",
    "bundled --shard 2/2": "takes i/N with 0 <= i < N; got '2/2'",
    "bundled --engine openai": "needs a URL",
    "bundled --engine openai --url http://127.0.0.1:1/v1": "cannot reach",
    "bundled --engine openai --device cuda": "takes no --device",
    "bundled --engine openai --set choises=4": "takes no --choises",
}


@pytest.mark.parametrize("words", REFUSED)
def test_bad_words_get_one_line_and_touch_nothing(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["sample", *words.split(), "-o", "out"])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert REFUSED[words] in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


class Dice:
    """Rolls a die for every request, by its stream."""

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        rolled = [int(6 * stream(request.seed).random()) for request in requests]
        return [Draw(str(d), (d,), (-math.log(6),), STOP, 3, 1, 0.0) for d in rolled]

    def score(self, *_: object) -> list[list[float]]:
        raise NotImplementedError

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def info(self) -> Mapping[str, object]:
        return {"engine": "dice", "model": "dice"}


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.jsonl"
    rows = [{"prompt": f"roll {at}", "gold": str(at % 7), "level": "easy"} for at in range(12)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_server_is_sampled_into_a_trace_that_goes_on_and_can_be_fitted(
    tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trace"
    with serving(Dice(), "dice") as url:
        words = ["sample", str(tasks), "--engine", "openai", "--url", url, "--samples", "16"]
        words += ["--verify", "resolve:2", "--verify", "likelihood", "-o", str(out), "--json"]
        main(words)
    told = json.loads(capsys.readouterr().out)
    assert told == {"trace": str(out), "problems": 12, "samples": 192, "verdicts": 12 * 16 * 3}
    trace = store.read(out)
    assert trace.samples["model"].unique().to_list() == ["dice"]
    assert trace.header.settings["asked"] == ["resolve:2", "likelihood"]
    main(words)  # all is there: the server is not even asked for
    assert json.loads(capsys.readouterr().out) == told
    main(["fit", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["groups"][0]["problems"] == 12


def test_a_policy_kept_by_one_command_is_carried_out_by_the_other(
    tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"kind": "accept-first", "answer": "accepted", "cap": 6}))
    with serving(Dice(), "dice") as url:
        words = ["sample", str(tasks), "--engine", "openai", "--url", url, "--samples", "8"]
        words += ["--verify", "resolve:1", "--schedule", f"policy:{policy}"]
        main([*words, "-o", str(tmp_path / "out"), "--json"])
    told = json.loads(capsys.readouterr().out)["submitted"]
    assert told["problems"] == 12
    assert told["right"] <= told["answered"] <= 12
    assert 12 <= told["samples"] <= 72
