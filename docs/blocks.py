"""The code blocks of a page, run in their order: Python in one namespace, commands in one folder.

What a block is, its info string says:

    python               run; a text block right after it is what it must print
    console              each `$ apportion ...` is run, and must print the lines beneath it, if any;
                         a line `...` stands for any lines; a line `apportion: ...` means exit 2
    json title="x.jsonl" written to the file x.jsonl before the next block is run (csv, toml too)
    json, toml           must parse
    sh                   shown, not run: `NOT_RUN` in tests/test_docs.py says why
    text                 shown
"""

import contextlib
import io
import json
import os
import re
import shlex
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..cli import main

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([\w.-]+)"')
KINDS = ("python", "console", "json", "toml", "csv", "sh", "text")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its kind, its title if any, its text, and where the text lies."""

    kind: str
    title: str | None
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows as output, what came out, and where on the page it stands."""

    what: str
    expected: str
    printed: str
    start: int
    end: int

    @property
    def agrees(self) -> bool:
        """Whether what came out is what is shown, with `...` for any lines."""
        lines = [line.rstrip() for line in self.expected.rstrip("\n").split("\n")]
        made = "".join(
            r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines
        )
        return re.fullmatch(made, trimmed(self.printed)) is not None


def trimmed(text: str) -> str:
    """The text without blanks at the ends of lines or blank lines at its end."""
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n")) + "\n"


def blocks(page: str) -> list[Block]:
    """Returns the fenced blocks of a page, in order."""
    found = []
    for match in FENCE.finditer(page):
        kind, _, more = match[1].partition(" ")
        title = TITLE.fullmatch(more)
        found.append(
            Block(kind, title[1] if title else None, match[2], match.start(2), match.end(2))
        )
    return found


def run(page: str) -> Iterator[Shown]:
    """Runs the blocks of a page in the working folder, and yields every output it shows.

    Raises:
        ValueError: a command ended otherwise than the page says.
    """
    space: dict[str, object] = {}
    listed = blocks(page)
    for block, after in zip(listed, [*listed[1:], None], strict=True):
        if block.title is not None:
            Path(block.title).write_text(block.text, "utf8")
        elif block.kind == "python":
            printed = _executed(block.text, space)
            if after is not None and page[block.end : after.start].split() == ["```", "```text"]:
                yield Shown("python", after.text, printed, after.start, after.end)
        elif block.kind == "console":
            yield from _commands(block)
        elif block.kind == "json":
            json.loads(block.text)
        elif block.kind == "toml":
            tomllib.loads(block.text)


def _executed(text: str, space: dict[str, object]) -> str:
    out = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(out):
        warnings.simplefilter("error")
        exec(compile(text, "<page>", "exec"), space)
    return out.getvalue()


def _commands(block: Block) -> Iterator[Shown]:
    """Runs each `$ apportion ...` of a block and yields those whose output is shown."""
    for match in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        told = match[1].replace("\\\n", " ")
        code, printed = called(told)
        wanted = 2 if re.search(r"^apportion: ", match[2], re.MULTILINE) else 0
        if code != wanted:
            raise ValueError(f"$ {told}\nended with {code}, not {wanted}:\n{printed}")
        if match[2].strip():
            start = block.start + match.start(2)
            yield Shown(f"$ {told}", match[2], printed, start, start + len(match[2]))


def called(line: str) -> tuple[int, str]:
    """Runs one command line; returns its exit code and all it printed, as a terminal shows it."""
    name, *arguments = shlex.split(line, comments=True)
    if name != "apportion":
        raise ValueError(f"a console block runs apportion alone; got {line!r}")
    out = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue()


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Works in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
