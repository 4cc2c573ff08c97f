"""Document: what a report says, as plain data that every printer can print."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Literal

Align = Literal["left", "right", "code"]
Tone = Literal["plain", "lead", "note"]

LONGEST = 4000
"""Characters beyond which a single text is cut: a log must not be able to flood the page."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; `lead` is set larger, `note` smaller."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied as it stands, such as a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column and how its cells stand: words left, numbers right, digests as code."""

    name: str
    align: Align = "right"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under named columns; the first cell of a row names the row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value in a picture: where it stands, from the left and from the top in shares, in words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as the text of an SVG, with what it shows in words for those who cannot see it.

    A page that can be pointed at tells the `marks`; on paper they are left out.
    """

    name: str
    caption: str
    alt: str
    svg: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubts:
    """Sentences on what may be wrong, printed where nobody overlooks them."""

    sentences: tuple[str, ...]
    title: str = "Doubts"


Block = Prose | Code | Table | Picture | Doubts


@dataclass(frozen=True, slots=True)
class Section:
    """A titled run of blocks; sections of the same non-empty `part` stand together under it."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A title and its sections, in reading order; section ids are unique."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    language: str = "en"

    def __post_init__(self) -> None:
        ids = [section.id for section in self.sections]
        if len(set(ids)) < len(ids):
            raise ValueError(f"section ids must be unique; got {ids}")


def inert(text: str) -> str:
    """Returns the text on one line, with every character that acts instead of showing spelled out.

    Terminal escapes, marks that reverse the reading order, lone surrogates and unassigned
    characters turn into their code point; white space becomes a space.

    >>> inert("red \\x1b[31m and \\u202eback")
    'red \\\\x1b[31m and \\\\u202eback'
    """
    shown = "".join(_shown(c) for c in text[:LONGEST])
    return shown + ("…" if len(text) > LONGEST else "")


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character).startswith("C"):
        return character.encode("unicode_escape").decode("ascii")
    return character


RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")


def _steady(text: str) -> str:
    """Closes each run of right-to-left letters, so that the numbers after it keep their order."""
    return RIGHT_TO_LEFT.sub(lambda run: run.group() + "\u200e", text)


def data(document: Document) -> dict[str, object]:
    """Returns the document as JSON types, its sections gathered into parts and its text inert."""
    parts = groupby(document.sections, key=lambda section: section.part)
    return {
        "title": _steady(inert(document.title)),
        "subtitle": _steady(inert(document.subtitle)),
        "language": inert(document.language),
        "parts": [
            {"title": _steady(inert(name)), "sections": [_section(section) for section in sections]}
            for name, sections in parts
        ],
    }


def _section(section: Section) -> dict[str, object]:
    return {
        "id": section.id,
        "title": inert(section.title),
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> dict[str, object]:
    plain = {name: _cleaned(value) for name, value in asdict(block).items() if name != "svg"}
    drawing = {"svg": block.svg} if isinstance(block, Picture) else {}
    return {"kind": type(block).__name__.lower(), **plain, **drawing}


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return _steady(inert(value))
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item) for item in value]
    return value
