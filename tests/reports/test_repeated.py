"""Repeated verdicts on the page: what is told of agreement, falls, prices and splits."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.synthetic import simulate
from apportion.fitting.surface import EVERY
from apportion.fitting.verified import Verified, verified
from apportion.reports.document import Prose, Section, Table
from apportion.reports.repeated import section

from .made import group


@pytest.fixture(scope="module")
def judged() -> Verified:
    counts = count(simulate("mid", problems=24, samples=8, verdicts=3, seed=1)[0])
    return verified(counts)


def told(made: Section) -> str:
    return " ".join(block.text for block in made.blocks if isinstance(block, Prose))


def page(each: Verified) -> Section:
    return section(replace(group(), verified=(each,)))


def test_without_repeats_the_section_says_so() -> None:
    made = section(group())
    assert "judged more than once" in told(made)
    assert len(made.blocks) == 1


def test_agreement_prices_and_splits_are_told(judged: Verified) -> None:
    made = page(judged)
    text = told(made)
    assert "on one solution agree (correlation" in text
    assert "A verdict costs" in text
    tables = [block for block in made.blocks if isinstance(block, Table)]
    assert [t.caption for t in tables] == ["Best of S by V verdicts each", "Solve or verify"]
    assert len(tables[0].rows) == len(judged.surface.solutions)


def test_a_log_without_tokens_has_no_price(judged: Verified) -> None:
    assert "price cannot be told" in told(page(replace(judged, split=None)))


def test_a_fall_is_told_where_more_solutions_do_harm(judged: Verified) -> None:
    surface = judged.surface
    worlds = surface.worlds.copy()
    column = int(np.flatnonzero(surface.verdicts == EVERY)[0])
    height = np.where(surface.solutions <= 4, 0.5 + 0.05 * surface.solutions, 0.4)
    worlds[:, :, column] = height
    text = told(page(replace(judged, surface=replace(surface, worlds=worlds))))
    assert "rises to 0.700 at S = 4 and then falls, to 0.400 at S = 8 (chance 100%)" in text
    worlds[:, :, column] = np.linspace(0.3, 0.6, len(surface.solutions))
    assert "falls" not in told(page(replace(judged, surface=replace(surface, worlds=worlds))))
