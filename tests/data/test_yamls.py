"""YAML that means harm, or is broken, ends in one line about the file."""

from pathlib import Path

import pytest
from apportion.data.errors import InputError
from apportion.data.readers.yamls import mapping

REFUSED = {
    "deep": (b"samples: " + b"[" * 100_000, "nest 64 deep"),
    "alias": (b"a: &x [1]\nb: *x\n", "aliases are refused"),
    "object": (b"a: !!python/object/apply:os.getcwd []", "not readable YAML"),
    "twice": (b"a: 1\nb: {c: 1}\na: 2\n", "state a key once; got 'a' twice"),
    "bytes": (b"\x00\xff\xfe", "not readable YAML"),
    "list": (b"- 1", "must be a YAML object"),
    "empty": (b"", "must be a YAML object"),
    "two": (b"a: 1\n---\nb: 2\n", "not readable YAML"),
    "vast": (b"a: " + b"9" * 6000, "not readable YAML"),
    "date": (b"a: 2001-99-99", "not readable YAML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_object_is_refused(name: str, tmp_path: Path) -> None:
    data, sentence = REFUSED[name]
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=sentence) as caught:
        mapping(path)
    assert str(path) in str(caught.value)


def test_a_key_may_stand_in_several_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: {x: 1}\nb: [{x: 2}, {x: 3}]\nx: 4\n")
    assert mapping(path) == {"a": {"x": 1}, "b": [{"x": 2}, {"x": 3}], "x": 4}
