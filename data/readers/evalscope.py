"""evalscope: a review a line; what each sample cost stands in the predictions beside it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import InputError
from .fields import hashed, maybe, record, spelled, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .messages import spoken
from .opening import Record, objects
from .regrade import answered, golden, same
from .runs import runs
from .scores import meaning

Tokens = tuple[int | None, int | None]
_VALUE = "sample_score.score.value"
_PARTLY = "samples with a score between right and wrong, which are neither: see score"
_SEVERAL = "samples have several scores and none is the main one; --truth NAME would choose"


def fits(glance: Glance) -> bool:
    if glance.has("index", "model_output"):
        return _twin(glance.path, "predictions", "reviews") is not None
    found = glance.first.get("sample_score")
    return isinstance(found, dict) and isinstance(found.get("score"), dict)


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `reviews/{model}/{benchmark}_{subset}.jsonl`; each work folder is a run of its own."""
    paths = [path for path in paths if _twin(path, "predictions", "reviews") is None]
    tops = list(dict.fromkeys(_top(path) for path in paths))
    run_of = dict(runs(tops)) if tops else {}
    seen: set[str] = set()
    for path in paths:
        key: Row = {
            "run": run_of[_top(path)],
            "model": path.absolute().parent.name,
            "benchmark": path.stem,
        }
        costs = _costs(path)

        def parse(
            review: Record, key: Row = key, costs: Mapping[str, Tokens] = costs
        ) -> Iterator[tuple[str, Row]]:
            seen.update(maybe(review, _VALUE, record) or ())
            return _parsed(review, key, costs, intake)

        yield from intake.gather(intake.objects(path), parse, path)
    truth = intake.asked.truth
    if truth is not None and truth not in seen:
        known = ", ".join(sorted(seen)[:20])
        raise InputError(f"truth must be a score of the log ({known}); got {truth!r}")


def _twin(path: Path, here: str, there: str) -> Path | None:
    """The file of the same model and name in the folder beside, if there is one."""
    model = path.absolute().parent
    twin = model.parent.with_name(there) / model.name / path.name
    return twin if model.parent.name == here and twin.is_file() else None


def _top(path: Path) -> Path:
    """The work folder: that of `reviews/{model}/{benchmark}.jsonl`."""
    return path.absolute().parent.parent.parent


def _costs(path: Path) -> dict[str, Tokens]:
    """Tokens by a sample's index, from the file of predictions if it was kept."""
    beside = _twin(path, "reviews", "predictions")
    if beside is None:
        return {}
    found: dict[str, Tokens] = {}
    for _, row in objects(beside):
        index = spelled(row.get("index"))
        if index is not None:
            usage = row.get("model_output")
            tokens = (_count(usage, "input_tokens"), _count(usage, "output_tokens"))
            found[index] = (None, None) if index in found else tokens
    return found


def _count(output: object, name: str) -> int | None:
    usage = output.get("usage") if isinstance(output, dict) else None
    count = whole(usage.get(name)) if isinstance(usage, dict) else None
    return count if count is not None and count >= 0 else None


def _parsed(
    review: Record, key: Row, costs: Mapping[str, Tokens], intake: Intake
) -> Iterator[tuple[str, Row]]:
    index = want(review, "index", text)
    group = maybe(review, "sample_score.group_id", text)
    problem = index if group is None else group
    gold = golden(intake.asked.answer, maybe(review, "target", spelled) or None)
    yield "problems", {"problem": problem, "benchmark": key["benchmark"], "gold": gold}
    said = spoken(review.get("messages"))
    answer = maybe(review, "sample_score.score.extracted_prediction", spelled)
    found = _main(review, intake)
    right = found if isinstance(found, bool) else None
    if intake.asked.answer is not None:
        answer = answered(intake.asked.answer, said[-1]) if said else None
        right = same(answer, gold) if said else None
    elif isinstance(found, float):
        intake.note(_PARTLY)
    prompt, output = costs.get(index, (None, None))
    yield (
        "samples",
        {
            **key,
            "problem": problem,
            "sample": maybe(review, "sample_score.generation_index", whole) or 0,
            "text_hash": hashed(said[-1]) if said else None,
            "answer": answer,
            "correct": right,
            "score": None if isinstance(found, bool) else found,
            "prompt_tokens": prompt,
            "output_tokens": output,
        },
    )


def _main(review: Record, intake: Intake) -> bool | float | None:
    """The score that says whether a sample is right."""
    values = maybe(review, _VALUE, record) or {}
    name = intake.asked.truth or maybe(review, "sample_score.score.main_score_name", text)
    if name is None and len(values) > 1:
        intake.note(_SEVERAL)
        return None
    return meaning(values.get(name) if name is not None else next(iter(values.values()), None))


FORMAT = Format("evalscope", fits, read, heeds=("truth", "answer"))
