"""Exchange: a larger model, or more samples of a small one, for the same FLOPs in all."""

from ..data.errors import InputError


def exchange(larger: float, ratio: float, *, verifies: bool = False) -> float:
    """Returns how many times the inference compute a small model may have for a larger one's FLOPs.

    Snell et al. 2024 (arXiv 2408.03314): pretraining takes 6 N D_pre FLOPs and inference 2 N D_inf;
    M times the parameters multiply both, which buys the small model M + 3 (D_pre / D_inf) (M - 1)
    times its inference. Where every token written is also read by a verifier as large, inference
    takes 4 N D_inf and the 3 is 1.5.

    Args:
        larger: M, how many times the parameters the larger model has, >= 1.
        ratio: D_inf / D_pre, the tokens of inference, over the life of the model, per token of
            pretraining, > 0.
        verifies: whether verification is counted.

    Raises:
        InputError: out of range.

    >>> [round(exchange(14, r), 3) for r in (0.16, 0.79, 22)]
    [257.75, 63.367, 15.773]
    """
    if not larger >= 1:
        raise InputError(f"larger must satisfy larger >= 1; got {larger:g}")
    if not ratio > 0:
        raise InputError(f"ratio must satisfy ratio > 0; got {ratio:g}")
    return larger + (1.5 if verifies else 3.0) / ratio * (larger - 1)
