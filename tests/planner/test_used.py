"""What is used: the clock of one at a time is its draws, and waves agree with every order tried."""

from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.traces import Group
from apportion.planner.costs import Prices, prices
from apportion.planner.exchange import exchange
from apportion.planner.probed import probed
from apportion.planner.value import value_table
from apportion.planner.waves import clock, longest, waits

SECOND = Prices(second=1.0, verdict=0.5)


@pytest.fixture(scope="module")
def log() -> Counts:
    made = count(simulate("mixed", problems=30, samples=12, verdicts=1, seed=2)[0])
    return replace(made, seconds=np.full(len(made), 2.0))


def test_one_at_a_time_takes_as_long_as_all_that_is_drawn(log: Counts) -> None:
    used = value_table([log], SECOND).used
    assert used is not None
    drawn, judged, time, waited = used.each
    np.testing.assert_array_equal(time, drawn)
    np.testing.assert_array_equal(waited, judged)
    assert clock(log, 7, 1) == 7


def test_waves_are_whole_and_last_as_long_as_their_longest(log: Counts) -> None:
    assert [waits(s, 4) for s in (1, 4, 5, 8, 9)] == [1, 1, 2, 2, 3]
    for size in (1, 2, 4, 12):
        assert (longest(log, size) >= 1 - 1e-12).all()
    assert (longest(log, 4) >= longest(log, 2) - 1e-12).all()
    assert log.drawn is not None
    even = replace(log, drawn=replace(log.drawn, tokens=None))
    for s in (3, 4, 5, 9):
        np.testing.assert_allclose(clock(even, s, 4), np.ceil(s / 4))


@pytest.mark.parametrize("parallel", [2, 3, 8])
def test_accepting_in_waves_draws_no_fewer_and_takes_no_longer(log: Counts, parallel: int) -> None:
    """Worth as much; without tokens a wave lasts as long as one sample."""
    assert log.drawn is not None
    even = replace(log, drawn=replace(log.drawn, tokens=None))
    alone = value_table([even], SECOND)
    waves = value_table([even], replace(SECOND, parallel=parallel))
    assert alone.used is not None
    assert waves.used is not None
    assert alone.options == waves.options
    np.testing.assert_array_equal(alone.value, waves.value)
    for o, option in enumerate(alone.options):
        (drawn, judged, time, waited), first = waves.used.each[..., o], alone.used.each[..., o]
        assert (drawn >= first[0] - 1e-9).all()
        assert (time <= first[2] + 1e-9).all()
        assert (waited <= first[3] + 1e-9).all()
        assert (drawn <= max(option.solutions, 0) + 1e-9).all()
        np.testing.assert_allclose(judged, drawn * option.verdicts)


@pytest.mark.parametrize("cap", [2, 3, 4])
def test_waves_are_the_mean_over_every_order(cap: int) -> None:
    """On a log so small that all orders can be tried."""
    tiny = count(simulate("mixed", problems=8, samples=4, verdicts=1, seed=3)[0])
    assert tiny.drawn is not None
    assert tiny.drawn.accepts is not None
    assert tiny.drawn.tokens is not None
    table = value_table([tiny], Prices(sample=1.0, parallel=2), part=1.0)
    assert table.used is not None
    named = [(o.strategy, o.solutions) for o in table.options]
    place = named.index(("accept-first", cap))
    for p in range(len(tiny)):
        own = tiny.rows(p)
        yes, tokens = tiny.drawn.accepts[own, 0] == 1, tiny.drawn.tokens[own]
        pair = np.mean([max(two) for two in combinations(tokens, 2)]) / tokens.mean()
        seen = []
        for order in permutations(range(4)):
            drawn, time, rounds = 0, 0.0, 0
            while drawn < cap and not yes[list(order[:drawn])].any():
                size = min(2, cap - drawn)
                drawn, rounds = drawn + size, rounds + 1
                time += pair if size == 2 else 1.0
            seen.append((drawn, drawn, time, rounds))
        np.testing.assert_allclose(table.used.each[:, p, place], np.mean(seen, axis=0))


def test_a_price_list_says_how_many_run_at_once(log: Counts, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text("[seconds]\nverdict = 0.5\nparallel = 8\n")
    assert prices("seconds", [log], file)[1] == replace(SECOND, parallel=8)
    assert prices("seconds", [log], file)[1].json()["parallel"] == 8
    for wrong in ("0", "-1", "1.5", "true", '"two"'):
        file.write_text(f"[seconds]\nparallel = {wrong}\n")
        with pytest.raises(InputError, match="parallel must be a whole number >= 1; got"):
            prices("seconds", [log], file)
    file.write_text("[samples]\nsample = 1\nparallel = 8\n")
    with pytest.raises(InputError, match="no price 'parallel'"):
        prices("samples", [log], file)


def as_model(log: Counts, name: str, tokens: float) -> Counts:
    """Returns the log as that of a model, every sample of so many tokens."""
    logged = np.full(len(log), tokens)
    return replace(log, group=Group(model=name), output_tokens=logged, prompt_tokens=0 * logged)


def test_a_problem_pays_once_for_every_model_used_on_it(log: Counts) -> None:
    """Whatever is drawn, and nothing for doing nothing; groups of one model pay no second time."""
    logs = [as_model(log, "small", 1.0), as_model(log, "large", 1.0)]
    fee = {"small": 7.0, "large": 1000.0}
    plain = Prices(sample=1.0, verdict=0.5)
    price = replace(plain, models=tuple((m, replace(plain, problem=f)) for m, f in fee.items()))
    free, paid = value_table(logs, plain), value_table(logs, price)
    for o, option in enumerate(paid.options):
        owed = fee[option.group.model or ""] if option.solutions else 0.0
        np.testing.assert_allclose(paid.cost[:, o], free.cost[:, o] + owed, rtol=1e-12)
    assert min(o.solutions for o in paid.options) == 0
    assert {o.strategy for o in paid.options} >= {"one", "majority", "accept-first", "best-of"}


def test_a_probe_pays_for_its_model_and_the_option_for_another(log: Counts) -> None:
    logs = [as_model(log, "small", 1.0), as_model(log, "large", 1.0)]
    fee = {"small": 7.0, "large": 1000.0}
    plain = Prices(sample=1.0, verdict=0.5)
    price = replace(plain, models=tuple((m, replace(plain, problem=f)) for m, f in fee.items()))
    worlds, by = np.ones((2, len(log))), set()
    pairs = [probed(logs, each, worlds, 3) for each in (plain, price)]
    for free, paid in zip(*pairs, strict=True):
        assert paid.probe is not None
        looked = paid.probe.group.model or ""
        by.add(looked)
        table = paid.case.table
        for o, option in enumerate(table.options):
            models = {looked} | ({option.group.model or ""} if option.solutions else set())
            owed = sum(fee[model] for model in models)
            np.testing.assert_allclose(table.cost[:, o], free.case.table.cost[:, o] + owed)
    assert by == {"small", "large"}


@pytest.mark.parametrize(("ratio", "times"), [(0.16, 257.75), (0.79, 63.367), (22, 15.773)])
def test_prices_with_pretraining_break_even_where_the_exchange_does(
    log: Counts, ratio: float, times: float, tmp_path: Path
) -> None:
    """A sample of the large model costs that of a small one with so many times the tokens."""
    tokens = 100.0
    logs = [as_model(log, "small", tokens * exchange(14, ratio)), as_model(log, "large", tokens)]
    file = tmp_path / "prices.toml"
    pretrained = f"pretraining_tokens = {tokens / ratio}"
    file.write_text(
        f"[flops.models.small]\nparameters = 1e9\n{pretrained}\n"
        f"[flops.models.large]\nparameters = 14e9\n{pretrained}\n"
    )
    table = value_table(logs, prices("flops", logs, file)[1])
    one = {o.group.model: table.cost[:, i] for i, o in enumerate(table.options) if o.solutions == 1}
    np.testing.assert_allclose(one["large"], one["small"], rtol=1e-12)
    inference = one["small"] - 6e9 * tokens / ratio
    np.testing.assert_allclose(inference / (2e9 * tokens), times, atol=5e-4)
