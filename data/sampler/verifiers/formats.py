"""How a language model is asked for a verdict: templates, with worked examples of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..solution import Solution
from ..tasks.problem import Problem

AT_ONCE = r"\A\W*"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to ask: a template for a claim, and the two words that answer it.

    `shots` puts worked examples of the problem's family in front. `before` is the pattern of what
    stands in front of the verdict: nothing, where the model is to answer at once.
    """

    ask: str
    yes: str = " Yes"
    no: str = " No"
    shots: bool = False
    chat: bool = False
    max_tokens: int = 4
    stop: tuple[str, ...] = ()
    before: str = AT_ONCE

    @property
    def at_once(self) -> bool:
        """Whether the verdict is the first thing asked for, so that its log-odds can be read."""
        return self.before == AT_ONCE

    def prompt(self, solution: Solution) -> str:
        """Returns the whole prompt; what is asked about comes last, and is not shown before."""
        problem, asked = solution.problem, question(solution.problem)
        shown = SHOTS.get(problem.family or "", GENERAL) if self.shots else ()
        examples = [
            self.ask.format(claim=claim) + (self.yes if right else self.no)
            for claim, right in shown
            if not claim.startswith(asked)
        ]
        # In a conversation the question and the answer were two messages.
        claim = asked + ("\n" if problem.chat else "") + solution.text.rstrip()
        return "\n\n".join([*examples, self.ask.format(claim=claim)])

    def read(self, text: str) -> bool | None:
        """Returns the last verdict in a text, None where there is none.

        >>> FORMATS["shots"].read(" Yes"), FORMATS["steps"].read("2 + 2 = 5. Verdict: **No**")
        (True, False)
        """
        yes, no = self.yes.strip(), self.no.strip()
        found = re.findall(rf"{self.before}({yes}|{no})\b", text, re.IGNORECASE)
        return found[-1].lower() == yes.lower() if found else None


def question(problem: Problem) -> str:
    """What is asked, without the worked examples in front of it that bundled prompts have."""
    if problem.program is not None:
        return problem.program.header
    if problem.family is None:
        return problem.prompt
    lines = problem.prompt.splitlines()
    return "\n".join(lines[-LINES.get(problem.family, 1) :])


LINES = {"word": 2}
"""How many lines a bundled question takes, where it is more than one."""

Shots = tuple[tuple[str, bool], ...]

GENERAL: Shots = (
    ("What is 7 + 12?\n19", True),
    ("Which is larger, 0.3 or 0.25?\n0.25", False),
    ("A pen costs 3 dollars. What do 4 pens cost?\n7 dollars", False),
    ("Simplify 6/8.\n3/4", True),
    ("What is the next prime after 7?\n9", False),
    ("Which planet is closest to the sun?\nMercury", True),
)

SHOTS: dict[str, Shots] = {
    "add": (
        ("7 + 12 = 19", True),
        ("34 + 25 = 49", False),
        ("8 + 9 = 16", False),
        ("41 + 17 = 58", True),
        ("26 + 36 = 62", True),
        ("55 + 21 = 77", False),
    ),
    "sub": (
        ("15 - 8 = 7", True),
        ("64 - 31 = 35", False),
        ("9 - 4 = 3", False),
        ("48 - 17 = 31", True),
        ("70 - 25 = 45", True),
        ("52 - 38 = 24", False),
    ),
    "mul": (
        ("6 * 4 = 24", True),
        ("15 * 3 = 35", False),
        ("7 * 8 = 54", False),
        ("12 * 5 = 60", True),
        ("9 * 9 = 81", True),
        ("13 * 4 = 42", False),
    ),
    "max": (
        ("max(3, 9, 4) = 9", True),
        ("max(12, 7) = 7", False),
        ("max(18, 2, 11, 5) = 18", True),
        ("max(6, 13, 8) = 8", False),
        ("max(20, 1) = 20", True),
        ("max(4, 16, 10) = 4", False),
    ),
    "sort": (
        ("sorted([9, 2, 14]) == [2, 9, 14]", True),
        ("sorted([7, 3]) == [7, 3]", False),
        ("sorted([12, 5, 8]) == [5, 8, 12]", True),
        ("sorted([6, 1, 4]) == [1, 6, 4]", False),
        ("sorted([11, 10]) == [10, 11]", True),
        ("sorted([3, 15, 2]) == [2, 3, 14]", False),
    ),
    "sums": (
        ("5 + 3 + 6: 5 + 3 = 8, 8 + 6 = 14", True),
        ("2 + 7 + 4: 2 + 7 = 9, 9 + 4 = 14", False),
        ("8 + 1 + 5 + 7: 8 + 1 = 9, 9 + 5 = 13, 13 + 7 = 20", False),
        ("3 + 9 + 6 + 2: 3 + 9 = 12, 12 + 6 = 18, 18 + 2 = 20", True),
        ("7 + 6 + 1 + 4 + 9: 7 + 6 = 13, 13 + 1 = 14, 14 + 4 = 18, 18 + 9 = 27", True),
        ("9 + 2 + 8: 9 + 2 = 11, 11 + 2 = 13", False),
    ),
    "word": (
        (
            "Q: Max has 4 pens and gets 3 more. How many pens does Max have now?\n"
            "A: 4 + 3 = 7. The answer is 7.",
            True,
        ),
        (
            "Q: Kim has 9 cards and gets 6 more. How many cards does Kim have now?\n"
            "A: 9 - 6 = 3. The answer is 3.",
            False,
        ),
        (
            "Q: Lou has 8 caps, buys 5 more and then loses 2. How many caps does Lou have now?\n"
            "A: 8 + 5 = 13. 13 - 2 = 11. The answer is 11.",
            True,
        ),
        (
            "Q: Eva has 7 cups, buys 4 more and then loses 6. How many cups does Eva have now?\n"
            "A: 7 + 4 = 12. The answer is 12.",
            False,
        ),
    ),
    "code": (
        ('def is_even(n):\n    """Return True if n is even."""\n    return n % 2 == 0', True),
        ('def triple(x):\n    """Return x multiplied by three."""\n    return x + 3', False),
        ('def tail(s):\n    """Return the last character of s."""\n    return s[-1]', True),
        ('def negate(x):\n    """Return x with its sign changed."""\n    return abs(x)', False),
    ),
}

FORMATS: dict[str, Format] = {
    "shots": Format("{claim}\nIs this right?", shots=True, stop=("\n",)),
    "labels": Format("{claim}\nThis is", " correct", " wrong", shots=True, stop=("\n",)),
    "chat": Format(
        "Here is a question and a proposed answer.\n\n{claim}\n\n"
        "Is the proposed answer correct? Reply with one word, Yes or No.",
        "Yes",
        "No",
        chat=True,
    ),
    "steps": Format(
        "Here is a question and a proposed answer.\n\n{claim}\n\n"
        "Check the proposed answer step by step. "
        "Then say on a last line 'Verdict: Yes' if it is correct, or 'Verdict: No' if it is not.",
        "Yes",
        "No",
        chat=True,
        max_tokens=256,
        before=r"verdict\W*",
    ),
}
"""After Zhang et al. 2024 (generative verifiers), Kadavath et al. 2022 (P(True))."""
