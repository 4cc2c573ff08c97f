"""The HTML printer: one file that needs no network, no script and no second file."""

import base64
from importlib import resources

from jinja2 import Environment, StrictUndefined

from .document import Document, data


def to_html(document: Document) -> bytes:
    """Returns the document as one HTML page; the same document gives the same bytes."""
    source = resources.files(__package__).joinpath("templates/page.html.j2").read_text("utf8")
    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters["embedded"] = _embedded
    return page.from_string(source).render(data(document)).encode()


def _embedded(svg: str) -> str:
    """Returns an SVG as a data URI: its ids stay its own, and no script in it can run."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
