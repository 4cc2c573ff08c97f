"""scorio: a line for each sample, told apart by model, problem and seed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .fields import flag, maybe, number, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record

Ranks = dict[tuple[str | None, int], int]


def fits(glance: Glance) -> bool:
    return glance.has("seed", "data_id", "processed_results")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads JSONL files; a sample's number is the rank of its seed among those of its model.

    Ranks hold across problems and files, so that equal numbers mean equal seeds. Where two files
    hold one sample (two benchmarks, say), each file is a run of its own.
    """
    ranks, twice = _seeds(paths, intake)
    for path in paths:
        run = path.name if twice else None

        def parse(record: Record, run: str | None = run) -> list[tuple[str, Row]]:
            return [("samples", {**_sample(record, ranks), "run": run})]

        yield from intake.gather(intake.objects(path), parse, path)


def _seeds(paths: Sequence[Path], intake: Intake) -> tuple[Ranks, bool]:
    """The rank of each model's seeds, and whether two files hold the same sample."""
    seeds: dict[str | None, set[int]] = {}
    held: set[tuple[str | None, int, str]] = set()
    twice = False
    for path in paths:
        here: set[tuple[str | None, int, str]] = set()

        def look(_: int, record: Record, here: set[tuple[str | None, int, str]] = here) -> None:
            model, seed = _drawn(record)
            here.add((model, seed, want(record, "data_id", text)))
            seeds.setdefault(model, set()).add(seed)

        intake.survey(path, look)
        twice = twice or not held.isdisjoint(here)
        held |= here
    ranks = {
        (model, seed): rank
        for model, all_of_it in seeds.items()
        for rank, seed in enumerate(sorted(all_of_it))
    }
    return ranks, twice


def _drawn(record: Record) -> tuple[str | None, int]:
    return maybe(record, "model", text), want(record, "seed", whole)


def _sample(record: Record, ranks: Ranks) -> Row:
    return {
        "problem": want(record, "data_id", text),
        "sample": ranks[_drawn(record)],
        "model": maybe(record, "model", text),
        "correct": maybe(record, "processed_results.is_correct", flag),
        "mean_logprob": maybe(record, "tokens.completion_avg_logprob", number),
        "sum_logprob": maybe(record, "tokens.completion_sum_logprob", number),
        "output_tokens": maybe(record, "output.num_completion_tokens", whole),
        "finish": maybe(record, "output.finish_reason", text),
    }


FORMAT = Format("scorio", fits, read)
