"""The pages hold: every block of code runs, and prints what is shown beneath it."""

import doctest
import re
import shlex
from pathlib import Path

import apportion
import pytest
from apportion.cli import cli
from apportion.docs import commands, measured
from apportion.docs.blocks import KINDS, blocks, run

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").glob("*.md"))]
NOT_RUN = {
    "README.md": "make sets up an environment; CI runs it",
    "docs/commands.md": "examples name the reader's files; the tests of each command run it",
    "docs/formats.md": "the logs are other people's; tests/data reads ones of every format",
    "docs/gpu.md": "needs a GPU",
    "docs/ranking.md": "the files are the reader's; the bundled log beneath is ranked",
    "docs/sampler.md": "needs torch and a model; make test-sampler draws",
}
"""Pages with blocks that are shown and not run, and why."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf8")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    found = blocks(text_of(page))
    assert {block.kind for block in found} <= set(KINDS)
    assert len(found) * 2 == text_of(page).count("```"), "a fence stands at the start of a line"
    assert any(block.kind == "sh" for block in found) == (page in NOT_RUN)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, marks=[] if p == "README.md" else pytest.mark.docs)
        for p in PAGES
        if blocks(text_of(p))
    ],
)
def test_the_code_of_a_page_runs_and_prints_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for shown in run(text_of(page)):
        assert shown.agrees, f"{shown.what}\n{shown.printed}"


@pytest.mark.parametrize("page", NOT_RUN)
def test_what_is_not_run_could_be(page: str) -> None:
    """Commands exist and take the options shown; targets of make are in the Makefile."""
    text = "".join(block.text for block in blocks(text_of(page)) if block.kind == "sh")
    for line in text.replace("\\\n", " ").splitlines():
        program, name, *rest = shlex.split(line, comments=True)
        if program == "apportion":
            cli.commands[name].make_context(name, rest)
        elif program == "make":
            assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
        else:
            assert program == "pip"


def test_output_that_differs_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = "```python\nprint(1)\nprint(2)\nprint(3)\n```\n\n```text\n{}\n```\n"
    assert [shown.agrees for shown in run(page.format("1\n2\n3"))] == [True]
    assert [shown.agrees for shown in run(page.format("1\n...\n3"))] == [True]
    assert [shown.agrees for shown in run(page.format("1\n...\n4"))] == [False]
    assert [shown.agrees for shown in run(page.format("1\n2"))] == [False]
    assert [shown.agrees for shown in run(page.format("1\n\n2\n3"))] == [False]


def test_a_command_that_ends_otherwise_is_seen() -> None:
    with pytest.raises(ValueError, match="ended with 2, not 0"):
        list(run("```console\n$ apportion fit nowhere.csv\n```\n"))
    with pytest.raises(ValueError, match="ended with 0, not 2"):
        list(run("```console\n$ apportion --version\napportion: no\n```\n"))


@pytest.mark.docs
def test_the_page_of_commands_is_what_the_program_says() -> None:
    """After a change of an option: python -m apportion.docs."""
    assert text_of("docs/commands.md") == commands.page()


def test_the_pages_of_what_was_measured_are_what_was_measured() -> None:
    assert text_of("docs/intervals.md") == measured.intervals()
    assert text_of("docs/speed.md") == measured.speed()


def test_the_shape_of_json_is_told() -> None:
    assert doctest.testmod(commands).failed == 0
    assert commands.shape([[{"a": 1.5}, {"a": None, "b": True}]]) == (
        "list of",
        ["a: number or null", "b: true or false"],
    )


def test_every_estimator_has_its_method_and_what_it_was_shown_to_do() -> None:
    named = set(re.findall(r"`(\w+)`", text_of("docs/functions.md")))
    for name in filter(str.islower, apportion.__all__):
        layer = getattr(apportion, name).__module__.split(".")[1]
        assert layer in ("data", "reports") or name in named, name


def anchors(page: str) -> set[str]:
    """The anchors that the headings of a page make, on GitHub and on the site alike."""
    bare = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", bare, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_links_into_pages_meet_a_heading(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([\w./-]*)#([^)]+)\)", text_of(page)):
        met = (ROOT / page).parent / target if target else ROOT / page
        assert anchor in anchors(met.resolve().relative_to(ROOT).as_posix()), f"{target}#{anchor}"
