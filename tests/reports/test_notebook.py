"""What notebooks show: a table and a picture, inert, the same bytes, and nothing paid before."""

import re
import subprocess
import sys
from dataclasses import replace

import apportion as ap
import numpy as np
import pytest
from apportion.analysis.curve import Curve
from apportion.data.shown import PRINTERS, Shown

from . import made
from .test_printers import CASES, Tags


def shown(result: Shown) -> str:
    text = result._repr_html_()
    assert text is not None
    return text


def results(case: str) -> list[Shown]:
    fit, plan = CASES[case]()
    curves = [c for group in fit.groups for c in (group.coverage, group.forecast, group.fan)]
    return [fit, *([plan] if plan else []), *curves]


@pytest.mark.parametrize("case", CASES)
def test_every_result_shows_itself_small_inert_and_alike(case: str) -> None:
    for result in results(case):
        text = shown(result)
        assert text == shown(result)
        assert len(text) < 250_000
        page = Tags(text)
        names = {tag for tag, _ in page.tags}
        assert not names & {"script", "style", "svg", "link", "iframe", "html", "body"}
        assert not [k for _, a in page.tags for k in a if k.startswith(("on", "id", "data-"))]
        assert all((i["src"] or "").startswith("data:image/svg") for i in page.all("img"))
        assert not re.search(
            "[\x00-\x08\x1b\u202e\ud800]|\\b(nan|inf|None)\\b", " ".join(page.text)
        )


def test_names_show_as_they_are() -> None:
    fit, plan = made.hostile()
    for result in (fit, plan):
        assert "<script>alert(1)</script>" in " ".join(Tags(shown(result)).text)


def test_a_table_and_a_picture_stand_in_each() -> None:
    for result in (made.fit(), made.fit(3), made.plan(), made.group().coverage):
        page = Tags(shown(result))
        assert len(page.all("img")) == 1
        assert page.all("table")
        assert len(page.all("th")) >= 5
    assert "cached server" in shown(made.fit())
    assert "rests on 30 problems" in shown(made.plan())


def test_a_long_curve_is_cut_to_a_few_rows_and_says_so() -> None:
    k = np.arange(1, 257)
    curve = made.curve(k.tolist(), made.solved(k.astype(float)), 0.02)
    page = Tags(shown(curve))
    assert len([a for a in page.all("th") if a.get("scope") == "row"]) == 12
    assert "12 of 256 rows" in " ".join(page.text)
    assert "256" in " ".join(page.text)


def test_a_curve_that_does_not_exist_says_why() -> None:
    lost = made.silent().groups[0].coverage
    assert "cannot tell: no sample was graded" in shown(lost)
    assert Tags(shown(lost)).all("img") == []
    half = replace(lost, worlds=np.where(lost.k == 1, 0.25, np.nan) * np.ones_like(lost.worlds))
    assert "Cannot tell: no sample was graded." in shown(half)


def test_values_beyond_0_and_1_stay_in_the_picture() -> None:
    curve = Curve(np.array([1, 2, 4]), np.array([[-2.0, 3.0, 5.0], [-3.0, 2.0, 6.0]]))
    assert "-2" in shown(curve)


def test_results_keep_their_slots() -> None:
    for result in (made.fit(), made.plan(), made.group().coverage):
        assert not hasattr(result, "__dict__")
        assert isinstance(result, Shown)


def test_without_a_printer_a_result_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PRINTERS, "html")
    assert made.fit()._repr_html_() is None


def test_results_load_no_pictures_before_they_are_shown() -> None:
    code = (
        "import sys, apportion as ap\n"
        "assert 'numpy' not in sys.modules\n"
        "ap.Curve, ap.Fit, ap.Plan\n"
        "assert not {'matplotlib', 'jinja2', 'typst'} & set(sys.modules)\n"
        "import numpy as np\n"
        "worlds = np.array([[.1, .2], [.1, .3], [.2, .2]])\n"
        "html = ap.Curve(np.array([1, 2]), worlds)._repr_html_()\n"
        "assert '<img' in html and 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert ap.Curve is Curve
