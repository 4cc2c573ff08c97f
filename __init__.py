"""apportion: from logged samples and verdicts to a split of the budget, with the risk attached."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .data.shown import PRINTERS

try:
    __version__ = version("apportion")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

_FACE = {
    "BudgetCurve": "fitting.laws.budgets",
    "Chain": "fitting.chain",
    "Checked": "planner.check",
    "Confusion": "fitting.pushforward",
    "Counts": "analysis.counts",
    "Curve": "analysis.curve",
    "Design": "planner.design",
    "Document": "reports.document",
    "Fit": "fitting.fit",
    "Forecast": "fitting.coverage",
    "InputError": "data.errors",
    "KnobLaw": "fitting.laws.knoblaw",
    "KnobPlan": "planner.knobs",
    "Judgements": "analysis.judges",
    "Grades": "data.judgments",
    "LossLaw": "fitting.laws.losslaw",
    "LossMix": "fitting.laws.lossmix",
    "Mixing": "fitting.npmle",
    "Orders": "data.judgments",
    "PairMoments": "analysis.pairs",
    "Pairs": "data.judgments",
    "Peaked": "fitting.peaked",
    "Plan": "planner.plan",
    "Point": "analysis.frontier",
    "PowerPrior": "fitting.power_prior",
    "Ranking": "fitting.ranking.ranking",
    "SharedExponent": "fitting.exponent",
    "Shift": "fitting.shift",
    "Stages": "analysis.pooling",
    "TaskLaw": "fitting.tasks",
    "Trace": "data.traces",
    "Unlike": "planner.unlike",
    "Warmed": "fitting.warmed",
    "accept_first": "analysis.accept",
    "accepted": "analysis.accept",
    "aggregates": "analysis.repeats",
    "arise_score": "analysis.arise",
    "bayes_at_n": "fitting.ranking.bayes_at_n",
    "bayes_pass_at_k": "fitting.ranking.bayes_at_n",
    "best_caps": "fitting.utility",
    "best_of": "analysis.verification",
    "best_of_majority": "analysis.best_of_majority",
    "bigger": "planner.bigger",
    "budget_curve": "fitting.laws.budgets",
    "calibration": "analysis.roc",
    "ceiling": "fitting.pushforward",
    "ceilings": "fitting.verification",
    "chain": "fitting.chain",
    "check": "planner.check",
    "choose_alpha": "analysis.best_of_majority",
    "count": "analysis.counts",
    "count_together": "analysis.counts",
    "coverage": "analysis.coverage",
    "crossed": "fitting.verifier",
    "design": "planner.design",
    "example": "data.examples",
    "exchange": "planner.exchange",
    "export": "data.writers",
    "figure": "reports.drawing",
    "fit": "fitting.group",
    "forecast": "fitting.coverage",
    "frontier": "analysis.frontier",
    "g_pass": "analysis.coverage",
    "judge": "analysis.judges",
    "knob_law": "fitting.laws.knobs",
    "knob_plan": "planner.knobs",
    "loss_law": "fitting.laws.losslaw",
    "loss_laws": "fitting.laws.lossmix",
    "majority": "analysis.voting",
    "majority_beyond": "analysis.limits",
    "majority_limit": "analysis.limits",
    "next_sample": "planner.next_sample",
    "npmle": "fitting.npmle",
    "pair_moments": "analysis.pairs",
    "outcomes": "fitting.laws.outcomes",
    "pass_all": "analysis.coverage",
    "pass_rates": "fitting.tasks",
    "peaked": "fitting.peaked",
    "plan": "planner.build",
    "policies": "planner.policies",
    "pooled_majority": "analysis.pooling",
    "power_prior": "fitting.power_prior",
    "price": "fitting.split",
    "pushforward": "fitting.pushforward",
    "rag_law": "fitting.laws.rag",
    "rank": "fitting.ranking.rank",
    "rates": "fitting.verifier",
    "read": "data.readers",
    "read_judgments": "data.readers.judged",
    "read_points": "data.points",
    "rectangle": "fitting.pushforward",
    "report": "reports.making",
    "roc": "analysis.roc",
    "rpc": "analysis.perplexity",
    "several": "fitting.several",
    "shared_exponent": "fitting.exponent",
    "shift": "fitting.shift",
    "shortest": "analysis.lengths",
    "simulate": "data.synthetic",
    "split": "fitting.split",
    "split_budget": "analysis.temperatures",
    "stays_below": "fitting.utility",
    "stopping": "fitting.utility",
    "surface": "fitting.surface",
    "task_law": "fitting.tasks",
    "together": "fitting.several",
    "truncated": "analysis.truncated",
    "two_stage_majority": "analysis.pooling",
    "union_coverage": "analysis.temperatures",
    "unlike": "planner.unlike",
    "warmed": "fitting.warmed",
    "ways": "analysis.ways",
    "weighted": "analysis.weighted",
    "write": "data.store",
    "write_csv": "reports.sheets",
}
"""Where each public name lives; it is imported when first asked for, so `--help` is cheap."""

__all__ = sorted(_FACE)


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_FACE[name]}", __name__), name)


def _html(result: object) -> str:
    printed: str = import_module(".reports.notebook", __name__).html(result)
    return printed


PRINTERS["html"] = _html


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
