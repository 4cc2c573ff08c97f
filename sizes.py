"""The commands on models of several sizes: what is predictable, and what a larger one is worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .options import COMMON, TABLE, bundled, numbers
from .talking import print_json, tell


@click.command()
@TABLE
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write a page (.html or .pdf).")
@COMMON
def outcomes(
    table: Path,
    out: Path | None,
    names: Mapping[str, str],
    seed: int,
    mass: float,
    strict: bool,
    as_json: bool,
) -> None:
    """Tell where scores of models of rising compute stop being predictable.

    TABLE has a row for each model and problem: model, compute, problem, correct (log probability of
    the right choice), others (log of the summed probabilities of the wrong ones), and accuracy (0
    or 1) or best_other (log probability of the likeliest wrong choice).

    \b
    Example:  apportion outcomes scores.csv
              apportion outcomes scores.csv -o outcomes.html
    """
    from .data.points import read_points
    from .fitting.laws.outcomes import COLUMNS, MAYBE, TEXTS
    from .fitting.laws.outcomes import outcomes as found
    from .reports import outcomes as told
    from .reports.page import check

    check([] if out is None else [out])
    points = read_points(table, COLUMNS, TEXTS, maybe=MAYBE, names=names)
    made = found(points, seed=seed, mass=mass)
    tell(made.doubts, strict=strict)
    if out is not None:
        told.save(made, out)
    print_json(made.json()) if as_json else told.show(made)


@click.command()
@click.argument("small", type=click.Path(path_type=Path), callback=bundled)
@click.argument("large", type=click.Path(path_type=Path), callback=bundled)
@click.option("--larger", type=float, required=True, metavar="M", help="Times the parameters.")
@click.option("--ratio", type=float, required=True, metavar="R", help="D_inf / D_pre, in tokens.")
@click.option("--at", "k", callback=numbers(int), metavar="K,...", help="Samples of LARGE  [1].")
@click.option("--verifies", is_flag=True, help="Every token written is read by a verifier.")
@COMMON
def exchange(
    small: Path, large: Path, k: tuple[int, ...] | None, strict: bool, as_json: bool, **how: Any
) -> None:
    """Compare a larger model with the samples of a small one that its FLOPs would buy.

    SMALL and LARGE are logs of one model each. R is the tokens of inference, over the model's life,
    per token of pretraining (Snell et al. 2024).

    \b
    Example:  apportion exchange small.jsonl large.jsonl --larger 14 --ratio 0.79
              apportion exchange small large --larger 14 --ratio 0.79 --at 1,4
    """
    from .analysis.counts import count
    from .data.readers import read
    from .planner.bigger import bigger
    from .reports import bigger as told

    made = bigger(count(read([small])), count(read([large])), k or 1, **how)
    tell(made.doubts, strict=strict)
    print_json(made.json()) if as_json else told.show(made)


COMMANDS = (outcomes, exchange)
