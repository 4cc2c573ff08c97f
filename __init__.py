"""apportion: from logged samples and verdicts to a split of the budget, with the risk attached."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("apportion")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

_FACE = {
    "Counts": "analysis.counts",
    "Curve": "analysis.curve",
    "Design": "planner.design",
    "Document": "reports.document",
    "Fit": "fitting.fit",
    "InputError": "data.errors",
    "Judgements": "analysis.judges",
    "Plan": "planner.plan",
    "Point": "analysis.frontier",
    "Stages": "analysis.pooling",
    "Trace": "data.traces",
    "accept_first": "analysis.accept",
    "accepted": "analysis.accept",
    "aggregates": "analysis.repeats",
    "arise_score": "analysis.arise",
    "best_of": "analysis.verification",
    "best_of_majority": "analysis.best_of_majority",
    "choose_alpha": "analysis.best_of_majority",
    "count": "analysis.counts",
    "count_together": "analysis.counts",
    "coverage": "analysis.coverage",
    "design": "planner.design",
    "fit": "fitting.group",
    "frontier": "analysis.frontier",
    "g_pass": "analysis.coverage",
    "judge": "analysis.judges",
    "majority": "analysis.voting",
    "majority_beyond": "analysis.limits",
    "majority_limit": "analysis.limits",
    "pass_all": "analysis.coverage",
    "plan": "planner.build",
    "pooled_majority": "analysis.pooling",
    "read": "data.readers",
    "report": "reports.making",
    "rpc": "analysis.perplexity",
    "shortest": "analysis.lengths",
    "simulate": "data.synthetic",
    "split_budget": "analysis.temperatures",
    "two_stage_majority": "analysis.pooling",
    "union_coverage": "analysis.temperatures",
    "ways": "analysis.ways",
    "weighted": "analysis.weighted",
    "write": "data.store",
}
"""Where each public name lives; it is imported when first asked for, so `--help` is cheap."""

__all__ = sorted(_FACE)


def __getattr__(name: str) -> object:
    if name not in _FACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_FACE[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
