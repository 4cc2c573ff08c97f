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
    "Document": "reports.document",
    "Fit": "fitting.fit",
    "InputError": "data.errors",
    "Plan": "planner.plan",
    "Trace": "data.traces",
    "best_of": "analysis.verification",
    "count": "analysis.counts",
    "coverage": "analysis.coverage",
    "fit": "fitting.group",
    "majority": "analysis.voting",
    "plan": "planner.build",
    "read": "data.readers",
    "report": "reports.making",
    "simulate": "data.synthetic",
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
