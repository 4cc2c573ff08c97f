"""Doubts: each fires on a log that deserves it, and none on a clean one."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from apportion.data.door import admit
from apportion.data.doubts import LOOKS, doubts, stop_rule
from apportion.data.schema import empty
from apportion.data.synthetic import simulate
from apportion.data.traces import FIXED, UNKNOWN, UNTIL_SUCCESS, Header, Trace, assemble
from apportion.data.worlds import WORLDS


@pytest.fixture(scope="module")
def clean() -> Trace:
    """A simulated log without a fault: every answer parses, and all texts are different."""
    trace, _ = simulate("mixed", problems=60, samples=20, seed=5)
    rows = pl.int_range(pl.len()).cast(pl.String)
    answer = pl.col("answer").fill_null("no idea")
    finish, heat = pl.lit("stop"), pl.lit(0.8)
    return with_samples(trace, text_hash=rows, answer=answer, finish=finish, temperature=heat)


def with_samples(trace: Trace, **columns: pl.Expr) -> Trace:
    return replace(trace, samples=trace.samples.with_columns(**columns))


def log(outcomes: list[list[int | None]], **columns: object) -> Trace:
    """A log whose header is silent: a row of outcomes for every problem, in the order drawn."""
    rows = [
        {"problem": str(p), "sample": i, "correct": c, **columns}
        for p, row in enumerate(outcomes)
        for i, c in enumerate(row)
    ]
    return assemble(Header(), samples=admit(pl.DataFrame(rows), "samples", "made"))


def every(n: int) -> pl.Expr:
    """True in every n-th row."""
    return pl.int_range(pl.len()) % n == 0


def unless(condition: pl.Expr, column: str) -> pl.Expr:
    return pl.when(~condition).then(column)


LATER = pl.col("sample") >= 10

# What is done to a clean log, and what must be said of it.
FAULTS: dict[str, tuple[Callable[[Trace], Trace], str]] = {
    "stopped at success": (
        lambda t: replace(t, header=replace(t.header, stop_rule=UNTIL_SUCCESS)),
        "sampling stopped at the first success",
    ),
    "stopped somehow": (
        lambda t: replace(
            t,
            header=replace(t.header, stop_rule=UNKNOWN),
            samples=t.samples.filter(pl.col("sample") < 20 - pl.col("problem").str.len_chars() % 2
                                     - pl.col("problem").str.tail(1).cast(pl.Int64)),
        ),
        "the number of samples differs between problems",
    ),
    "texts from a cache": (
        lambda t: with_samples(
            t,
            output_tokens=pl.lit(100),
            text_hash=pl.when(every(8)).then(pl.lit("same")).otherwise("text_hash"),
        ),
        "% of the answers longer than 60 tokens repeat another word for word",
    ),
    "a cold sampler": (
        lambda t: with_samples(t, temperature=pl.lit(0.0)),
        "60 problems were sampled more than once at temperature 0",
    ),
    "cut texts": (
        lambda t: with_samples(
            t, finish=pl.when(every(20)).then(pl.lit("length")).otherwise("finish")
        ),
        "5% of the samples were cut at the token limit",
    ),
    "lost answers": (
        lambda t: with_samples(t, answer=unless(every(10), "answer")),
        "% of the samples have no answer that could be parsed",
    ),
    "two graders": (
        lambda t: with_samples(t, correct=pl.col("correct") ^ every(9)),
        "the graders disagree",
    ),
    "missing grades": (
        lambda t: with_samples(t, correct=unless(every(100), "correct")),
        "12 of 1200 samples are ungraded and left out: the mean solve rate is",
    ),
    "a sampler that learns": (
        lambda t: with_samples(t, correct=pl.col("correct") | LATER, answer=pl.lit(None)),
        "later attempts are more often right than earlier ones",
    ),
    "a sampler that tires": (
        lambda t: with_samples(t, correct=pl.col("correct") & ~LATER, answer=pl.lit(None)),
        "later attempts are less often right than earlier ones",
    ),
    "a sampler that learns in one leap": (
        lambda t: with_samples(t, correct=LATER, answer=pl.lit(None)),
        "later attempts are more often right than earlier ones (by 1.000",
    ),
    "missing tokens": (
        lambda t: with_samples(t, output_tokens=unless(every(100), "output_tokens")),
        "12 of 1200 samples lack a token count",
    ),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
def test_a_clean_log_raises_no_doubt(world: str) -> None:
    trace, _ = simulate(world, problems=80, samples=24, verdicts=1, seed=11)
    said = [d for d in doubts(trace) if "no answer that could be parsed" not in d]
    assert said == []  # answers that do not parse are part of some worlds


def test_the_clean_log_of_these_tests_is_clean(clean: Trace) -> None:
    assert doubts(clean) == ()


@pytest.mark.parametrize(("spoil", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_raises_its_doubt(clean: Trace, spoil: Callable[[Trace], Trace], said: str) -> None:
    found = doubts(spoil(clean))
    assert [d for d in found if said in d] == list(found)
    assert len(found) == 1


def test_every_look_has_a_fault_that_it_finds(clean: Trace) -> None:
    spoilt = [spoil(clean) for spoil, _ in FAULTS.values()]
    for look in LOOKS:
        assert any(list(look(trace)) for trace in spoilt), look


def test_bounds_on_missing_grades_are_all_wrong_and_all_right() -> None:
    [said] = doubts(log([[1, None], [0, None]]))
    assert "2 of 4" in said
    assert "0.250 if all are wrong and 0.750 if all are right" in said


def test_counts_alone_raise_no_doubt_when_they_are_equal() -> None:
    tallies = admit(pl.DataFrame({"problem": ["a", "b"], "n": [5, 5], "c": [1, 5]}), "tallies", "")
    trace = assemble(Header(stop_rule=FIXED), tallies=tallies)
    assert doubts(trace) == ()


def first_success(n: int) -> list[int | None]:
    return [*[0] * (n - 1), 1]


def late_batch(before: int) -> list[int | None]:
    return [*[0] * before, 1, 1]


RULES: dict[str, tuple[list[list[int | None]], str]] = {
    "equal n": ([[0, 1], [1, 1], [0, 0]], FIXED),
    "one problem": ([[0, 1, 1]], FIXED),
    "until success": ([first_success(n) for n in (1, 2, 3, 4, 5)], UNTIL_SUCCESS),
    "until success with a cap": ([*[first_success(n) for n in (1, 2, 3, 4, 5)], [0] * 6],
                                 UNTIL_SUCCESS),
    "too few successes to tell": ([first_success(n) for n in (1, 2, 3, 4)], UNKNOWN),
    "two successes in one": ([*[first_success(n) for n in (1, 2, 3, 4, 5)], [0, 1, 1]], UNKNOWN),
    "a sample after success": ([*[first_success(n) for n in (1, 2, 3, 4, 5)], [1, 0]], UNKNOWN),
    "until success in batches of 2": (
        [[1, 0], *map(late_batch, (2, 4, 6)), [0, 0, 0, 1], [0, 0, 1, 0], [0] * 8],
        UNTIL_SUCCESS),
    "batches that went on": (
        [[1, 1], *map(late_batch, (2, 4, 6)), [1, 0, 0, 1], [0, 0, 1, 0], [0] * 8],
        UNKNOWN),
    "batches too few to tell": ([[1, 0], [0, 1], [1, 1], [0, 0, 0, 1], [0, 0, 1, 0]], UNKNOWN),
    "uneven": ([[0, 1, 1], [1, 1], [0, 0, 1, 0]], UNKNOWN),
    "nothing solved": ([[0], [0, 0]], UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("outcomes", "rule"), RULES.values(), ids=RULES.keys())
def test_the_stop_rule_is_read_off_the_outcomes(
    outcomes: list[list[int | None]], rule: str
) -> None:
    assert stop_rule(log(outcomes)) == rule


def test_the_stop_rule_of_a_simulated_log_is_found_again() -> None:
    for stop, rule in (("fixed", FIXED), ("until-success", UNTIL_SUCCESS)):
        trace, _ = simulate(problems=50, samples=30, stop=stop)  # type: ignore[arg-type]
        assert stop_rule(trace) == rule == trace.header.stop_rule


def test_attempts_tell_the_order_when_sample_names_do_not() -> None:
    trace = log([first_success(n) for n in (1, 2, 3, 4, 5, 6)])
    attempt = pl.col("sample")
    shuffled = with_samples(trace, attempt=attempt, sample=9 - attempt)
    assert stop_rule(shuffled) == UNTIL_SUCCESS


def test_groups_with_their_own_n_are_each_fixed() -> None:
    one, other = log([[0, 1], [1, 1]], model="a"), log([[0, 1, 1], [1, 1, 0]], model="b")
    both = assemble(Header(), samples=pl.concat([one.samples, other.samples]))
    assert stop_rule(both) == FIXED
    assert doubts(both) == ()


def test_counts_beside_samples_have_a_say_in_the_stop_rule() -> None:
    tallies = pl.DataFrame({"problem": ["x"], "n": [7], "c": [1]})
    trace = replace(log([[0, 1], [1, 1]]), tallies=admit(tallies, "tallies", "made"))
    assert stop_rule(trace) == UNKNOWN
    assert stop_rule(replace(trace, tallies=empty("tallies"))) == FIXED
