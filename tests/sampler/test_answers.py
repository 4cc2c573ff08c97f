"""Completions are read strictly: what cannot be read is nothing, never a guess."""

import pytest
from apportion.data.sampler.answers import parse

READ = [
    ("add", " 19", "19"),
    ("add", " 19.", "19"),
    ("add", " 007 apples", "7"),
    ("sub", " -4", "-4"),
    ("sub", " -0", "0"),
    ("mul", " 62.5", None),
    ("mul", " 1,200", None),
    ("add", " about 19", None),
    ("add", "", None),
    ("max", " 28 ", "28"),
    ("sort", "3, 12]", "3, 12"),
    ("sort", "3,12] and more]", "3, 12"),
    ("sort", "3, 12", None),
    ("sort", "3, x]", None),
    ("sort", "]", None),
    ("word", " 4 + 3 = 7. The answer is 7.", "7"),
    ("word", " The answer is $12", "12"),
    ("word", " 4 + 3 = 7.", None),
    ("code", " a+b  # the sum", "a + b"),
    ("code", ' s.replace(" ", "")', "s.replace(' ', '')"),
    ("code", " a +", None),
    ("code", " x = 1", None),
    ("code", "", None),
    ("code", " '\\d'", "'\\\\d'"),
    ("code", "(" * 5000, None),
    ("code", "\0", None),
]


@pytest.mark.parametrize(("family", "text", "answer"), READ)
def test_a_completion_is_read(family: str, text: str, answer: str | None) -> None:
    assert parse(family, text) == answer
