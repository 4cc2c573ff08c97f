"""Every sample has its own random stream, so that batches, shards and restarts change nothing."""

from __future__ import annotations

import hashlib

import numpy as np

BITS = 62


def base_seed(seed: int, purpose: str, problem: str) -> int:
    """The first stream of one problem's draws: 62 bits, so that ranges of samples do not meet."""
    words = f"{seed}\n{purpose}\n{problem}".encode()
    return int.from_bytes(hashlib.sha256(words).digest()[:8], "big") >> (64 - BITS)


def stream(base: int, sample: int) -> np.random.Generator:
    """The stream of one sample: Philox keyed by the base seed plus the sample's index."""
    return np.random.Generator(np.random.Philox(key=base + sample))
