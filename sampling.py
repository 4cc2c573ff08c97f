"""The command that makes logs: tasks, an engine, verifiers and a schedule in, a trace out."""

import datetime
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data.errors import InputError
from .options import numbers, pairs, seed, stack
from .talking import print_json, tell

if TYPE_CHECKING:
    from .data.sampler.engines.engine import Engine
    from .data.sampler.job import Job
    from .data.sampler.run import Pool
    from .data.sampler.schedules import Schedule
    from .data.sampler.ways.way import Way


def _shard(_: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    """Reads i/N."""
    part, _slash, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and int(part) < int(parts)):
        raise InputError(f"{param.opts[0]} takes i/N with 0 <= i < N; got {value!r}")
    return int(part), int(parts)


ENGINE = stack(
    click.option(
        "--engine",
        default="transformers",
        show_default=True,
        help="transformers, vllm, or openai (any OpenAI-compatible server).",
    ),
    click.option("--model", help="Folder or name of the model  [SmolLM2-135M-Instruct]."),
    click.option("--url", help="Where the server is, e.g. http://localhost:8000/v1 (openai)."),
    click.option("--device", help="cpu, cuda, cuda:1 ...  [cpu]"),
    click.option("--dtype", help="Number format  [float32 on a CPU, bfloat16 elsewhere]."),
    click.option(
        "--set",
        "more",
        multiple=True,
        callback=pairs,
        metavar="KEY=VALUE",
        help="Another setting of the engine, e.g. choices=16 or token_ids=1 (openai).",
    ),
    click.option("--threads", type=click.IntRange(1), help="CPU threads of the model  [1]."),
    click.option(
        "--batch",
        default=256,
        show_default=True,
        type=click.IntRange(1),
        help="Rows of the embedded engine, calls of a server; changes speed and memory.",
    ),
)
MANNER = stack(
    click.option(
        "--samples",
        default=64,
        show_default=True,
        type=click.IntRange(1, 10**7),
        help="Samples of each problem; the cap where the schedule stops by itself.",
    ),
    click.option(
        "--temperature",
        "temperatures",
        default="0.8",
        callback=numbers(float),
        metavar="T,...",
        help="One temperature or several, each a run of its own  [0.8].",
    ),
    click.option(
        "--schedule",
        default="fixed",
        show_default=True,
        metavar="WORD",
        help="fixed, dynamic, until:R, arise, consistency:P, or policy:FILE.",
    ),
    click.option(
        "--verify",
        multiple=True,
        metavar="VERIFIER",
        help="weak-test, strong-test, resolve:V, generative:V, yesno, likelihood, reward:PATH;"
        " may be repeated.",
    ),
    click.option("--judge", metavar="NAME", help="The verifier a policy listens to  [the first]."),
    click.option(
        "--think", callback=numbers(int), metavar="N,...", help="Tokens of thinking to force."
    ),
    click.option("--revise", type=click.IntRange(1, 100), help="Revise each answer so many times."),
    click.option(
        "--search",
        multiple=True,
        metavar="NAME:N",
        help="Step-level search of width N: particle-filter:8, beam:16:m=4 ...; may be repeated.",
    ),
    click.option(
        "--scorer",
        default="partial-credit",
        show_default=True,
        metavar="WORD",
        help="What guides a search: partial-credit (knows the truth) or reward:PATH.",
    ),
)
WHERE = stack(
    click.option(
        "-o", "--out", required=True, type=click.Path(path_type=Path), help="Trace directory."
    ),
    click.option("--seed", default=0, show_default=True, callback=seed, help="Seed of all draws."),
    click.option(
        "--task-seed", default=0, show_default=True, callback=seed, help="Seed of bundled tasks."
    ),
    click.option("--shard", default="0/1", callback=_shard, metavar="i/N", help="Every N-th task."),
    click.option("--ray", metavar="ADDRESS", help="Draw on a Ray cluster: an address, or auto."),
    click.option("--workers", type=click.IntRange(1), help="Engines on the cluster  [one a GPU]."),
    click.option(
        "--at-once",
        default=256,
        show_default=True,
        type=click.IntRange(1),
        help="Solutions to a record: what a kill can lose.",
    ),
    click.option(
        "--sync",
        default=0.0,
        show_default=True,
        type=click.FloatRange(0),
        help="Seconds between syncs with the disk; 0 syncs every record.",
    ),
    click.option("--token-ids", is_flag=True, help="Keep token ids and their log-probabilities."),
    click.option("--strict", is_flag=True, help="Make any doubt an error (exit 2)."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
)


@click.command()
@click.argument("tasks")
@ENGINE
@MANNER
@WHERE
def sample(tasks: str, out: Path, strict: bool, as_json: bool, **options: Any) -> None:
    """Draw solutions of TASKS from a model and have them verified; the same words go on later.

    TASKS is `bundled`, `bundled:FAMILY,...`, `bundled*2:...` (twice as many of each kind), or a
    JSONL file with a `prompt` and a `gold` or `tests` a line.

    \b
    Example:  apportion sample bundled --samples 64 --verify weak-test --verify resolve:4 -o trace
              apportion sample my.jsonl --engine openai --url http://localhost:8000/v1 -o trace
              apportion sample bundled:sums --search particle-filter:8 --samples 16 -o pf
    """
    from .data import store
    from .data.sampler import progress
    from .data.sampler.run import sample as drawn
    from .reports.document import inert

    job = _job(tasks, options)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    with progress.shown() as heard:
        made = drawn(out, job, _workers(job, options), today, heard, sync=options["sync"])
    tell(store.read(out).header.doubts, strict=strict)
    if as_json:
        print_json({"trace": str(out), **made})
        return
    click.echo(inert(f"{out}: " + ", ".join(f"{made[n]:,} {n}" for n in _SIZES)))
    if "submitted" in made:
        done = made["submitted"]
        click.echo(
            f"the policy answered {done['answered']} of {done['problems']} problems, and"
            f" {done['right']} of them right, with {done['samples']:,} samples"
        )


_SIZES = ("problems", "samples", "verdicts")


def _job(tasks: str, options: Mapping[str, Any]) -> "Job":
    from .data.sampler import tasks as known
    from .data.sampler.job import Arm, Job
    from .data.sampler.verifiers import parse_all

    heats = sorted(set(options["temperatures"]))
    if heats[0] < 0 or heats[-1] > 100:
        raise InputError(f"temperature must satisfy 0 <= T <= 100; got {heats}")
    verifiers = parse_all(options["verify"], heats[0])
    names = [verifier.name for verifier in verifiers]
    judge = options["judge"] or next(iter(names), None)
    if judge is not None and judge not in names:
        raise InputError(f"--judge must be one of the verifiers ({', '.join(names) or 'none'})")
    part, parts = options["shard"]
    return Job(
        tasks=known.load(tasks, options["task_seed"]),
        arms=[Arm(heat, way) for heat in heats for way in _ways(options)],
        schedule=_schedule(options),
        verifiers=verifiers,
        words=options["verify"],
        seed=options["seed"],
        judge=judge,
        part=part,
        parts=parts,
        at_once=options["at_once"],
        token_ids=options["token_ids"],
    )


def _schedule(options: Mapping[str, Any]) -> "Schedule":
    from .data.policy import policy
    from .data.sampler.schedules import Live, parse

    name, _, told = options["schedule"].partition(":")
    samples: int = options["samples"]
    if name == "consistency":
        from .planner.stopping import adaptive_consistency

        try:
            confidence = float(told or 0.95)
        except ValueError:
            raise InputError(f"--schedule consistency:P takes a number; got {told!r}") from None
        return Live(adaptive_consistency(confidence, samples), samples)
    if name == "policy":
        return Live(policy(_json(Path(told))), samples)
    return parse(options["schedule"], samples)


def _json(path: Path) -> dict[str, Any]:
    """Reads an object from a file."""
    try:
        found = json.loads(path.read_text("utf8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: a policy must be a JSON object")
    return found


_WIDTH = {"vllm": "max_num_seqs", "openai": "concurrency"}
"""What an engine calls the number of rows or calls at a time."""


def _plain(text: str) -> str | int | float | bool:
    """A setting as what it looks like: true or false, a number, or else text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, bool | int | float) else text


def _ways(options: Mapping[str, Any]) -> "list[Way]":
    """The ways asked for, or the plain one; thinking, revising and searching exclude each other."""
    from .data.sampler.ways.forced import Forced
    from .data.sampler.ways.plain import Plain
    from .data.sampler.ways.revised import Revised

    asked = [name for name in ("think", "revise", "search") if options[name]]
    if len(asked) > 1:
        raise InputError(f"--{asked[0]} and --{asked[1]} make different runs; ask for one of them")
    if options["think"]:
        return [Forced(tokens) for tokens in sorted(set(options["think"]))]
    if options["revise"]:
        return [Revised(options["revise"] + 1)]
    if options["search"]:
        from .data.sampler.search import parse
        from .data.sampler.ways.searched import Searched, scorer

        guide = scorer(options["scorer"], options["device"] or "cpu")
        return [Searched(parse(text), guide) for text in dict.fromkeys(options["search"])]
    return [Plain()]


def _workers(
    job: "Job", options: Mapping[str, Any]
) -> "Callable[[], tuple[Pool, Mapping[str, object]]]":
    from .data.sampler.engines import open_engine
    from .data.sampler.run import Alone
    from .data.sampler.worker import Worker

    settings = {key: options[key] for key in ("model", "url", "device", "dtype", "threads")}
    settings[_WIDTH.get(options["engine"], "batch")] = options["batch"]
    settings |= {key: _plain(value) for key, value in options["more"].items()}

    def opened() -> "Engine":
        return open_engine(options["engine"], settings)

    def workers() -> "tuple[Pool, Mapping[str, object]]":
        if options["ray"]:
            from .data.sampler.spread import Spread

            spread = Spread(opened, job, options["ray"], options["workers"])
            return spread, spread.info
        engine = opened()
        return Alone(Worker.of(engine, job)), engine.info()

    return workers


COMMANDS = (sample,)
