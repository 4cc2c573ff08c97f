"""The page docs/commands.md: every command as click knows it, and what it prints with --json."""

import inspect
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ..cli import cli
from ..options import COMMON, READING, SPENDING
from .blocks import called, inside

PAGE = Path(__file__).resolve().parent / "commands.md"
BATTLES = "item,left,right,winner\n" + "".join(
    f"q{i},{'ab'[i % 2]},{'cb'[i % 2 - 1]},{('left', 'right', 'tie')[i % 3]}\n" for i in range(12)
)
RUNS = "problem,solutions,verdicts,n,c\n" + "".join(
    f"q{i},{s},{v},8,{min(8, (i + s + v) // 3)}\n"
    for i in range(12)
    for s in (1, 2, 4)
    for v in (1, 3)
)
LOSSES = "parameters,tokens,loss\n" + "".join(
    f"{n},{d},{1.7 + 400 * n**-0.34 + 410 * d**-0.28 + 0.001 * (i % 3)}\n"
    for i, (n, d) in enumerate((10.0**a, 10.0**b) for a in (7, 8, 9) for b in (9, 10, 11))
)
THINKING = "problem,budget,n,c\n" + "".join(
    f"q{i},{256 * 2**j},8,{min(8, 2 + (i + 2 * j) % 5 + j // 2)}\n"
    for i in range(12)
    for j in range(4)
)
SCORES = "model,compute,problem,correct,others,best_other\n" + "".join(
    f"m{m},{10.0**m},p{p},{-6 + 0.6 * m - p / 8},{-3 - (m * p % 5) / 3},{-4 - (m * p % 5) / 3}\n"
    for m in range(7)
    for p in range(12)
)
SMALL, LARGE = ("problem,n,c\n" + "".join(f"p{i},{n},{i}\n" for i in range(12)) for n in (40, 20))
FILES = {
    "battles.csv": BATTLES,
    "runs.csv": RUNS,
    "losses.csv": LOSSES,
    "thinking.csv": THINKING,
    "scores.csv": SCORES,
    "small.csv": SMALL,
    "large.csv": LARGE,
}
"""What the commands below read, beside what they write."""
PRINTED = {
    "simulate": "simulate --problems 16 --samples 8 --verdicts 2 -o log",
    "export": "export log --as tidy -o samples.jsonl",
    "read": "read samples.jsonl -o trace",
    "fit": "fit log --target 0.5",
    "plan": "plan log --budget 1500 -o plan.json",
    "check": "check plan.json log",
    "figure": "figure coverage log -o coverage.svg",
    "report": "report log -o report.html --only coverage",
    "policies": "policies log --budget 4 --unit samples",
    "next": "next log --budget 1500",
    "design": "design --prior a=1,b=2 --want coverage@4:0.1 --max-samples 4",
    "rank": "rank battles.csv",
    "knobs": "knobs runs.csv --knob solutions --knob verdicts --at solutions=8,verdicts=3"
    " --budget 900 --price 100:solutions",
    "outcomes": "outcomes scores.csv",
    "exchange": "exchange small.csv large.csv --larger 14 --ratio 22",
    "budgets": "budgets thinking.csv --at 4096",
    "across": "across small.csv large.csv --same --at 1,4",
    "losses": "losses losses.csv --law chinchilla --at parameters=1e10,tokens=1e12 --flops 1e22",
}
"""What is run for the shape of a command's JSON, in this order; the others' is told by --help."""
INTERVAL = ("estimate", "low", "high", "mass", "for")
HEAD = """# Commands

Made from the program by `make docs`. `TRACE` is a trace directory, a file that
[apportion reads](formats.md), or `example:NAME` for a bundled log (`smollm2`, `smollm2-deep`,
`smollm2-heat`). Exit codes: 0 done, 2 the input is at fault (one line says how), 1 a bug.

An *interval* in JSON is `{"estimate": x, "low": a, "high": b, "mass": 0.9, "for": "these"}`, where
`for` says whether it is for these problems, for `new` ones, or for a `check`. What is not known is
null, never 0. Shapes are those of a small simulated log: fields that it leaves empty show as `list`
or `null`, and names that come from a log (levels, models, units) differ with it.
"""


@click.command()
@READING
def _reading() -> None: ...


@click.command()
@SPENDING
def _spending() -> None: ...


@click.command()
@COMMON
def _common() -> None: ...


SHARED = (
    ("Options on reading", _reading, "Commands that take a log take these."),
    ("Options on spending", _spending, "Commands that plan take these."),
    ("Options of every command", _common, "Most commands take these."),
)


def page() -> str:
    """Returns the page as Markdown."""
    shared = {row for _, command, _ in SHARED for row in options(command)}
    shapes = printed()
    parts = [HEAD]
    for title, command, sentence in SHARED:
        parts += [f"## {title}\n", f"{sentence}\n", _table(options(command))]
    for name, command in cli.commands.items():
        parts += _told(name, command, shared, shapes.get(name, ""))
    return "\n".join(parts)


def _told(
    name: str, command: click.Command, shared: set[tuple[str, str]], shape: str
) -> Iterator[str]:
    prose, _, example = inspect.cleandoc(command.help or "").partition("\n\b\n")
    context = click.Context(command, info_name=f"apportion {name}")
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"## apportion {name}\n"
    yield f"{prose.strip()}\n"
    yield f"```text\napportion {name} {pieces}\n```\n"
    lines = [line.removeprefix("Example:").strip() for line in example.splitlines()]
    yield "```sh\n" + "\n".join(line for line in lines if line) + "\n```\n"
    own = [row for row in options(command) if row not in shared]
    if own:
        yield _table(own)
    if rest := _shared(options(command)):
        yield f"Also {rest}.\n"
    if shape:
        yield f"With `--json`:\n\n```text\n{shape}```\n"


def _shared(rows: Sequence[tuple[str, str]]) -> str:
    """Names the sections whose options are all here, and the options of the others that are."""
    told = []
    for title, command, _ in SHARED:
        of = options(command)
        here = [left.split(" ")[0] for left, right in of if (left, right) in rows]
        if len(here) == len(of):
            anchor = title.lower().replace(" ", "-")
            told.append(f"the [{title[0].lower()}{title[1:]}](#{anchor})")
        else:
            told += [f"`{name}`" for name in here]
    return ", ".join(told)


def options(command: click.Command) -> list[tuple[str, str]]:
    """Returns each option as it is written, and its help."""
    context = click.Context(command)
    records = [p.get_help_record(context) for p in command.params if isinstance(p, click.Option)]
    return [(left, right) for left, right in filter(None, records)]


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = [(left.replace("|", ", "), right.replace("|", "\\|")) for left, right in rows]
    lines = [f"| `{left}` | {right.replace('<', '&lt;')} |" for left, right in cells]
    return "\n".join(["| option | means |", "|---|---|", *lines, ""])


def printed() -> dict[str, str]:
    """Runs the commands of `PRINTED` and returns the shape of the JSON of each."""
    shapes = {}
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder)):
        for name, text in FILES.items():
            Path(name).write_text(text, "utf8")
        for name, line in PRINTED.items():
            code, out = called(f"apportion {line} --json")
            if code:
                raise ValueError(f"apportion {line} ended with {code}: {out}")
            object_ = next(text for text in out.splitlines() if text.startswith("{"))
            shapes[name] = "".join(f"{row}\n" for row in shape([json.loads(object_)])[1])
    return shapes


def shape(values: Sequence[object]) -> tuple[str, list[str]]:
    """Returns what all these values are, in a word, and a line for each field they have.

    >>> shape([{"k": 1, "doubts": []}, {"k": None, "doubts": ["a"]}])
    ('', ['k: number or null', 'doubts: list of text'])
    """
    some = [value for value in values if value is not None]
    maybe = " or null" if some and len(some) < len(values) else ""
    fields = [value for value in some if isinstance(value, dict)]
    if fields:
        return _fields(fields, maybe)
    listed = [value for value in some if isinstance(value, list)]
    if listed:
        word, lines = shape([x for value in listed for x in value])
        return ("list of " + word).removesuffix(" of null").rstrip() + maybe, lines
    words = dict.fromkeys(_word(value) for value in some)
    return (" or ".join(words) or "null") + maybe, []


def _fields(fields: Sequence[dict[str, object]], maybe: str) -> tuple[str, list[str]]:
    names = dict.fromkeys(name for value in fields for name in value)
    is_interval = set(INTERVAL) <= set(names)
    lines = []
    for name in names:
        if is_interval and name in INTERVAL:
            continue
        word, nested = shape([value[name] for value in fields if name in value])
        lines += [f"{name}: {word}".rstrip(), *(f"  {line}" for line in nested)]
    return ("interval" if is_interval else "") + maybe, lines


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "number" if isinstance(value, int | float) else "text"
