"""The PDF printer: the same document set by typst, with bookmarks, page numbers and tags."""

import json
from importlib import resources
from typing import Literal

import typst

from .document import Document, data

STAMP = 946684800
"""The creation time written into every file, 2000-01-01 UTC: a clock would vary the bytes."""


def to_pdf(document: Document) -> bytes:
    """Returns the document as a PDF; the same document gives the same bytes.

    The text reaches typst as JSON and is never parsed as markup. Only the fonts inside typst are
    used, so the pages do not depend on the machine; a letter that they lack shows as a box.
    """
    text = json.dumps(data(document))
    try:
        return _compiled(text, "ua-1")
    except typst.TypstError:
        # PDF/UA refuses letters that no font has, such as a problem named in Chinese.
        return _compiled(text, "1.7")


def _compiled(text: str, standard: Literal["ua-1", "1.7"]) -> bytes:
    return typst.compile(
        resources.files(__package__).joinpath("templates/page.typ").read_bytes(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"document": text},
        pdf_standards=standard,
        timestamp=STAMP,
    )
