"""What is used: the clock of one at a time is its draws, and waves agree with every order tried."""

from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner.costs import Prices, prices
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
