"""The pages in a real browser: nothing runs, nothing is cut, everyone can read and work them."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from apportion.reports.document import Column, Document, Mark, Picture, Section, Table
from apportion.reports.figures import BLACK, CYCLE, GREY, ink
from apportion.reports.html import to_html

from .chromium import NEEDED, PROGRAM, Page, browser
from .test_printers import CASES, html

pytestmark = pytest.mark.skipif(
    PROGRAM is None and not NEEDED, reason="no chromium here (Debian: apt-get install chromium)"
)
Show = Callable[..., Page]
DARK = {"name": "prefers-color-scheme", "value": "dark"}
BAD = (
    '<img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 2</script>",
    "\"><svg onload='window.hacked = 3; alert(3)'>",
    "javascript:window.hacked = 4",
    "${window.hacked = 5}{{ hacked = 6 }}",
)
ACTING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" onload="window.hacked = 7">'
    "<script>window.hacked = 8; parent.hacked = 9</script></svg>"
)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all of this file."""
    assert PROGRAM is not None, "APPORTION_NEEDS_BROWSER is 1, and there is no chromium"
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def show(tab: Page, tmp_path: Path) -> Show:
    """Opens a page given as text, at a width, in light or in dark."""

    def opened(text: str, width: int = 1440, *, dark: bool = False) -> Page:
        path = tmp_path / "report.html"
        path.write_text(text, "utf8")
        tab.open(path.as_uri(), width, dark)
        return tab

    return opened


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def bench() -> str:
    """A page of one table and one picture, with hostile words wherever words can stand."""
    values = ("12,480", "0.5 (0.1 to 0.9)", "cannot tell", "32 million", ">0.999", "9 of 10", "—")
    names = (*BAD, "10 samples", "9 samples")
    rows = tuple(zip(names, values, (f"{v} {v}" for v in "edcbagf"), strict=True))
    columns = (Column(BAD[0], "left"), Column("value"), Column("letter", "left"))
    short = Table("Too short to sort", columns, rows[:2])
    marks = tuple(Mark(0.1 + 0.2 * i, 0.9 - 0.2 * i, text) for i, text in enumerate(BAD))
    picture = Picture("drawn", BAD[1], BAD[2], ACTING, marks)
    section = Section("only", BAD[3], (Table(BAD[4], columns, rows, BAD[0]), short, picture))
    return to_html(Document(BAD[0], BAD[1], (section,))).decode()


def noise(page: Page) -> list[object]:
    """Everything that a page complained of, asked for, or popped up."""
    kinds = (
        "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled",
        "Page.javascriptDialogOpening",
    )  # fmt: skip
    asked = [event["request"]["url"] for event in page.told("Network.requestWillBeSent")]
    return [
        *(told for kind in kinds for told in page.told(kind)),
        *(url for url in asked[1:] if not url.startswith("data:")),
    ]


def test_a_page_asks_for_nothing_and_complains_of_nothing(show: Show, case: str) -> None:
    page = show(html(case))
    page.press("Tab", "Enter")
    assert noise(page) == []
    assert page.told("Network.requestWillBeSent")[0]["request"]["url"].startswith("file:")


def test_any_other_script_is_refused_and_noticed(show: Show) -> None:
    page = show(html("bare"))
    page.ask(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.hacked = 1'})), document.body.insertAdjacentHTML('beforeend',"
        """ '<img src="data:," onerror="window.hacked = 2">')"""
    )
    later = "new Promise(done => setTimeout(() => done(typeof hacked), 100))"
    assert page.ask(later) == "undefined"
    assert "Content Security Policy" in json.dumps(noise(page))


def test_hostile_words_show_as_words_and_run_nothing(show: Show) -> None:
    page = show(bench())
    for button in range(3):
        page.ask(f"document.querySelectorAll('.sort')[{button}].click()")
    page.ask("document.querySelector('.plate').focus()")
    for _ in BAD:
        page.press("ArrowRight")
    assert page.ask("typeof hacked") == "undefined"
    assert noise(page) == []
    text = page.ask("document.body.innerText")
    assert all(words in text for words in BAD)
    assert page.ask("document.title") == BAD[0]
    assert page.ask("document.querySelectorAll('script, svg, img[src=x]').length") == 1


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_page_scrolls_sideways_and_nothing_is_cut(show: Show, case: str, width: int) -> None:
    page = show(html(case), width)
    assert page.ask("document.scrollingElement.scrollWidth") <= width
    assert page.ask(CUT) == []


CUT = """
[...document.querySelectorAll("h1, h2, h3, h4, p, li, caption, figcaption, pre, th, td, nav a")]
  .filter((it) => {
    const scroller = it.closest(".scroll");
    const box = it.getBoundingClientRect();
    const room = scroller ? scroller.scrollWidth : document.documentElement.clientWidth;
    const from = scroller ? scroller.getBoundingClientRect().left : 0;
    return it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).display !== "inline"
      || box.right - from > room + 1
      || scroller && getComputedStyle(scroller).overflowX !== "auto"
      || getComputedStyle(it).textOverflow === "ellipsis";
  })
  .map((it) => `${it.tagName} ${it.textContent.slice(0, 80)}`)
"""
"""What overflows its own box, or lies where no scrolling of its table brings it into view."""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(show: Show, case: str, dark: bool) -> None:
    page = show(html(case), dark=dark)
    page.ask("document.querySelector('.plate')?.focus()")
    assert page.ask(FAINT) == []
    assert page.ask("getComputedStyle(document.body).backgroundColor") == (
        "rgb(21, 24, 28)" if dark else "rgb(253, 253, 251)"
    )


FAINT = """
(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (it) => {
    for (let at = it; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
      if (a > 0) throw new Error("a half-clear background");
    }
    throw new Error("no background");
  };
  const ratio = (it, pseudo) => {
    const pair = [parts(getComputedStyle(it, pseudo).color), behind(it)].map(light);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const least = (style) => {
    const size = parseFloat(style.fontSize);
    return size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  };
  const texts = [...document.body.querySelectorAll("*")].filter((it) =>
    it.tagName !== "SCRIPT" && [...it.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  const heads = [...document.querySelectorAll(".sort")].map((it) => [it, "::after"]);
  return [...texts.map((it) => [it, null]), ...heads]
    .filter(([it, pseudo]) => ratio(it, pseudo) < least(getComputedStyle(it)))
    .map(([it, pseudo]) => `${it.tagName} ${pseudo} ${ratio(it, pseudo)} ${it.textContent}`);
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_and_lines_in_pictures_stand_out(show: Show, dark: bool) -> None:
    page = show(html("full"), dark=dark)
    words = [*map(ink, CYCLE), GREY, BLACK, "#333333"]
    paper, *shown = page.ask(PAINTED.replace("COLORS", json.dumps(["#ffffff", *words, *CYCLE])))
    plate = page.ask("getComputedStyle(document.querySelector('.plate')).backgroundColor")
    assert max(abs(a - int(b)) for a, b in zip(paper, re.findall(r"\d+", plate), strict=True)) <= 1
    contrasts = [_contrast(color, paper) for color in shown]
    assert min(contrasts[: len(words)]) >= 4.5
    assert min(contrasts[len(words) :]) >= 2.2


def test_paper_is_white_whatever_the_screen(show: Show) -> None:
    page = show(html("full"), dark=True)
    page.do("Emulation.setEmulatedMedia", media="print", features=[DARK])
    assert page.ask("getComputedStyle(document.querySelector('figure img')).filter") == "none"
    for what in (".plate", "body"):
        color = page.ask(f"getComputedStyle(document.querySelector('{what}')).backgroundColor")
        assert color == "rgb(255, 255, 255)"
    assert page.ask("getComputedStyle(document.querySelector('nav')).display") == "none"


PAINTED = """
(() => {
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  brush.filter = getComputedStyle(document.querySelector("figure img")).filter;
  return COLORS.map((color) => {
    brush.fillStyle = color;
    brush.fillRect(0, 0, 40, 40);
    return [...brush.getImageData(20, 20, 1, 1).data].slice(0, 3);
  });
})()
"""


def _contrast(a: list[int], b: list[int]) -> float:
    def light(color: list[int]) -> float:
        parts = [c / 255 for c in color]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted([light(a), light(b)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contents_are_reached_and_followed_by_keyboard(show: Show) -> None:
    page = show(html("several groups"), 390)
    page.press("Tab")
    assert page.ask("document.activeElement.className") == "skip"
    links = page.ask("document.querySelectorAll('nav a').length")
    for place in range(links):
        page.press("Tab")
        assert page.ask(
            f"document.activeElement === document.querySelectorAll('nav a')[{place}]"
            " && getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
    page.press("Enter")
    assert page.ask("location.hash") == "#provenance"
    top = page.ask("document.getElementById('provenance').getBoundingClientRect().top")
    assert -1 <= top < 900


def column(page: Page, place: int) -> list[str]:
    told: list[str] = page.ask(
        "[...document.querySelector('tbody').rows]"
        f".map(row => row.cells[{place}].textContent[0] + row.cells[{place}].textContent.at(-1))"
    )
    return told


def sort_mark(page: Page) -> list[str | None]:
    told: list[str | None] = page.ask(
        "[...document.querySelectorAll('table:first-of-type thead th')].slice(0, 3)"
        ".map(head => head.getAttribute('aria-sort'))"
    )
    return told


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_a_column_head_sorts_by_value_and_knows_the_way_back(show: Show, how: str) -> None:
    page = show(bench())

    def press(place: int) -> None:
        one = f"document.querySelectorAll('.sort')[{place}]"
        if how == "keyboard":
            page.ask(f"{one}.focus()")
            page.press("Enter")
        else:
            x, y = page.ask(
                f"(box => [box.x + 4, box.y + 4])({one}.getClientRects()[0])",
            )
            page.point(x, y, click=True)

    before = column(page, 1)
    press(1)
    assert sort_mark(page) == [None, "ascending", None]
    assert column(page, 1) == ["0)", ">9", "90", "10", "3n", "cl", "——"]
    press(1)
    assert sort_mark(page) == [None, "descending", None]
    assert column(page, 1) == ["3n", "10", "90", ">9", "0)", "cl", "——"]
    press(1)
    assert sort_mark(page) == [None, None, None]
    assert column(page, 1) == before
    press(1)
    press(2)
    assert sort_mark(page) == [None, None, "ascending"]
    assert column(page, 2) == ["aa", "bb", "cc", "dd", "ee", "ff", "gg"]
    press(0)
    assert page.ask("document.querySelector('tbody').innerText.search(/\\b9 samples/)") < page.ask(
        "document.querySelector('tbody').innerText.search(/\\b10 samples/)"
    )


def test_only_tables_of_three_rows_or_more_sort(show: Show) -> None:
    page = show(bench())
    assert page.ask("document.querySelectorAll('table')[0].querySelectorAll('button').length") == 3
    assert page.ask("document.querySelectorAll('table')[1].querySelectorAll('button').length") == 0


TOLD = (
    "(told => getComputedStyle(told).display === 'block' ? told.textContent : '')"
    "(document.querySelector('.told'))"
)


def test_a_picture_tells_the_value_nearest_to_the_mouse(show: Show) -> None:
    page = show(bench())
    assert page.ask(TOLD) == ""
    box: dict[str, Any] = page.ask(
        "document.querySelector('.plate').scrollIntoView(),"
        " document.querySelector('.plate > div').getBoundingClientRect().toJSON()"
    )
    for place, words in enumerate(BAD):
        x, y = 0.1 + 0.2 * place, 0.9 - 0.2 * place
        page.point(box["x"] + x * box["width"] + 5, box["y"] + y * box["height"] - 4)
        assert page.ask(TOLD) == words
        dot = page.ask("document.querySelector('.dot').getBoundingClientRect().toJSON()")
        assert abs(dot["x"] + dot["width"] / 2 - box["x"] - x * box["width"]) < 1.5
        assert abs(dot["y"] + dot["height"] / 2 - box["y"] - y * box["height"]) < 1.5
    page.point(2, 2)
    assert page.ask(TOLD) == ""


def test_a_picture_tells_its_values_by_keyboard_and_aloud(show: Show) -> None:
    page = show(bench())
    page.ask("document.querySelector('.sort').focus()")
    while not page.ask("document.activeElement.matches('.plate, body')"):
        page.press("Tab")
    assert page.ask(TOLD) == BAD[0]
    assert page.ask("document.querySelector('.told').getAttribute('role')") == "status"
    page.press("ArrowRight", "ArrowDown")
    assert page.ask(TOLD) == BAD[2]
    page.press("ArrowLeft", "ArrowUp", "ArrowLeft")
    assert page.ask(TOLD) == BAD[-1]
    page.press("Home")
    assert page.ask(TOLD) == BAD[0]
    page.press("Escape")
    assert page.ask(TOLD) == ""


def test_a_finger_on_a_picture_is_told_the_value_there(show: Show) -> None:
    page = show(bench(), 390)
    box = page.ask(
        "document.querySelector('.plate').scrollIntoView(),"
        " document.querySelector('.plate > div').getBoundingClientRect().toJSON()"
    )
    where = {"x": box["x"] + 0.5 * box["width"], "y": box["y"] + 0.5 * box["height"]}
    page.do("Input.dispatchTouchEvent", type="touchStart", touchPoints=[where])
    page.do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert page.ask(TOLD) == BAD[2]
    assert page.ask("document.scrollingElement.scrollWidth") <= 390


def test_without_script_the_page_says_the_same(show: Show, case: str) -> None:
    page = show(html(case))
    with_script = page.ask("document.querySelector('main').innerText")
    page.do("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page = show(html(case))
        assert page.ask("document.querySelectorAll('button, .told').length") == 0
        assert page.ask("document.querySelector('main').innerText") == with_script
    finally:
        page.do("Emulation.setScriptExecutionDisabled", value=False)
