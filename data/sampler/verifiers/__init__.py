"""Verifiers: imperfect judges of a solution, one published idea a file."""

from __future__ import annotations

from .spelling import KINDS, parse, parse_all
from .verifier import Verifier

__all__ = ["KINDS", "Verifier", "parse", "parse_all"]
