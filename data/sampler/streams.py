"""Every sample has its own random stream, so that batches, shards and restarts change nothing."""

from __future__ import annotations

import hashlib

import numpy as np

BITS = 62


def base_seed(seed: int, purpose: str, problem: str) -> int:
    """The first stream of one problem's draws: 62 bits, so that ranges of samples do not meet."""
    words = f"{seed}\n{purpose}\n{problem}".encode()
    return int.from_bytes(hashlib.sha256(words).digest()[:8], "big") >> (64 - BITS)


def stream(seed: int, position: int = 0) -> np.random.Generator:
    """The stream of one sample: Philox keyed by its seed, from its `position`-th number on.

    The p-th token takes the p-th number, so a sample that is drawn step by step is the sample that
    is drawn in one go.
    """
    # Philox makes four 64-bit numbers a block, and a double takes one.
    bits = np.random.Philox(key=seed)
    bits.advance(position // 4)
    made = np.random.Generator(bits)
    made.random(position % 4)
    return made
