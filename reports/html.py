"""The HTML printer: one file that needs no network and no second file, and is whole without script.

The one script sorts tables and tells the values behind pictures; a policy allows its bytes alone.
"""

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from .document import Document, Section, data


def to_html(document: Document) -> bytes:
    """Returns the document as one HTML page; the same document gives the same bytes."""
    script = _template("page.js")
    digest = "sha256-" + base64.b64encode(sha256(script.encode()).digest()).decode("ascii")
    page = _templates().get_template("page.html.j2")
    return page.render(**data(document), script=script, digest=digest).encode()


def to_fragment(section: Section) -> str:
    """Returns the blocks of a section as HTML for a page of others: no script and no style."""
    told = data(Document("", "", (section,)))
    return _templates().get_template("fragment.html.j2").render(told)


def _templates() -> Environment:
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(_template),
    )  # fmt: skip
    made.filters["embedded"] = _embedded
    made.filters["listed"] = _listed
    return made


def _template(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf8")


def _embedded(svg: str) -> str:
    """Returns an SVG as a data URI: its ids stay its own, and no script in it can run."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _listed(marks: Sequence[dict[str, float | str]]) -> str:
    """Returns marks as JSON for an attribute; the script shows them as words, never as markup."""
    rows = [[mark["x"], mark["y"], mark["text"]] for mark in marks]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
