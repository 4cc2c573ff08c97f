"""What stands beside the fit and the plan: surfaces, rankings, rules, what to log next, tests."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.cli import main
from apportion.data import store
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Group, Source, Trace, assemble
from apportion.fitting import change as fitting
from apportion.reports import (
    calibrated,
    change,
    diagnostics,
    limits,
    making,
    page,
    policies,
    ranking,
    roc,
    surface,
)
from apportion.reports.document import Document, Picture, Prose, Section, Table
from apportion.reports.evidence import NONE, Evidence
from apportion.reports.html import to_html
from apportion.reports.making import Results, results
from apportion.reports.pdf import to_pdf

from . import made
from .models import models

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def one() -> Results:
    return results(simulate("mixed", problems=30, samples=16, verdicts=2, seed=5)[0])


@pytest.fixture(scope="module")
def several() -> Results:
    return results(models())


def report(found: Results) -> Document:
    return page.document(
        found.fit, found.plan, title="t", command="c", version="0", more=found.more
    )


def section(found: Results, name: str) -> Section:
    return next(s for s in report(found).sections if s.id == name)


def words(made: Section) -> str:
    said: list[str] = []
    for block in made.blocks:
        if isinstance(block, Prose):
            said.append(block.text)
        if isinstance(block, Table):
            said += [block.caption, block.note, *(cell for row in block.rows for cell in row)]
        if isinstance(block, Picture):
            said += [block.caption, block.alt]
    return " ".join(said)


def test_a_log_with_verdicts_has_a_surface_rules_and_what_to_log_next(one: Results) -> None:
    ids = [s.id for s in report(one).sections]
    assert ids.index("allocation") < ids.index("surface") < ids.index("limits")
    assert ids.index("limits") < ids.index("policies") < ids.index("coverage")
    assert "ranking" not in ids
    for name in ("surface", "limits", "policies"):
        kinds = {type(block) for block in section(one, name).blocks}
        assert kinds >= {Prose, Picture, Table}, name


def test_the_surface_outlines_what_the_plan_does_with_its_interval(one: Results) -> None:
    assert one.plan is not None
    told = words(section(one, "surface"))
    for each in one.more.surfaces:
        for r, s, _ in each.chosen:
            value = each.at(r, s)
            assert f"{value.estimate:.3f}"[:4] in told
    assert "the plan's" in told
    assert "90% interval" in told


def test_what_the_promise_hangs_on_adds_up(one: Results) -> None:
    assert one.plan is not None
    assert one.plan.limits is not None
    parts = limits._parts(one.plan.limits)
    assert sum(part for _, part, _ in parts) == pytest.approx(1, abs=0.01)
    assert "new problems" in words(section(one, "limits"))


def test_the_rules_are_listed_best_first_and_fixed_numbers_are_among_them(one: Results) -> None:
    table = next(b for b in section(one, "policies").blocks if isinstance(b, Table))
    values = [float(row[2].split()[0]) for row in table.rows]
    assert values == sorted(values, reverse=True)
    assert "fixed" in {row[0] for row in table.rows}
    [marks] = [b.marks for b in section(one, "policies").blocks if isinstance(b, Picture)]
    assert len(marks) == len(table.rows)
    assert [f"{row[0]}: {row[2]}, 90%" for row in table.rows] == [mark.text for mark in marks]
    spent = [float(row[3].replace(",", "")) for row in table.rows]
    assert one.plan is not None
    assert max(spent) < 1.2 * one.plan.budget


def test_models_of_one_log_are_ranked_with_the_chance_of_every_rank(several: Results) -> None:
    assert several.more.ranking is not None
    chance = several.more.ranking.rank_probabilities
    assert chance.sum(axis=0) == pytest.approx(1)
    assert chance.sum(axis=1) == pytest.approx(1)
    told = words(section(several, "ranking"))
    assert "strong comes first with probability" in told
    table = next(b for b in section(several, "ranking").blocks if isinstance(b, Table))
    assert table.rows[0][0] == "strong"
    assert len(table.rows) == 3


def test_pictures_by_name_need_what_they_draw(one: Results, several: Results) -> None:
    for name in ("surface", "limits", "policies"):
        assert page.figure(one.fit, one.plan, name, one.more).axes
        with pytest.raises(InputError, match=name):
            page.figure(one.fit, None, name)
    assert page.figure(several.fit, several.plan, "ranking", several.more).axes
    with pytest.raises(InputError, match="at least 2 models"):
        page.figure(one.fit, one.plan, "ranking", one.more)
    with pytest.raises(InputError, match="numbers to choose from"):
        page.figure(one.fit, one.plan, "surface", NONE)


def test_every_picture_can_be_drawn_by_a_name_that_is_listed(one: Results) -> None:
    assert {"surface", "limits", "policies", "ranking", "coverage"} <= set(page.names())
    with pytest.raises(InputError, match="did you mean 'surface'"):
        page.figure(one.fit, one.plan, "surfaces")


def test_a_piece_that_cannot_be_had_says_why(one: Results) -> None:
    assert one.plan is not None
    told = policies.section(None, "the log stopped at success")
    assert told is not None
    assert words(told) == "No stopping rule could be replayed: the log stopped at success."
    assert policies.section(None) is None
    assert surface.section((), "samples") is None
    lost = limits.section(one.plan, None, "no samples")
    assert lost is not None
    assert "What to log next cannot be told: no samples." in words(lost)


def test_a_log_of_counts_still_has_its_report() -> None:
    log, _ = simulate("mixed", problems=20, samples=8, seed=1)
    found = results(replace(count(log), drawn=None))
    ids = [s.id for s in report(found).sections]
    assert ids[0] == "summary"
    assert ids[-1] == "provenance"
    assert "No stopping rule could be replayed" in words(section(found, "policies"))
    assert "surface" not in ids


def test_a_log_where_nothing_is_right_says_so_and_draws_no_choice() -> None:
    log, _ = simulate("mixed", problems=20, samples=8, seed=1)
    wrong = log.samples.with_columns(correct=pl.lit(value=False))
    found = results(replace(log, samples=wrong))
    assert "Almost nothing in this log was answered rightly" in words(section(found, "summary"))
    ids = [s.id for s in report(found).sections]
    assert "surface" not in ids
    kinds = [type(block) for block in section(found, "policies").blocks]
    assert Picture not in kinds


def test_the_rules_name_the_group_they_were_replayed_on(several: Results) -> None:
    told = words(section(several, "policies"))
    assert f"samples by {several.more.main}" in told
    assert all(each.crowd for each in several.more.surfaces)


def test_what_happened_to_the_rows_is_told(one: Results) -> None:
    rows = {"read": 1200, "kept": 1100, "aside": {"no correctness": 100}}
    told = words(section(replace(one, more=replace(one.more, rows=rows)), "provenance"))
    assert "left out: no correctness 100" in told
    assert "Rows of the sources" in told


def test_diagnostics_name_the_backtest_and_what_was_measured() -> None:
    told = words(diagnostics.section(made.fit()))
    assert "Backtest on this log" in told
    assert "coverage in the log, these problems 90% 89.1% 85% 1,200" in told
    silent = words(diagnostics.section(made.bare()))
    assert "No curve was fitted" in silent


def test_r_hat_is_explained_where_pymc_ran() -> None:
    fit = made.fit()
    sampled = replace(fit.groups[0], diagnostics={"largest r-hat": 1.003})
    told = words(diagnostics.section(replace(fit, groups=(sampled,))))
    assert "largest r-hat 1.003" in told
    assert "chains of PyMC agree" in told


def test_measured_calibration_is_what_the_benchmarks_found() -> None:
    file = ROOT / calibrated.SOURCE
    found = json.loads(file.read_text("utf8"))
    within, gates = found["within"], found["gates"]
    key = "within the log, these problems, k = 1, n/4, n/2, n, and the band over all k"

    def chosen(kind: str) -> list[list[float]]:
        return [c["share"][:4] for name, c in within[key].items() if name.endswith(kind)]

    cells = gates["cells"].values()
    judged = [c["hierarchy"]["held"] for c in found["verifiers"]["cells"].values()]
    shares = [
        [c["share"] for c in within["coverage of these problems, k = 1, n/2, n"].values()],
        chosen("majority"),
        chosen("best-of"),
        [c["95%"]["held"][0] for c in cells],
        [c["95%"]["held"][1] for c in cells],
        [held[:3] for held in judged],
        [held[4] for held in judged],
        [c["share"] for c in found["plans"]["promises"].values()],
    ]
    commits = [within["commit"]] * 3 + [gates["commit"]] * 2
    commits += [found["verifiers"]["commit"]] * 2 + [found["plans"]["commit"]]
    for each, share, commit in zip(calibrated.MEASURED, shares, commits, strict=True):
        assert each.mean == pytest.approx(np.mean(share), abs=5.1e-4), each.what
        assert each.least == pytest.approx(np.min(share), abs=5.1e-4), each.what
        assert each.commit == commit, each.what


def test_hostile_names_are_harmless_in_what_is_new(one: Results, several: Results) -> None:
    assert several.more.ranking is not None
    bad = made.HOSTILE
    cells = tuple(
        replace(c, level=name, verifier=name, group=Group(model=name))
        for c, name in zip(one.more.surfaces, bad, strict=False)
    )
    standing = replace(several.more.ranking.standing, candidates=bad[:3])
    assert one.more.next is not None
    ahead = tuple(
        replace(c, level=name, verifier=name)
        for c, name in zip(one.more.next.candidates, bad, strict=False)
    )
    more = Evidence(
        cells,
        replace(several.more.ranking, standing=standing, sensitivity=()),
        one.more.policies and replace(one.more.policies, verifier=bad[0]),
        replace(one.more.next, candidates=ahead, problems=((bad[1], bad[2], 0.1),)),
        rows={"read": 1, "kept": 0, "aside": {bad[0]: 1}},
    )
    page_ = report(replace(one, more=more))
    text = to_html(page_).decode()
    assert "<script>alert(1)</script>" not in text
    assert "<img src=x" not in text
    assert "\x1b[31m" not in text
    assert to_pdf(page_).startswith(b"%PDF")


def test_the_ranking_of_many_candidates_draws_the_best(several: Results) -> None:
    assert several.more.ranking is not None
    rng = np.random.default_rng(0)
    names = tuple(f"m{i}" for i in range(40))
    worlds = rng.normal(0.5, 0.02, (200, 40))
    standing = replace(several.more.ranking.standing, candidates=names, worlds=worlds)
    many = replace(several.more.ranking, standing=standing, sensitivity=())
    told = words(ranking.section(many))
    assert "The best 10; 30 more are in the table." in told
    assert "10 more candidates not listed" in told


@pytest.fixture(scope="module")
def two() -> tuple[Trace, Trace]:
    log, _ = simulate("mixed", problems=30, samples=12, verdicts=1, seed=6)
    first = pl.col("sample") < 6
    halves = [
        assemble(log.header, samples=log.samples.filter(kept), verdicts=log.verdicts.filter(kept))
        for kept in (first, ~first)
    ]
    return halves[0], halves[1]


def test_another_log_is_compared_first_of_all_and_its_source_is_named(
    two: tuple[Trace, Trace], tmp_path: Path
) -> None:
    this, other = two
    named = replace(other.header, sources=(Source("yesterday.jsonl", "cd" * 32, 7),))
    found = making.report(
        this, tmp_path / "r.html", compare=replace(other, header=named), only=["change"]
    )
    ids = [s.id for s in report(found).sections]
    assert ids.index("change") < ids.index("coverage")
    told = words(section(found, "change"))
    assert "Both logs tried the same 30 problems" in told
    assert "Cannot be told" in told or "Alike" in told
    assert "accepts wrong samples" in told
    assert section(found, "change").title == "Compared with yesterday.jsonl"
    [marks] = [b.marks for b in section(found, "change").blocks if isinstance(b, Picture)]
    assert {m.text.rpartition(", k = ")[0] for m in marks} >= {
        "coverage, this log", "coverage, the other", "coverage, difference",
    }  # fmt: skip
    assert "yesterday.jsonl" in words(section(found, "provenance"))
    assert page.figure(found.fit, found.plan, "change", found.more).axes
    with pytest.raises(InputError, match="another log to compare with"):
        page.figure(found.fit, found.plan, "change", NONE)
    with pytest.raises(InputError, match="compared where they are made"):
        making.report(found, tmp_path / "s.html", compare=this)
    with pytest.raises(InputError, match="compared as traces"):
        making.results(this, compare=count(this))


def test_the_command_compares_two_logs(two: tuple[Trace, Trace], tmp_path: Path) -> None:
    for name, log in zip(("today", "yesterday"), two, strict=True):
        store.write(log, tmp_path / name)
    out = tmp_path / "r.html"
    main(["report", str(tmp_path / "today"), "--compare", str(tmp_path / "yesterday"),
          "--only", "change", "-o", str(out)])  # fmt: skip
    assert "Both logs tried the same 30 problems" in out.read_text("utf8")


def test_hostile_names_are_harmless_in_a_comparison(two: tuple[Trace, Trace]) -> None:
    made_ = fitting.change(*two)
    bad = replace(
        made_,
        differences=tuple(replace(d, metric=made.HOSTILE[0]) for d in made_.differences),
        rates=tuple(replace(r, verifier=made.HOSTILE[3]) for r in made_.rates),
        doubts=made.HOSTILE,
    )
    parts = change.sections([bad, bad], made.HOSTILE[2])
    document = Document("t", "", tuple(parts))
    assert [s.id for s in parts] == ["change-1", "change-2"]
    text = to_html(document).decode()
    assert "<script>alert(1)</script>" not in text
    assert "<img src=x" not in text
    assert to_pdf(document).startswith(b"%PDF")


def test_a_verifiers_roc_stands_with_its_thresholds(one: Results) -> None:
    [judge] = one.more.judges
    assert judge.counted
    told = words(section(one, "roc"))
    assert "tells right from wrong best" in told
    table = next(b for b in section(one, "roc").blocks if isinstance(b, Table))
    assert [row[1] for row in table.rows] == ["100% of its verdicts", "50% of its verdicts"]
    hits = [float(row[2].split()[0]) for row in table.rows]
    assert hits == sorted(hits)
    only = roc.figure([judge, replace(judge, verifier=made.HOSTILE[0])])
    assert only.axes
    assert roc.section([]) is None
    bad = roc.section([replace(judge, verifier=name) for name in made.HOSTILE])
    assert bad is not None
    assert "<script>alert(1)</script>" not in to_html(Document("t", "", (bad,))).decode()


def test_a_trace_of_one_group_is_not_ranked(one: Results) -> None:
    assert one.more.ranking is None
    assert isinstance(models(), Trace)
    assert len(models().groups()) == 3
