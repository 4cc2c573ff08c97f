"""tau2-bench: simulations of a task; one is a success where its reward is 1."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from .fields import Unfit, array, maybe, number, text, want, whole
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record, document
from .runs import runs

NEAR = 1e-6
"""How near to 1 a reward must be to be a success."""


def fits(glance: Glance) -> bool:
    # The simulations come last, behind tasks that may be longer than a glance.
    named = glance.has("tasks", "simulations") or glance.has("timestamp", "info", "tasks")
    return glance.ending == ".json" and named


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads results files; where there are several, each is a run of its own."""
    for path, run in runs(paths):
        results = document(path)
        try:
            simulations = want(results, "simulations", array)
            key: Row = {
                "run": run,
                "model": maybe(results, "info.agent_info.llm", text),
                "temperature": maybe(results, "info.agent_info.llm_args.temperature", number),
                "benchmark": maybe(results, "info.environment_info.domain_name", text),
            }
        except Unfit as error:
            raise InputError(f"{path}: {error}") from error

        def parse(simulation: Record, key: Row = key) -> Iterator[tuple[str, Row]]:
            reward = maybe(simulation, "reward_info.reward", number)
            sample = {
                **key,
                "problem": want(simulation, "task_id", text),
                "sample": want(simulation, "trial", whole),
                "correct": None if reward is None else abs(reward - 1) <= NEAR,
                "seconds": maybe(simulation, "duration", number),
                "finish": maybe(simulation, "termination_reason", text),
            }
            yield "samples", sample

        yield from intake.gather(enumerate(simulations, 1), parse, path, unit="simulation")


FORMAT = Format("tau2", fits, read)
