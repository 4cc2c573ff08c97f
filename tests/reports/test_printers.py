"""The laws of the printers: inert, self-contained, the same bytes each time, open to everyone."""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest
from apportion.analysis.curve import Curve
from apportion.data.errors import InputError
from apportion.fitting.fit import Fit
from apportion.planner.plan import Plan
from apportion.reports import figures, marks, page
from apportion.reports.document import Document as Doc
from apportion.reports.document import Doubts, Picture, Section, data
from apportion.reports.html import to_html
from apportion.reports.pdf import to_pdf
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from . import made

COMMAND = "apportion report made-up-log.jsonl --seed 7 -o report.html"
CASES: dict[str, Callable[[], tuple[Fit, Plan | None]]] = {
    "full": lambda: (made.fit(), made.plan()),
    "no plan": lambda: (made.fit(), None),
    "several groups": lambda: (made.fit(3), made.plan()),
    "hostile": made.hostile,
    "silent": lambda: (made.silent(), made.lost_plan()),
    "bare": lambda: (made.bare(), None),
    "empty": lambda: (Fit((), (), 0, 0.9), None),
}


@cache
def report(case: str) -> Doc:
    fit, plan = CASES[case]()
    title = made.HOSTILE[0] if case == "hostile" else "A made-up report"
    return page.document(fit, plan, title=title, command=COMMAND, version="0.0")


@cache
def html(case: str) -> str:
    return to_html(report(case)).decode()


@cache
def pdf(case: str) -> bytes:
    return to_pdf(report(case))


@cache
def words(case: str) -> str:
    pages = PdfReader(io.BytesIO(pdf(case))).pages
    return re.sub(r"\s+", " ", " ".join(page_.extract_text() for page_ in pages))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Tags(HTMLParser):
    """Collects every tag with its attributes, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def pictures(document: Doc) -> list[Picture]:
    return [b for s in document.sections for b in s.blocks if isinstance(b, Picture)]


def test_the_html_fetches_nothing_and_runs_its_one_script_alone(case: str) -> None:
    page_ = Tags(html(case))
    links = [v for _, a in page_.tags for k, v in a.items() if k in {"src", "href"}]
    assert all(link and link.startswith(("#", "data:")) for link in links)
    assert page_.all("script") == [{}]
    script = re.search("<script>(.*?)</script>", html(case), re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    [policy] = [a["content"] for a in page_.all("meta") if "http-equiv" in a]
    assert policy is not None
    assert f"default-src 'none'; script-src 'sha256-{digest}';" in policy
    assert not re.search(r"HTML|insertAdjacent|document\.write|eval|fetch|import", script[1])
    assert not [k for _, a in page_.tags for k in a if k.startswith("on")]
    style = re.search("<style>.*?</style>", html(case), re.DOTALL)
    assert style is not None
    assert "url(" not in style[0]
    assert "@import" not in style[0]


def test_the_html_has_unique_ids_and_every_link_finds_its_own(case: str) -> None:
    page_ = Tags(html(case))
    ids = [a["id"] for _, a in page_.tags if "id" in a]
    assert len(ids) == len(set(ids))
    inner = [a["href"] for a in page_.all("a")]
    assert {link[1:] for link in inner if link} <= set(ids)
    assert all(a.get("aria-labelledby", ids[0]) in ids for _, a in page_.tags)


def test_the_html_is_built_for_everyone(case: str) -> None:
    page_ = Tags(html(case))
    assert page_.all("html")[0]["lang"] == "en"
    assert page_.all("a")[0]["href"] == "#content"
    assert len(page_.all("h1")) == len(page_.all("main")) == 1
    assert all(head.get("scope") in {"row", "col"} for head in page_.all("th"))
    assert len(page_.all("caption")) == len(page_.all("table"))
    assert all(len(image["alt"] or "") > 20 for image in page_.all("img"))


def test_pictures_have_words_and_are_small(case: str) -> None:
    for picture in pictures(report(case)):
        assert picture.alt.strip()
        assert picture.caption.strip()
        assert len(picture.svg) < 150_000
        assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", picture.svg)


@pytest.mark.parametrize("name", ["coverage", "voting", "verification-1", "allocation", "summary"])
def test_marks_stand_where_the_picture_draws_their_values(name: str) -> None:
    [picture] = [p for p in pictures(report("full")) if p.name == name]
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture.svg)
    assert size is not None
    width, height = map(float, size.groups())
    ends = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"|[ML] ([\d.]+) ([\d.]+)', picture.svg)
    drawn = np.array([[float(a or c), float(b or d)] for a, b, c, d in ends])
    assert len(picture.marks) >= 5
    for mark in picture.marks:
        away = np.abs(drawn - [mark.x * width, mark.y * height]).max(axis=1)
        assert away.min() < 0.1, mark
        assert re.search(r"\d\.\d+ \(.* to .*\), 90%$", mark.text), mark


def test_no_mark_is_told_where_nothing_is_known() -> None:
    axes = figures.canvas()[1]
    curve = Curve(np.array([1, 2]), np.full((5, 2), np.nan))
    assert marks.along(axes, [("coverage", curve)]) == ()
    assert marks.at(axes, [(0.5, 0.5, "in"), (2.0, 0.5, "beyond the axes")])[0].text == "in"


def test_paper_says_nothing_of_marks() -> None:
    [first] = pictures(report("full"))[:1]
    section = Section("only", "Only", (first,))
    bare = Section("only", "Only", (replace(first, marks=()),))
    assert to_pdf(Doc("t", "s", (section,))) == to_pdf(Doc("t", "s", (bare,)))


def test_the_same_document_gives_the_same_bytes(case: str) -> None:
    assert to_html(report(case)).decode() == html(case)
    assert to_pdf(report(case)) == pdf(case)


def test_the_same_results_give_the_same_document() -> None:
    assert report.__wrapped__("full") == report("full")


def test_the_pages_are_small(case: str) -> None:
    assert len(html(case)) < 2_000_000
    assert len(pdf(case)) < 2_000_000


def test_the_pdf_has_selectable_words_and_an_outline(case: str) -> None:
    reader = PdfReader(io.BytesIO(pdf(case)))
    assert "Where this comes from" in words(case)
    assert f"{len(reader.pages)} / {len(reader.pages)}" in words(case)
    assert len(reader.outline) >= 4
    assert "/StructTreeRoot" in reader.root_object


def test_the_pdf_says_in_words_what_its_pictures_show() -> None:
    reader = PdfReader(io.BytesIO(pdf("full")))
    size = int(str(reader.trailer["/Size"]))
    objects = [reader.get_object(i) for i in range(1, size)]
    alts = {str(o.get("/Alt")) for o in objects if isinstance(o, DictionaryObject) and "/Alt" in o}
    assert {picture.alt for picture in pictures(report("full"))} <= alts


def test_the_pdf_refers_to_nothing_outside(case: str) -> None:
    for action in (b"/URI", b"/JavaScript", b"/Launch", b"/GoToR"):
        assert action not in pdf(case)


def test_names_from_a_log_show_as_they_are_and_do_nothing() -> None:
    source = html("hostile")
    text = " ".join(Tags(source).text)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7*7 }}" in text
    for shown in (text, words("hostile")):
        assert "/etc/passwd" in shown
        assert "root:" not in shown
        assert r"\x1b[31m" in shown
        assert r"\u202e" in shown
        assert r"\ud800" in shown
    acting = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200f]")
    assert not acting.search(source)


def test_data_is_json_and_inert(case: str) -> None:
    text = json.dumps(data(report(case)), ensure_ascii=False)
    assert not re.search("[\x1b\u202e\ud800]", text)


@pytest.mark.parametrize("name", ["report.docx", "report", "html"])
def test_an_unknown_suffix_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.html or \.pdf; got") as caught:
        page.write(report("bare"), tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_suffix_names_the_printer(tmp_path: Path) -> None:
    document = report("bare")
    for name, start in (("a.html", b"<!doctype html>"), ("b.PDF", b"%PDF-")):
        page.write(document, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


def test_long_logs_cannot_flood_the_page() -> None:
    fit, _ = CASES["full"]()
    long = page.document(fit, None, title="x" * 10**6, command="y" * 10**6, version="0")
    assert len(to_html(long)) < 2_000_000


def test_doubts_are_printed_in_both() -> None:
    blocks = [block for section in report("full").sections for block in section.blocks]
    said = [line for block in blocks if isinstance(block, Doubts) for line in block.sentences]
    text = " ".join(Tags(html("full")).text)
    assert said
    assert all(line in text for line in said)
    assert all(line[:30] in words("full") for line in said)


def test_the_html_is_valid(case: str) -> None:
    parser = html5lib.HTMLParser(strict=True)
    whole = parser.parse(html(case))
    assert whole.find(".//{*}main") is not None
    with pytest.raises(html5lib.html5parser.ParseError):
        parser.parse(html(case).replace("</main>", "</p></main>"))


def test_the_bookmarks_of_the_pdf_are_the_contents_of_the_page(case: str) -> None:
    reader = PdfReader(io.BytesIO(pdf(case)))

    def titles(marks: list[Any]) -> list[str]:
        return [
            title
            for mark in marks
            for title in (titles(mark) if isinstance(mark, list) else [str(mark.title)])
        ]

    parts = data(report(case))["parts"]
    assert isinstance(parts, list)
    wanted = [
        name
        for part in parts
        for name in (part["title"], *(section["title"] for section in part["sections"]))
        if name
    ]

    def plain(names: list[str]) -> list[str]:
        return [re.sub(r"[\s\u200b\u200e]", "", name) for name in names]

    assert plain(titles(reader.outline)) == plain(wanted)


def test_the_pdf_is_tagged_and_says_its_language_and_title(case: str) -> None:
    reader = PdfReader(io.BytesIO(pdf(case)))
    root = reader.root_object
    tags = root["/MarkInfo"].get_object()
    assert isinstance(tags, DictionaryObject)
    assert str(tags["/Marked"]) == "True"
    assert str(root["/Lang"]) == "en"
    assert reader.metadata is not None
    assert (reader.metadata.title or "").replace("\u200b", "") == report(case).title
