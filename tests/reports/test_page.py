"""What stands on the page: the sections, their order, and honest words where nothing is known."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from apportion.data.errors import InputError
from apportion.fitting.fit import Fit
from apportion.planner.plan import Plan
from apportion.reports import comparison, doubts, frontier, page, summary, verification
from apportion.reports.document import Document, Picture, Prose, Section, Table
from apportion.reports.figures import _apart, label, look, svg, ticks
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from . import made
from .test_printers import CASES


def report(fit: Fit, plan: Plan | None = None, only: tuple[str, ...] = ()) -> Document:
    return page.document(fit, plan, title="t", command="c", version="0", only=only)


def words(section: Section) -> str:
    said: list[str] = []
    for block in section.blocks:
        if isinstance(block, Prose):
            said.append(block.text)
        if isinstance(block, Table):
            said += [block.note, *(cell for row in block.rows for cell in row)]
    return " ".join(said)


def by_id(document: Document) -> dict[str, Section]:
    return {section.id: section for section in document.sections}


def test_what_to_do_comes_first_and_where_from_last() -> None:
    ids = [section.id for section in report(made.fit(), made.plan()).sections]
    assert ids == [
        "summary", "doubts", "allocation", "coverage", "voting", "saturation", "verification",
        "repeated", "difficulty", "diagnostics", "provenance",
    ]  # fmt: skip


def test_the_first_screen_is_three_sentences_a_picture_and_a_table() -> None:
    kinds = [type(b).__name__ for b in summary.section(made.fit(), made.plan()).blocks]
    assert kinds == ["Prose", "Picture", "Table"]
    text = words(summary.section(made.fit(), made.plan()))
    assert "0.611 (0.58 to 0.65; 90% interval for new problems)" in text
    assert "2.4 times the budget" in text
    assert "levels off at 0.620" in text


def test_every_table_is_rectangular() -> None:
    for fit, plan in [(made.fit(2), made.plan()), (made.silent(), made.lost_plan())]:
        for section in report(fit, plan).sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    assert {len(row) for row in block.rows} <= {len(block.columns)}


def test_no_number_is_printed_that_does_not_exist() -> None:
    for fit, plan in [(made.silent(), made.lost_plan()), (made.bare(), None), (made.fit(), None)]:
        for section in report(fit, plan).sections:
            assert not re.search(r"\b(nan|inf|None)\b", words(section)), section.id


def test_a_silent_log_says_why() -> None:
    found = by_id(report(made.silent(), made.lost_plan()))
    assert "no sample was graded" in words(found["coverage"])
    assert "cannot tell" in words(found["saturation"])
    assert "cannot tell" in words(found["verification"])
    assert not [b for s in found.values() for b in s.blocks if isinstance(b, Picture)]


def test_saturation_is_a_row_for_each_metric_and_says_why_a_point_is_missing() -> None:
    tables = [b for b in by_id(report(made.fit()))["saturation"].blocks if isinstance(b, Table)]
    table, remarks = tables
    assert [row[:2] for row in table.rows] == [("all", "coverage"), ("hard", "majority")]
    assert [c.name for c in table.columns][2:] == [
        "marginal gain, 0.001 a sample, in samples", "residual, 0.01 missing, in samples",
    ]  # fmt: skip
    assert table.rows[0][2:] == ("410 (220 to 900)", "cannot tell")
    assert table.rows[1][2:] == ("24 (14 or more)", "")
    assert [row[3][:31] for row in remarks.rows] == ["The forecast is still rising at"]


def test_all_wrong_is_not_the_same_as_unknown() -> None:
    found = by_id(report(made.bare()))
    assert "Nothing was solved" in words(found["coverage"])
    assert "9 (100%) were never solved" in words(found["difficulty"])
    assert "no verdicts" in words(found["verification"])


def test_the_reason_for_no_plan_is_given() -> None:
    document = page.document(
        made.fit(), None, title="t", command="c", version="0", reason="the log has no tokens"
    )
    assert words(by_id(document)["allocation"]) == "The log has no tokens."


def test_several_groups_are_compared_before_each_has_its_part() -> None:
    document = report(made.fit(3))
    ids = [section.id for section in document.sections]
    assert ids.index("comparison") < ids.index("coverage-1") < ids.index("coverage-3")
    assert {s.part for s in document.sections if s.id.endswith("-2")} == {
        "2. model-1-made-up · T=0.7"
    }


def test_many_groups_keep_one_picture_each() -> None:
    document = report(made.fit(5))
    drawn = [b.name for s in document.sections for b in s.blocks if isinstance(b, Picture)]
    assert drawn == ["summary", "comparison", *["coverage"] * 5]


def test_a_doubt_shared_by_all_groups_is_said_once() -> None:
    fit = made.fit(3)
    odd = replace(fit.groups[0], doubts=(*fit.groups[0].doubts, "only here"))
    said = doubts.gathered(replace(fit, groups=(odd, *fit.groups[1:])))
    assert len(said) == 3
    assert said[-1] == "model-0-made-up · T=0.7: Only here."


def test_only_keeps_what_is_asked_and_where_it_comes_from() -> None:
    ids = [s.id for s in report(made.fit(2), made.plan(), only=("coverage",)).sections]
    assert ids == ["coverage-1", "coverage-2", "provenance"]
    with pytest.raises(InputError, match=r"got 'covrage'; did you mean 'coverage'\?"):
        report(made.fit(), only=("covrage",))


def test_a_bound_that_nobody_can_execute_is_not_the_rival() -> None:
    plan = made.plan()
    bound = replace(plan.baselines[0], name="bound", bound=True, accuracy=made.interval(0.9))
    best = frontier.rival(replace(plan, baselines=(bound, *plan.baselines)))
    assert best is not None
    assert best.name == "the same best-of everywhere"


def test_the_ceiling_of_the_page_is_the_one_over_problems() -> None:
    group = made.group()
    assert [c.estimand for c in verification.by_verifier(group)] == ["macro"]
    higher = replace(group.ceilings[1], value=made.interval(0.8))
    swapped = replace(group, ceilings=(higher, group.ceilings[0]))
    assert comparison.best_ceiling(swapped) == "0.620"


@pytest.mark.parametrize("name", ["coverage", "voting", "difficulty", "verification", "allocation"])
def test_a_picture_by_name_is_the_same_each_time(name: str) -> None:
    first = svg(page.figure(made.fit(), made.plan(), name))
    assert first == svg(page.figure(made.fit(), made.plan(), name))
    assert first.startswith("<svg")


def test_an_unknown_picture_or_one_without_matter_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'coverage'"):
        page.figure(made.fit(), None, "coverag")
    with pytest.raises(InputError, match="needs a plan"):
        page.figure(made.fit(), None, "allocation")
    with pytest.raises(InputError, match="needs verdicts"):
        page.figure(made.bare(), None, "verification")
    with pytest.raises(InputError, match="needs a group"):
        page.figure(Fit((), (), 0, 0.9), None, "coverage")


@pytest.mark.parametrize("name", made.HOSTILE)
def test_labels_are_short_and_drawable(name: str) -> None:
    rows = label(name).split("\n")
    assert len(rows) <= 2
    assert all(len(row) <= 17 for row in rows)


def test_labels_that_would_touch_are_moved_apart_as_little_as_possible() -> None:
    placed = _apart([0.1, 0.5, 0.5, 0.52], [0.1] * 4)
    assert placed[0] == 0.1
    assert all(b - a >= 0.1 - 1e-12 for a, b in pairwise(placed))
    assert abs(placed[2] - (0.5 + 0.5 + 0.52) / 3) < 1e-9


def test_numbersare_round_and_few() -> None:
    assert ticks(1, 64) == [1, 2, 4, 8, 16, 32, 64]
    assert ticks(1, 6400) == [1, 3, 10, 30, 100, 300, 1000, 3000]
    assert len(ticks(0.001, 10**7)) <= 12


@pytest.mark.parametrize("name", ["allocation", "voting", "comparison"])
def test_lines_differ_by_more_than_their_colour(name: str) -> None:
    [axes] = page.figure(made.fit(3), made.plan(), name).axes
    lines = [line for line in axes.lines if len(line.get_xydata()) > 2]  # type: ignore[arg-type]
    shapes = {(str(line._dash_pattern), line.get_marker()) for line in lines}  # type: ignore[attr-defined]
    assert len(lines) >= 3
    assert len(shapes) == len(lines)


@pytest.mark.parametrize("name", [name for name in page.names() if name != "ways"])
@pytest.mark.parametrize("case", ["full", "several groups", "no plan", "bare", "hostile"])
def test_no_word_of_a_picture_is_cut_at_its_edge(case: str, name: str) -> None:
    fit, plan = CASES[case]()
    try:
        drawn = page.figure(fit, plan, name)
    except InputError:
        pytest.skip("nothing to draw")
    with look():
        FigureCanvasAgg(drawn).draw()  # type: ignore[no-untyped-call]
        [axes] = drawn.axes
        numbers = {*axes.get_xticklabels(which="both"), *axes.get_yticklabels(which="both")}
        words = [w for w in drawn.findobj(Text) if w.get_text().strip() and w not in numbers]
        boxes = [(w.get_text(), w.get_window_extent()) for w in words]
    paper = drawn.bbox.padded(2)
    whole = [(text, paper.contains(*box.p0) and paper.contains(*box.p1)) for text, box in boxes]
    assert [text for text, inside in whole if not inside] == []
