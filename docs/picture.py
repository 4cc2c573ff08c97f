"""Draws docs/coverage.svg, the picture of the README: python -m apportion.docs.picture."""

from pathlib import Path

from ..data.examples import example
from ..data.readers import read
from ..fitting.group import fit
from ..reports.coverage import picture

PICTURE = Path(__file__).resolve().parent / "coverage.svg"


def main() -> None:
    """Fits the bundled log and writes its picture of coverage."""
    made = fit(read(example("smollm2")))
    PICTURE.write_text(picture(made.groups[0]).svg, "utf8")


if __name__ == "__main__":
    main()
