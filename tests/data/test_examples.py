"""The bundled logs are real, small, and what their cards say."""

from pathlib import Path

import polars as pl
import pytest
from apportion.data import store
from apportion.data.traces import FIXED

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if (path / "manifest.json").is_file())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_card_s_title_gives_the_sizes(folder: Path) -> None:
    trace = store.read(folder)
    title = (folder / "README.md").read_text("utf8").splitlines()[0]
    assert f"{len(trace):,} samples, {len(trace.verdicts):,} verdicts" in title
    assert trace.header.stop_rule == FIXED


def test_together_they_are_small() -> None:
    assert sum(p.stat().st_size for p in EXAMPLES.rglob("*") if p.is_file()) < 3_000_000


def test_two_temperatures_hold_the_same_problems_and_eight_verdicts() -> None:
    groups = store.read(EXAMPLES / "smollm2-heat").groups()
    assert [group.temperature for group, _ in groups] == [0.5, 1.1]
    cold, hot = (set(trace.samples["problem"]) for _, trace in groups)
    assert cold == hot
    for _, trace in groups:
        repeats = trace.verdicts.group_by("verifier").agg(pl.col("verdict").max() + 1)
        assert set(trace.verifiers) == {"weak-test", "resolve", "generative-shots", "likelihood"}
        assert dict(repeats.rows())["resolve"] == dict(repeats.rows())["generative-shots"] == 8
