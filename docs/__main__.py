"""`make docs-shown`: writes the page of commands, and what the named pages show as output, anew.

Outputs with lines left out (`...`) are not rewritten; what came out is printed beside them.
"""

import os
import sys
import tempfile
from pathlib import Path

from .blocks import run, trimmed

HERE = Path(__file__).resolve().parent


def refreshed(page: str) -> str:
    """Returns the page with every output that differs replaced by what came out."""
    made, at = "", 0
    for shown in run(page):
        if shown.agrees:
            continue
        if "\n...\n" in f"\n{shown.expected}":
            print(f"by hand: {shown.what}\n{trimmed(shown.printed)}")
            continue
        made += page[at : shown.start] + trimmed(shown.printed)
        at = shown.end
    return made + page[at:]


def main() -> None:
    """Refreshes the pages named, in a folder of their own."""
    for path in map(Path, sys.argv[1:]):
        path = path.resolve()
        before = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                page = refreshed(path.read_text("utf8"))
            finally:
                os.chdir(before)
        path.write_text(page, "utf8")


if __name__ == "__main__":
    main()
