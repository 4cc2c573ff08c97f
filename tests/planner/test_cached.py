"""A cached ground plans what the log itself does, and is found only for what it was made from."""

import json
import os
from pathlib import Path

import pytest
from apportion.cli import main
from apportion.data.store import write
from apportion.data.synthetic import simulate
from apportion.planner import cached
from apportion.planner.asked import Asked
from apportion.planner.build import grounded, plan
from apportion.planner.costs import Prices
from apportion.planner.decide import decide
from apportion.planner.lay import noises

ASKED = Asked(4.0, None, "samples", "auto", None, None, 0.0, {}, None, None, None, 0.9)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPORTION_CACHE", str(tmp_path / "cache"))
    write(simulate("mixed", problems=40, samples=16, verdicts=2, seed=3)[0], tmp_path / "log")
    return tmp_path / "log"


def test_a_ground_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    trace = simulate("mixed", problems=40, samples=16, verdicts=2, seed=3)[0]
    base = grounded(trace, ASKED)
    file = tmp_path / "ground.npz"
    cached.save(file, base, noises(base, Prices(sample=1.0)))
    held = cached.load(file)
    assert held is not None
    for budget in (1.5, 4.0, 9.0):
        asked = Asked(budget, *(getattr(ASKED, name) for name in list(Asked.__slots__)[1:]))
        assert decide(held, asked).json() == plan(base, budget, "samples").json()


def test_what_is_not_a_ground_is_no_ground(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK no archive")
    assert cached.load(tmp_path / "bad.npz") is None
    assert cached.load(tmp_path / "nothing.npz") is None


def test_a_place_hangs_on_the_log_and_on_how_it_was_read(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached.place(log, {"seed": 0})
    assert first == cached.place(log, {"seed": 0})
    assert first != cached.place(log, {"seed": 1})
    manifest = log / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert first != cached.place(log, {"seed": 0})
    assert cached.place(log / "nowhere", {}) is None
    monkeypatch.setenv("APPORTION_CACHE", "off")
    assert cached.place(log, {"seed": 0}) is None


def test_the_command_plans_again_from_what_it_kept(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plan", str(log), "--budget", "4", "--unit", "samples", "--most", "8", "--json"]

    def run(*more: str) -> dict[str, object]:
        main([*command, *more])
        told: dict[str, object] = json.loads(capsys.readouterr().out)
        return told

    first = run()
    (file,) = Path(os.environ["APPORTION_CACHE"]).glob("*.npz")
    before = file.stat().st_mtime_ns
    assert run() == first
    assert run("--fresh") == first
    assert file.stat().st_mtime_ns > before
    assert run("--seed", "1") != first
    assert run("--penalty", "0.5")["utility"] != first["accuracy"]
