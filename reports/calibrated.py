"""What intervals of this package have held in worlds of known truth, as benchmarks measured it."""

from dataclasses import dataclass

SOURCE = "benchmarks/calibration.json"
COMMAND = "make calibrate"


@dataclass(frozen=True, slots=True)
class Measured:
    """How often intervals of a mass held the truth: in the mean, and in the worst kind of world.

    Kinds of worlds differ in the law of difficulty, in size, and in the k that is asked about.
    """

    what: str
    mass: float
    mean: float
    least: float
    logs: int
    commit: str


MEASURED = (
    Measured("coverage in the log, these problems", 0.9, 0.891, 0.85, 1200, "a32b11e"),
    Measured("majority in the log, these problems", 0.9, 0.878, 0.76, 300, "a32b11e"),
    Measured("best-of in the log, these problems", 0.9, 0.896, 0.76, 300, "a32b11e"),
    Measured("coverage forecast to 10 times the log", 0.95, 0.961, 0.92, 2800, "6d0bb20"),
    Measured("coverage forecast to 100 times the log", 0.95, 0.968, 0.915, 2800, "6d0bb20"),
    Measured("the first accepted of at most K, in the log", 0.95, 0.964, 0.927, 1350, "adb21c1"),
    Measured("ceiling of a verifier", 0.95, 0.962, 0.92, 1350, "adb21c1"),
    Measured("promise of a plan, new problems", 0.9, 0.926, 0.877, 380, "8934f3f"),
)
"""Copied from SOURCE, which a wheel does not hold; a test compares them."""
