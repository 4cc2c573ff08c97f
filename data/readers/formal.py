"""Answers that are formulas: read from a box and compared in their normal form."""

from ..sampler.graders import latex
from ..sampler.graders.ending import boxed, told
from .intake import Intake
from .regrade import answered, same

UNSURE = (
    "samples whose answer and gold are formulas that differ in writing, so that whether they are"
    " right is not known: {:,}; --answer or a graded log would tell"
)


def stated(text: str) -> str | None:
    """Returns the answer of a solution: what its last box holds, else what follows `answer is`."""
    found = boxed(text)
    found = told(text) if found is None else found
    return found[: latex.LONGEST].strip() or None if found else None


def alike(answer: str | None, gold: str | None) -> bool | None:
    """Tells whether two formulas are one; None where they differ and neither is a plain number.

    An answer that was never given is wrong.

    >>> alike(r"\\frac12", "0.5"), alike("7", "8"), alike("x+1", "1+x"), alike(None, "8")
    (True, False, None, False)
    """
    if gold is None:
        return None
    if answer is None:
        return False
    one, other = (latex.normal(text[: latex.LONGEST]) for text in (answer, gold))
    if one == other:
        return True
    return False if latex.is_number(one) or latex.is_number(other) else None


class Formulas:
    """Grades texts against formulas, by the user's pattern if there is one, and counts doubts."""

    def __init__(self, intake: Intake):
        self._pattern = intake.asked.answer
        self.unsure = 0

    @property
    def asked(self) -> bool:
        """Whether the user gave a pattern, whose answers stand above what the log says."""
        return self._pattern is not None

    def read(
        self, text: str | None, gold: str | None, *, kept: str | None = None
    ) -> tuple[str | None, bool | None]:
        """Returns the answer (the log's own if it kept one) and whether it is right."""
        if self._pattern is not None:
            answer = None if text is None else answered(self._pattern, text)
            return answer, None if text is None else same(answer, gold)
        if text is None and kept is None:
            return None, None
        answer = stated(text) if kept is None and text is not None else kept
        right = alike(answer, gold)
        self.unsure += right is None and gold is not None
        return answer, right

    def tell(self, intake: Intake) -> None:
        """Tells the user how many samples are left without a grade."""
        if self.unsure:
            intake.note(UNSURE.format(self.unsure))
