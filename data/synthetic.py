"""Synthetic logs: problems, samples and verdicts drawn from a world, with the truth beside them."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from .door import admit
from .doubts import doubts
from .errors import InputError
from .traces import FIXED, UNTIL_SUCCESS, Header, Trace, assemble
from .truth import P_MAX, Truth
from .worlds import Floats, Rate, World, find

Ints = NDArray[np.int64]
Stop = Literal["fixed", "until-success"]

MODEL = "simulated"
VERIFIER = "verifier"
MAX_ROWS = 10_000_000

# Logit difficulty is felt up to this far from the centre; impossible problems sit at the hard end.
_REACH = 9.0


def population(world: World | str, k: ArrayLike) -> Floats:
    """Returns coverage at k for new problems of the world, in the shape of k."""
    return find(world).coverage(k)


def simulate(
    world: World | str = "mixed",
    *,
    problems: int,
    samples: int,
    verdicts: int = 0,
    seed: int = 0,
    stop: Stop = "fixed",
) -> tuple[Trace, Truth]:
    """Draws a log from a world, and returns it with its truth.

    The seed draws the problems first, then the samples, then the verdicts: the same seed and
    number of problems give the same problems whatever is logged of them.

    Args:
        world: a World or the name of one.
        problems: how many problems.
        samples: how many a problem; the cap when `stop` is `until-success`.
        verdicts: how many on each sample.
        seed: of the one generator that all randomness comes from.
        stop: `fixed`, or `until-success`: a problem's sampling ends with its first success.

    Raises:
        InputError: no such world, or a size out of its bounds.
    """
    chosen = find(world)
    _check_sizes(
        problems=(problems, 1), samples=(samples, 1), verdicts=(verdicts, 0), seed=(seed, 0)
    )
    if stop not in get_args(Stop):
        raise InputError(f"stop must be one of {', '.join(get_args(Stop))}; got {stop!r}")
    _check_rows(problems * (samples if stop == "fixed" else 1) * max(verdicts, 1))
    rng = np.random.default_rng(seed)
    truth = _draw_truth(chosen, problems, seed, rng)
    settings = {"world": chosen.name, "seed": seed, "cap": samples}
    header = Header(stop_rule=FIXED if stop == "fixed" else UNTIL_SUCCESS, settings=settings)
    named = _name_problems(chosen, truth, rng)
    rows = _draw_rows(truth.p, samples, stop, rng)
    _check_rows(len(rows.of) * max(verdicts, 1))
    trace = assemble(
        header,
        problems=admit(named, "problems", f"the world {chosen.name!r}"),
        samples=_draw_samples(chosen, truth, rows, rng),
        verdicts=_draw_verdicts(chosen, truth, rows, verdicts, rng) if verdicts else None,
    )
    return replace(trace, header=replace(header, doubts=doubts(trace))), truth


def _check_sizes(**sizes: tuple[int, int]) -> None:
    for name, (value, least) in sizes.items():
        if value < least:
            raise InputError(f"{name} must satisfy {name} >= {least}; got {name}={value}")


def _check_rows(rows: int) -> None:
    if rows > MAX_ROWS:
        raise InputError(
            f"problems x samples x verdicts must be at most {MAX_ROWS:,} rows; got {rows:,}"
        )


def _draw_truth(world: World, size: int, seed: int, rng: np.random.Generator) -> Truth:
    p = np.minimum(world.difficulty.draw(rng, size), P_MAX)
    p[rng.random(size) < world.impossible] = 0
    offset = _offset(world, p)
    tokens = world.tokens
    log_tokens = tokens.sample + tokens.slope * offset + tokens.sample_sd**2 / 2
    return Truth(
        world=world.name,
        seed=seed,
        problems=tuple(f"{world.name}-{seed}-{i:04d}" for i in range(size)),
        p=p,
        tpr=_rates(world.verifier.tpr, offset, rng),
        fpr=_rates(world.verifier.fpr, offset, rng),
        classes=_classes(world, p, rng),
        tokens=np.exp(log_tokens),
        prompt_tokens=tokens.prompt,
        verdict_tokens=float(np.exp(tokens.verdict + tokens.verdict_sd**2 / 2)),
        correlation=world.verifier.correlation,
    )


def _offset(world: World, p: Floats) -> Floats:
    """How much easier than the middle each problem is, in logits (P,)."""
    return np.clip(logit(p) - world.difficulty.centre, -_REACH, _REACH)


def _rates(rate: Rate, offset: Floats, rng: np.random.Generator) -> Floats:
    noise = rate.sd * rng.standard_normal(len(offset))
    return np.asarray(expit(rate.intercept + rate.slope * offset + noise))


def _classes(world: World, p: Floats, rng: np.random.Generator) -> Floats:
    """The probability of each answer class (P, 1 + W), the right one first."""
    answers = world.answers
    shares = rng.dirichlet(np.full(answers.wrong, answers.concentration), len(p))
    pull = np.where(rng.random(len(p)) < answers.attractors, answers.pull, 0.0)
    shares *= 1 - pull[:, None]
    shares[:, 0] += pull
    return np.column_stack([p, ((1 - p) * (1 - answers.unparsable))[:, None] * shares])


def _name_problems(world: World, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """The problems table: the gold answer, and a level where the world shows one."""
    size, classes = len(truth.p), truth.classes.shape[1]
    frame = pl.DataFrame({"problem": truth.problems, "benchmark": [world.name] * size})
    frame = frame.with_columns(gold=_labels(classes).gather(np.arange(size) % classes))
    if world.levels is None:
        return frame
    x = world.difficulty.centre + _offset(world, truth.p)
    seen = x + world.levels.noise * rng.standard_normal(size)
    harder = (seen[:, None] < np.array(world.levels.cuts)).sum(1)
    return frame.with_columns(level=pl.Series(world.levels.names).gather(harder))


def _labels(classes: int) -> pl.Series:
    """What the answer classes are called, and one null more."""
    return pl.Series([*(str(j) for j in range(classes)), None])


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows of a samples table: which problem, which sample, whether right; each (R,)."""

    of: Ints
    sample: Ints
    right: NDArray[np.bool_]


def _draw_rows(p: Floats, samples: int, stop: Stop, rng: np.random.Generator) -> _Rows:
    n = np.full(len(p), samples)
    first = np.full(len(p), np.inf)
    if stop == "until-success":
        # The first success is drawn by inversion, so failures before it cost one row each and
        # an impossible problem waits for ever.
        with np.errstate(divide="ignore", over="ignore"):
            first = np.ceil(rng.standard_exponential(len(p)) / -np.log1p(-p)).clip(1)
        n = np.minimum(first, samples).astype(np.int64)
    _check_rows(int(n.sum()))
    of = np.repeat(np.arange(len(p)), n)
    sample = np.arange(len(of)) - np.repeat(np.cumsum(n) - n, n)
    right = rng.random(len(of)) < p[of] if stop == "fixed" else sample + 1 == first[of]
    return _Rows(of, sample, right)


def _draw_samples(
    world: World, truth: Truth, rows: _Rows, rng: np.random.Generator
) -> pl.DataFrame:
    classes = truth.classes.shape[1]
    answer = _draw_classes(truth, rows, rng)
    # Classes are called by other names in every problem, so that no name tells the right one.
    named = np.where(answer < classes, (rows.of + answer) % classes, classes)
    sd = world.tokens.sample_sd
    tokens = rng.lognormal(np.log(truth.tokens)[rows.of] - sd**2 / 2, sd)
    frame = _keys(truth, rows).with_columns(
        attempt="sample",
        answer=_labels(classes).gather(named),
        correct=pl.Series(rows.right),
        prompt_tokens=pl.lit(truth.prompt_tokens),
        output_tokens=pl.Series(_whole(tokens)),
    )
    return admit(frame, "samples", f"the world {world.name!r}")


def _keys(truth: Truth, rows: _Rows) -> pl.DataFrame:
    frame = pl.DataFrame(
        {"problem": pl.Series(truth.problems).gather(rows.of), "sample": rows.sample}
    )
    return frame.with_columns(model=pl.lit(MODEL), benchmark=pl.lit(truth.world))


def _draw_classes(truth: Truth, rows: _Rows, rng: np.random.Generator) -> Ints:
    """The answer class of every row: 0 where right, 1 ... W where wrong, 1 + W for no answer."""
    up_to = (truth.classes[:, 1:] / (1 - truth.p)[:, None]).cumsum(1)
    u = rng.random(len(rows.of))
    answer = np.ones(len(rows.of), np.int64)
    for column in up_to.T:
        answer += u >= column[rows.of]
    return np.where(rows.right, 0, answer)


def _draw_verdicts(
    world: World, truth: Truth, rows: _Rows, verdicts: int, rng: np.random.Generator
) -> pl.DataFrame:
    rate = np.where(rows.right, truth.tpr[rows.of], truth.fpr[rows.of])
    yes = _draw_acceptance(rate, truth.correlation, rng)
    accepts = rng.random((len(yes), verdicts)) < yes[:, None]
    tokens = rng.lognormal(world.tokens.verdict, world.tokens.verdict_sd, accepts.size)
    frame = _keys(truth, rows)[np.repeat(np.arange(len(yes)), verdicts)].with_columns(
        verifier=pl.lit(VERIFIER),
        verdict=pl.Series(np.tile(np.arange(verdicts), len(yes))),
        accepts=pl.Series(accepts.ravel()),
        tokens=pl.Series(_whole(tokens)),
    )
    return admit(frame, "verdicts", f"the world {world.name!r}")


def _draw_acceptance(rate: Floats, correlation: float, rng: np.random.Generator) -> Floats:
    """Each sample's own chance of a yes (R,), spread about its rate (beta-binomial verdicts)."""
    if correlation == 0:
        return rate
    rate = rate.clip(1e-12, 1 - 1e-12)  # Beta has no edge cases at 0 and 1 to offer
    size = (1 - correlation) / correlation
    return rng.beta(rate * size, (1 - rate) * size)


def _whole(tokens: Floats) -> Ints:
    return np.maximum(np.rint(tokens), 1).astype(np.int64)
