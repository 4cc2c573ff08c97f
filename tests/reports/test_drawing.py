"""One picture by its name: every format, the same bytes, one group of several, clear refusals."""

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apportion as ap
import pytest
from apportion.cli import cli
from apportion.data.errors import InputError
from apportion.reports import drawing, page
from apportion.reports.making import Results

from . import beside, made
from .test_printers import CASES

STARTS = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}
Ran = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("form", STARTS)
@pytest.mark.parametrize("name", [n for n in page.names() if n != "ways"])
def test_every_picture_has_the_same_bytes_in_every_format(
    name: str, form: str, tmp_path: Path
) -> None:
    plan = replace(made.plan(), limits=beside.LIMITS)
    whole = Results(made.fit(2), plan, None, beside.evidence())
    for path in (tmp_path / f"a{form}", tmp_path / f"b{form.upper()}"):
        drawing.figure(name, whole, path)
    [first, second] = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert first.startswith(STARTS[form])
    assert first == second
    assert len(first) < 300_000


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", page.names())
def test_a_picture_is_drawn_or_refused_in_one_line(name: str, case: str) -> None:
    fit, plan = CASES[case]()
    results = Results(fit, plan, "nobody asked for one")
    lone = {*page.PLANNED, "ranking", "change", "roc"}
    if case == "full":
        assert plan is not None
        results = Results(fit, replace(plan, limits=beside.LIMITS), None, beside.evidence())
    able = case == "full" or (case == "no plan" and name not in lone)
    if name != "ways" and able:
        assert drawing.figure(name, results).axes[0].has_data()
    elif name == "ways" or name in lone - {"allocation"} or case in {"empty", "silent"}:
        with pytest.raises(InputError, match=f"^the picture '{name}' [^\n]*$"):
            drawing.figure(name, results)
    else:
        with contextlib.suppress(InputError):
            assert drawing.figure(name, results).axes[0].has_data()


def test_python_has_the_same_door() -> None:
    assert ap.figure is drawing.figure


def test_a_group_is_chosen_by_number_or_name(tmp_path: Path) -> None:
    fit = made.fit(3)

    def drawn(group: int | str | None) -> bytes:
        drawing.figure("coverage", fit, tmp_path / "c.svg", group=group)
        return (tmp_path / "c.svg").read_bytes()

    second = drawn(2)
    assert second == drawn("2") == drawn("model-1-made-up · T=0.7")
    assert second != drawn(1) == drawn(None)
    told = r"--group .* one of 1 \(model-0.*3 \(model-2.*; got 'model-7"
    with pytest.raises(InputError, match=told):
        drawn("model-7-made-up · T=0.7")
    with pytest.raises(InputError, match="got 4"):
        drawn(4)


@pytest.fixture
def run(run: Ran) -> Ran:
    """Runs the command line beside a small log."""
    Path("counts.csv").write_text("problem,n,c\na,8,2\nb,8,5\nc,8,0\nd,8,8\n")
    return run


def test_the_command_writes_a_picture_and_says_where(run: Ran) -> None:
    code, out, _ = run("figure", "coverage", "counts.csv", "-o", "a.svg", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["figure"] == "a.svg"
    assert told["doubts"]
    assert run("figure", "difficulty", "counts.csv", "-o", "b.png")[:2] == (0, "b.png\n")
    assert run("figure", "allocation", "counts.csv", "--budget", "4", "-o", "c.pdf")[0] == 0
    for name, start in (("a.svg", b"<svg"), ("b.png", b"\x89PNG"), ("c.pdf", b"%PDF")):
        assert Path(name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["covrage", "counts.csv", "-o", "a.svg"], "coverage, difficulty, .*did you mean 'coverag"),
        (["coverage", "counts.csv", "-o", "a.gif"], r"ends in \.svg, \.png or \.pdf; got 'a\.gif'"),
        (["voting", "counts.csv", "-o", "a.svg"], "'voting' needs answers or scores"),
        (["verification", "counts.csv", "-o", "a.svg"], "needs verdicts"),
        (["coverage", "counts.csv", "-o", "no/where/a.svg", "--group", "3"], r"of 1 \(.*got '3'"),
        (["coverage", "counts.csv", "--strict", "-o", "a.svg"], "--strict: "),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line_and_leaves_nothing(
    run: Ran, arguments: list[str], told: str
) -> None:
    code, out, err = run("figure", *arguments)
    assert (code, out) == (2, "")
    [said] = [line for line in err.splitlines() if line.startswith("apportion: ")]
    assert re.search(told, said), said
    assert [path.name for path in Path().iterdir()] == ["counts.csv"]


def test_the_help_names_every_picture() -> None:
    told = " ".join((cli.commands["figure"].help or "").split())
    assert f"NAME is {', '.join(page.names()[:-1])} or {page.names()[-1]}." in told
