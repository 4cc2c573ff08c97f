"""verifiers: a rollout a line, right where its reward reaches the threshold in metadata.json."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from .fields import Unfit, hashed, maybe, number, record, spelled, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .messages import spoken
from .opening import Record, document
from .regrade import answered, golden, same
from .runs import runs

_BESIDE = "metadata.json"


def fits(glance: Glance) -> bool:
    if glance.path.name == _BESIDE:
        twin = glance.path.with_name("results.jsonl")
        return twin.is_file() and bool(glance.keys & {"env_id", "pass_threshold"})
    return glance.ending == ".jsonl" and glance.has("example_id", "reward", "completion")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `results.jsonl` files; a rollout that ended in an error is neither right nor wrong."""
    results = [path for path in paths if path.name != _BESIDE]
    for path, run in runs(results) if results else ():
        threshold, key = _beside(path)
        key["run"] = run
        intake.note(f"correct is a reward of at least {threshold:g}; metrics are not read")
        drawn: Counter[str] = Counter()

        def parse(
            rollout: Record,
            key: Row = key,
            threshold: float = threshold,
            drawn: Counter[str] = drawn,
        ) -> Iterator[tuple[str, Row]]:
            problem = want(rollout, "example_id", text)
            drawn[problem] += 1
            sample = {**key, "problem": problem, "sample": drawn[problem] - 1}
            return _rows(rollout, sample, threshold, intake.asked.answer)

        yield from intake.gather(intake.objects(path), parse, path)


def _beside(path: Path) -> tuple[float, Row]:
    """What metadata.json says of all rollouts: the threshold, the model and the environment."""
    beside = path.with_name(_BESIDE)
    found = document(beside) if beside.is_file() else {}
    try:
        known = want({"metadata": found}, "metadata", record)
        threshold = maybe(known, "pass_threshold", number)
        key: Row = {
            "model": maybe(known, "model", text),
            "benchmark": maybe(known, "env_id", text),
            "temperature": maybe(known, "sampling_args.temperature", number),
        }
    except Unfit as error:
        raise InputError(f"{beside}: {error}") from error
    return 1.0 if threshold is None else threshold, key


def _rows(
    rollout: Record, key: Row, threshold: float, pattern: str | None
) -> Iterator[tuple[str, Row]]:
    gold = golden(pattern, maybe(rollout, "answer", spelled))
    yield (
        "problems",
        {"problem": key["problem"], "benchmark": key["benchmark"], "gold": gold},
    )
    said = spoken(rollout.get("completion"))
    written = "\n".join(said) if said else None
    reward = maybe(rollout, "reward", number)
    answer, right = None, None if reward is None else reward >= threshold
    if pattern is not None:
        answer = answered(pattern, written) if written is not None else None
        right = same(answer, gold) if written is not None else None
    truncated = rollout.get("is_truncated") is True
    yield (
        "samples",
        {
            **key,
            "text_hash": None if written is None else hashed(written),
            "answer": answer,
            "correct": None if rollout.get("error") else right,
            "prompt_tokens": maybe(rollout, "token_usage.input_tokens", whole),
            "output_tokens": maybe(rollout, "token_usage.output_tokens", whole),
            "finish": "length" if truncated else None,
        },
    )


FORMAT = Format("verifiers", fits, read, heeds=("answer",))
