"""The columns of a trace and the rules their values keep, declared once."""

import dataframely as dy
import polars as pl

GROUP = ("run", "model", "temperature", "effort", "benchmark")
"""What must agree before two samples may be counted together."""
COSTS = ("prompt_tokens", "output_tokens", "seconds")
"""What a sample may have cost."""


def _unique(*key: str) -> pl.Expr:
    """True where the key occurs once; a null part of a key is a value like any other."""
    return ~pl.struct(key).is_duplicated()


def _finite(column: str) -> pl.Expr:
    return pl.col(column).is_finite()


KEYS = {
    "problems": ("problem", "benchmark"),
    "samples": ("problem", *GROUP, "sample"),
    "verdicts": ("problem", "sample", *GROUP, "verifier", "verdict"),
    "tallies": ("problem", *GROUP),
}
"""What must be unique in each table."""
ROUND = ("problem", *GROUP, "chain", "round")
"""What must be unique among the samples that belong to a chain."""


class Problems(dy.Schema):
    """One row a problem: what was asked."""

    problem = dy.String()
    level = dy.String(nullable=True)
    benchmark = dy.String(nullable=True)
    gold = dy.String(nullable=True)

    @dy.rule()
    def unique_problem(cls) -> pl.Expr:
        return _unique(*KEYS["problems"])


class Samples(dy.Schema):
    """One row a drawn solution: what came back, what it cost, and whether it was right.

    Where answers were revised, `chain` says which answers of the problem followed from one
    another, and `round` how many revisions came before: 0 is the first answer.
    """

    problem = dy.String()
    sample_ = dy.Int64(min=0, alias="sample")
    run = dy.String(nullable=True)
    model = dy.String(nullable=True)
    temperature = dy.Float64(nullable=True, min=0)
    effort = dy.String(nullable=True)
    benchmark = dy.String(nullable=True)
    attempt = dy.Int64(nullable=True, min=0)
    chain = dy.Int64(nullable=True, min=0)
    round = dy.Int64(nullable=True, min=0)
    text_hash = dy.String(nullable=True)
    answer = dy.String(nullable=True)
    correct = dy.Bool(nullable=True)
    score = dy.Float64(nullable=True)
    mean_logprob = dy.Float64(nullable=True, max=0)
    sum_logprob = dy.Float64(nullable=True, max=0)
    prompt_tokens = dy.Int64(nullable=True, min=0)
    output_tokens = dy.Int64(nullable=True, min=0)
    seconds = dy.Float64(nullable=True, min=0)
    finish = dy.String(nullable=True)

    @dy.rule()
    def unique_sample(cls) -> pl.Expr:
        return _unique(*KEYS["samples"])

    @dy.rule()
    def chain_with_round(cls) -> pl.Expr:
        return pl.col("chain").is_null() == pl.col("round").is_null()

    @dy.rule()
    def unique_round(cls) -> pl.Expr:
        return pl.any_horizontal(pl.col("chain", "round").is_null()) | _unique(*ROUND)

    @dy.rule()
    def finite_score(cls) -> pl.Expr:
        return _finite("score")

    @dy.rule()
    def finite_temperature(cls) -> pl.Expr:
        return _finite("temperature")

    @dy.rule()
    def finite_seconds(cls) -> pl.Expr:
        return _finite("seconds")


class Verdicts(dy.Schema):
    """One row a verifier's yes or no (or score) on one sample; truth never stands here."""

    problem = dy.String()
    sample_ = dy.Int64(min=0, alias="sample")
    run = dy.String(nullable=True)
    model = dy.String(nullable=True)
    temperature = dy.Float64(nullable=True, min=0)
    effort = dy.String(nullable=True)
    benchmark = dy.String(nullable=True)
    verifier = dy.String()
    verdict = dy.Int64(min=0)
    accepts = dy.Bool(nullable=True)
    score = dy.Float64(nullable=True)
    tokens = dy.Int64(nullable=True, min=0)

    @dy.rule()
    def unique_verdict(cls) -> pl.Expr:
        return _unique(*KEYS["verdicts"])

    @dy.rule()
    def finite_score(cls) -> pl.Expr:
        return _finite("score")


class Tallies(dy.Schema):
    """One row a problem already counted: n tried, c solved; its samples were not kept.

    What a sample cost is kept as the mean over the problem's samples.
    """

    problem = dy.String()
    run = dy.String(nullable=True)
    model = dy.String(nullable=True)
    temperature = dy.Float64(nullable=True, min=0)
    effort = dy.String(nullable=True)
    benchmark = dy.String(nullable=True)
    level = dy.String(nullable=True)
    n = dy.Int64(min=1, max=10**7)
    c = dy.Int64(min=0)
    prompt_tokens = dy.Float64(nullable=True, min=0)
    output_tokens = dy.Float64(nullable=True, min=0)
    seconds = dy.Float64(nullable=True, min=0)

    @dy.rule()
    def c_within_n(cls) -> pl.Expr:
        return pl.col("c") <= pl.col("n")

    @dy.rule()
    def unique_tally(cls) -> pl.Expr:
        return _unique(*KEYS["tallies"])


TABLES: dict[str, type[dy.Schema]] = {
    "problems": Problems,
    "samples": Samples,
    "verdicts": Verdicts,
    "tallies": Tallies,
}

SENTENCES = {
    "unique_problem": "a problem must stand once",
    "unique_sample": "the key (problem, sample, " + ", ".join(GROUP) + ") must be unique",
    "chain_with_round": "a sample must have a chain and a round, or neither",
    "unique_round": "a round must stand once in its chain",
    "unique_verdict": "the key (problem, sample, verifier, verdict) must be unique within its run",
    "unique_tally": "a problem must be counted once per run and model",
    "c_within_n": "c must satisfy 0 <= c <= n",
    "finite_score": "score must be finite (leave it empty where it is missing)",
    "finite_temperature": "temperature must be finite",
    "finite_seconds": "seconds must be finite",
}
"""What a rule by name asks for, in words."""


def dtypes(table: str) -> dict[str, pl.DataType]:
    """Returns the columns of a table, in order, with their polars types."""
    return {name: column.dtype for name, column in TABLES[table].columns().items()}


def empty(table: str) -> pl.DataFrame:
    """Returns the table without rows."""
    return pl.DataFrame(schema=dtypes(table))
