"""`python -m apportion.docs PAGE...`: writes generated pages and outputs anew.

Outputs with lines left out (`...`) are not rewritten; what came out is printed beside them.
"""

import sys
import tempfile
from pathlib import Path

from .blocks import inside, run, trimmed
from .commands import PAGE, page
from .measured import INTERVALS, SPEED, intervals, speed


def refreshed(text: str) -> str:
    """Returns a page with every output that differs replaced by what came out."""
    made, at = "", 0
    for shown in run(text):
        if shown.agrees:
            continue
        if "\n...\n" in f"\n{shown.expected}":
            print(f"by hand: {shown.what}\n{trimmed(shown.printed)}")
            continue
        made += text[at : shown.start] + trimmed(shown.printed)
        at = shown.end
    return made + text[at:]


def main() -> None:
    """Writes the generated pages; refreshes the pages named, each in a folder of its own."""
    PAGE.write_text(page(), "utf8")
    INTERVALS.write_text(intervals(), "utf8")
    SPEED.write_text(speed(), "utf8")
    for path in [Path(name).resolve() for name in sys.argv[1:]]:
        with tempfile.TemporaryDirectory() as folder, inside(Path(folder)):
            made = refreshed(path.read_text("utf8"))
        path.write_text(made, "utf8")


if __name__ == "__main__":
    main()
