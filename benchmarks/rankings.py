"""Rankings measured: calibration by simulation, tournaments, other implementations, real judges."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import judging, sbc_orders, sbc_ranking, sbc_simplex, tournaments
from .sbc import FAMILYWISE, p_values

Row = dict[str, Any]
Starmap = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]

PAGE = Path(__file__).parent.parent / "docs" / "rankings.md"
SIMULATIONS, TOURNAMENTS, SLOW = 200, 100, 40
"""Data sets a model; tournaments of a kind, and of levels, which take seconds each."""
MODELS: Mapping[str, Callable[[int], dict[str, int]]] = {
    **sbc_ranking.QUANTITIES,
    **sbc_orders.QUANTITIES,
    **sbc_simplex.QUANTITIES,
}
INTRODUCTION = """\
`apportion rank` prints posteriors over ranks. This page holds what those have been shown to do, by
simulation and on public logs of real judges. It is written by `make calibrate`."""


def one(name: str, seed: int) -> dict[str, int]:
    """The ranks of the true values of one simulated data set."""
    return MODELS[name](seed)


def ranked(spread: Starmap) -> Row:
    """Simulation-based calibration of every model: p values, and the least against its bound."""
    found = {
        name: p_values(spread(one, [(name, seed) for seed in range(SIMULATIONS)]), bins=10)
        for name in MODELS
    }
    every = [p for row in found.values() for p in row.values()]
    return {
        "simulations": SIMULATIONS,
        "p": found,
        "least": min(every),
        "allowed": FAMILYWISE / len(every),
        "values": len(every),
    }


def played(spread: Starmap) -> Row:
    """Tournaments of every kind."""
    asked = [(kind, SLOW if "levels" in kind else TOURNAMENTS) for kind in tournaments.KINDS]
    made = spread(tournaments.scored, asked)
    rows = {
        each.kind: {
            "tournaments": each.tournaments,
            "held": each.held,
            "error": each.error,
            "size": each.size,
            "joint": each.joint,
            "bins": [list(b) for b in each.bins],
        }
        for each in made
    }
    return {"candidates": tournaments.CANDIDATES, "kinds": rows}


def real(spread: Starmap) -> Row:
    """Real judges: agreement with gold by LLMBar, with human raters by HANNA."""
    llmbar, hanna = spread(judging.measured, [("llmbar",), ("hanna",)])
    return {"llmbar": llmbar, "hanna": hanna}


PARTS: Mapping[str, Callable[[Starmap], Row]] = {
    "ranking-sbc": ranked,
    "tournaments": played,
    "judges": real,
}


def page(found: Row) -> str:
    """Returns the page: what was measured, and by which command at which commit."""
    lines = ["# What rankings have been shown to do", "", INTRODUCTION, ""]
    for name, write in {"ranking-sbc": _sbc, "tournaments": _played, "judges": _real}.items():
        if name in found:
            lines += write(found[name])
            lines += ["", f"`{found[name]['command']}` at commit {found[name]['commit']}.", ""]
    return "\n".join(lines)


def _sbc(found: Row) -> Iterator[str]:
    yield "## Simulation-based calibration"
    yield ""
    yield "True values are drawn from the prior, data from them, and the rank of each true value"
    yield f"among draws of the posterior must be uniform: {found['simulations']} data sets a model,"
    yield "chi-squared over ten bins. Ranked are parameters, differences of candidates, the rank of"
    yield "one candidate, and the log posterior."
    yield ""
    yield f"The least of {found['values']} p values is {found['least']:.2g}, where familywise 99%"
    yield f"allows {found['allowed']:.2g}."
    yield ""
    yield "| model | quantities | least p |"
    yield "|---|---|---|"
    for name, row in found["p"].items():
        least = min(row, key=row.__getitem__)
        yield f"| {name} | {len(row)} | {row[least]:.2g} ({least}) |"


def _played(found: Row) -> Iterator[str]:
    yield "## Tournaments"
    yield ""
    yield f"Simulated tournaments of {found['candidates']} candidates, or 4 where levels are given."
    yield "*Held* is the share of candidates whose 95% rank set holds the true rank, *size* is the"
    yield "mean number of ranks in it, *joint* the share of tournaments in which every pair of the"
    yield "95% joint order is true. The other columns bin pairs by P(above): what it said, on"
    yield "average, and the share that was true."
    yield ""
    heads = ("to .6", "to .7", "to .8", "to .9", "to .95", "to .99", "above")
    yield "| tournaments | held | size | joint | " + " | ".join(heads) + " |"
    yield "|---|---|---|---|" + "---|" * len(heads)
    for kind, row in found["kinds"].items():
        told = {round(high, 3): f"{said:.2f}: {true:.2f}" for _, high, _, said, true in row["bins"]}
        cells = [told.get(high, "") for high in (0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)]
        held = f"{row['held']:.3f} ± {row['error']:.3f}"
        kind += f" (commit {row['commit']})" if "commit" in row else ""
        yield (
            f"| {row['tournaments']}: {kind} | {held} | {row['size']:.1f} | {row['joint']:.2f} | "
            + " | ".join(cells)
            + " |"
        )


def _real(found: Row) -> Iterator[str]:
    yield "## Real judges"
    yield ""
    yield "LLMBar (Zeng et al. 2024; the Natural subset, MIT): evaluators ranked by agreement with"
    yield "gold, both orders of a pair being one item of two tries."
    yield ""
    yield "| evaluator | agreement | rank | P(best) |"
    yield "|---|---|---|---|"
    for name, value, rank, best in found["llmbar"]["rows"]:
        yield f"| {name} | {value} | {rank} | {best} |"
    yield ""
    yield "HANNA (Chhun et al. 2022, 2024; MIT), coherence: story systems ranked from the grades of"
    yield "language models, and from those of three human raters. Kendall's tau between the two"
    yield "orders, over worlds in which the prompts are drawn again, and for the simplex"
    yield "over draws of its posterior."
    yield ""
    yield "| from the judges | tau with the human order |"
    yield "|---|---|"
    for name, tau in found["hanna"]["rows"]:
        yield f"| {name} | {tau} |"
