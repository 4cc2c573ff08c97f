"""The bundled logs are real, small, and what their cards say."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.analysis.voting import majority
from apportion.data import store
from apportion.data.errors import InputError
from apportion.data.examples import NAMES, example, located
from apportion.data.traces import FIXED

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if (path / "manifest.json").is_file())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_card_s_title_gives_the_sizes(folder: Path) -> None:
    trace = store.read(folder)
    title = (folder / "README.md").read_text("utf8").splitlines()[0]
    assert f"{len(trace):,} samples, {len(trace.verdicts):,} verdicts" in title
    assert trace.header.stop_rule == FIXED


def test_the_measured_rates_of_a_card_are_those_of_its_log() -> None:
    folder = EXAMPLES / "smollm2-heat"
    card = (folder / "README.md").read_text("utf8")
    for group, trace in store.read(folder).groups():
        samples = trace.samples
        solved = samples.group_by("problem").agg(pl.col("correct").any())["correct"].mean()
        judged = trace.verdicts.join(
            samples.select("problem", "sample", "correct"), ["problem", "sample"]
        )
        means: list[Any] = [
            samples["correct"].mean(),
            solved,
            samples["answer"].is_null().mean(),
            (samples["finish"] == "length").mean(),
            *(
                judged.filter(pl.col("verifier") == name, pl.col("correct") == right)[
                    "accepts"
                ].mean()
                for name, right in (
                    ("weak-test", False),
                    ("resolve", True),
                    ("resolve", False),
                    ("generative-shots", True),
                    ("generative-shots", False),
                )
            ),
        ]
        first, second, *rest = (f"{mean:.3f}" for mean in means)
        tokens = f"{samples['output_tokens'].sum() / len(samples):.1f}"
        row = (f"{group.temperature}", first, second, tokens, *rest)
        assert f"| {' | '.join(row)} |" in card


def test_the_tables_of_the_deep_card_are_those_of_its_log() -> None:
    """The rows on all problems; the others are made by the same lines."""
    folder = EXAMPLES / "smollm2-deep"
    card, trace = (folder / "README.md").read_text("utf8"), store.read(folder)
    counts = count(trace)
    covered = coverage(counts, [1, 4, 16, 64, 256], worlds=1).estimate
    voted = majority(counts, [256], worlds=1).estimate
    row = [str(len(counts)), *(f"{x:.3f}" for x in (*covered, *voted)), str((counts.c == 0).sum())]
    assert f"| all | {' | '.join(row)} |" in card
    samples = trace.samples
    judged = trace.verdicts.join(
        samples.select("problem", "sample", "correct"), ["problem", "sample"]
    )
    names = ("weak-test", "strong-test", "resolve", "generative-shots")
    rates: list[Any] = [
        judged.filter(pl.col("verifier") == name, pl.col("correct") == right)["accepts"].mean()
        for name in names
        for right in (True, False)
    ]
    length: Any = samples["output_tokens"].mean()
    rates.insert(0, samples["answer"].is_null().mean())
    cells = [f"{length:.1f}", *(f"{rate:.3f}" for rate in rates)]
    assert f"| all | {' | '.join(cells)} |" in card
    sizes = trace.verdicts.group_by("verifier").agg(pl.col("verdict").max() + 1)
    assert dict(sizes.rows()) == {
        "weak-test": 1, "strong-test": 1, "resolve": 8, "generative-shots": 8, "likelihood": 1
    }  # fmt: skip
    assert set(counts.n.tolist()) == {256}
    assert len(counts) >= 100


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


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundled_log_is_found_by_its_name(folder: Path) -> None:
    assert folder.name in NAMES
    assert example(folder.name) == folder
    assert located(Path(f"example:{folder.name}")) == folder
    assert located(Path("smollm2")) == Path("smollm2")


def test_a_wrong_name_of_a_bundled_log_is_told_the_right_ones() -> None:
    with pytest.raises(InputError, match=r"smollm2-heat; got 'smollm2-het'; did you mean"):
        located(Path("example:smollm2-het"))
