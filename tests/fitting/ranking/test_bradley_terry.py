"""Bradley-Terry: gradients, other implementations, known truth, calibration, clusters."""

from collections.abc import Iterator

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.judgments import MISSING, Pairs
from apportion.fitting.newton import maximise
from apportion.fitting.ranking import bradley_terry as module
from apportion.fitting.ranking import judged as judges
from apportion.fitting.ranking.battles import apart, battles
from apportion.fitting.ranking.bradley_terry import TIE_CENTRE, Model, bradley_terry
from apportion.fitting.ranking.judged import judged
from apportion.fitting.ranking.links import LINKS, Tie
from apportion.fitting.ranking.standing import p_above

NAMES = tuple("abcdefghij")


def drawn(
    strengths: np.ndarray,
    size: int,
    rng: np.random.Generator,
    *,
    tie: Tie = "davidson",
    tied: float = TIE_CENTRE,
    order: float = 0.0,
) -> Pairs:
    """Battles of random pairs from the model."""
    many = len(strengths)
    left = rng.integers(0, many, size)
    right = (left + rng.integers(1, many, size)) % many
    gap = (strengths[left] - strengths[right] + order)[None]
    level = np.full((1, 1), tied)
    chance = np.exp([LINKS[tie].slopes(np.eye(3)[[i]], gap, level)[0][0] for i in range(3)])
    if tie == "none":
        chance[1] = 0.0
    winner = 1 - (rng.random(size) > np.cumsum(chance, axis=0)).sum(axis=0)
    return Pairs(NAMES[:many], left, right, winner)


def flat(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -1e-9 * (theta**2).sum(axis=1), -2e-9 * theta


@pytest.fixture
def no_prior() -> Iterator[None]:
    """The posterior mode becomes the maximum of the likelihood."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "log_prior", flat)
        patch.setattr(
            module, "curvature", lambda t: np.stack([-2e-9 * np.eye(t.shape[1])] * len(t))
        )
        patch.setattr(module, "SPREAD", 1e4)
        yield


def mode(pairs: Pairs, tie: Tie) -> np.ndarray:
    model = Model(battles(pairs, order=False, ties=tie != "none"), tie, False)
    start = np.r_[np.zeros(model.found.size), TIE_CENTRE, 0.0]
    return np.asarray(maximise(lambda t, _: model.newton(t, model.found.times), start, 1)[0])


@pytest.mark.parametrize("tie", LINKS)
@pytest.mark.parametrize("order", [False, True])
def test_gradient_and_hessian_are_those_of_the_posterior(tie: Tie, order: bool) -> None:
    rng = np.random.default_rng(0)
    pairs = drawn(rng.standard_normal(4), 60, rng, tie=tie)
    model = Model(battles(pairs, order=order, ties=tie != "none"), tie, order)
    theta, step = 0.5 * rng.standard_normal((3, 6)), 1e-5 * np.eye(6)
    value, gradient, hessian = model.newton(theta, model.found.times)
    assert np.allclose(model.density(theta)[0], value)
    for i, nudge in enumerate(step):
        up, down = model.density(theta + nudge), model.density(theta - nudge)
        assert np.allclose((up[0] - down[0]) / 2e-5, gradient[:, i], atol=1e-5)
        assert np.allclose((up[1] - down[1]) / 2e-5, hessian[:, i], atol=1e-5)


@pytest.mark.usefixtures("no_prior")
def test_the_mode_without_a_prior_is_that_of_choix_and_evalica() -> None:
    choix = pytest.importorskip("choix", reason="choix is not installed (extra dev)")
    evalica = pytest.importorskip("evalica", reason="evalica is not installed (extra dev)")
    rng = np.random.default_rng(1)
    pairs = drawn(np.linspace(-1, 1, 6), 800, rng, tie="none")
    ours = mode(pairs, "none")[:6]
    won = pairs.winner == 1
    first, second = np.where(won, pairs.left, pairs.right), np.where(won, pairs.right, pairs.left)
    theirs = choix.ilsr_pairwise(6, list(zip(first.tolist(), second.tolist(), strict=True)))
    assert ours - ours.mean() == pytest.approx(theirs - theirs.mean(), abs=1e-6)
    winners = [evalica.Winner.X if w else evalica.Winner.Y for w in won]
    names = [NAMES[i] for i in pairs.left], [NAMES[i] for i in pairs.right]
    scores = evalica.bradley_terry(*names, winners, tolerance=1e-12, limit=10_000).scores
    logs = np.log([scores[name] for name in NAMES[:6]])
    assert ours - ours.mean() == pytest.approx(logs - logs.mean(), abs=1e-6)


@pytest.mark.usefixtures("no_prior")
def test_ties_without_a_prior_are_those_of_scorio_and_evalica() -> None:
    """scorio compares every trial of a question; evalica's `newman` is Davidson's model."""
    theirs = pytest.importorskip("scorio.rank", reason="scorio is not installed (extra dev)")
    evalica = pytest.importorskip("evalica", reason="evalica is not installed (extra dev)")
    rng = np.random.default_rng(2)
    outcomes = (rng.random((4, 60, 5)) < np.array([0.3, 0.4, 0.55, 0.6])[:, None, None]).astype(int)
    sides = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    left, right = (np.repeat([s[at] for s in sides], 300) for at in (0, 1))
    winner = np.concatenate([(outcomes[i] - outcomes[j]).ravel() for i, j in sides])
    pairs = Pairs(NAMES[:4], left, right, winner)
    found = mode(pairs, "davidson")
    strengths = found[:4] - found[:4].mean()
    _, scores = theirs.bradley_terry_davidson(outcomes, return_scores=True)
    assert strengths == pytest.approx(np.log(scores) - np.log(scores).mean(), abs=2e-4)
    word = {1: evalica.Winner.X, 0: evalica.Winner.Draw, -1: evalica.Winner.Y}
    names = [NAMES[i] for i in left], [NAMES[i] for i in right]
    made = evalica.newman(*names, [word[w] for w in winner], tolerance=1e-12, limit=100_000)
    logs = np.log([made.scores[name] for name in NAMES[:4]])
    assert strengths == pytest.approx(logs - logs.mean(), abs=1e-3)
    kupper = mode(pairs, "rao-kupper")
    _, scores = theirs.rao_kupper(
        outcomes, tie_strength=float(np.exp(np.exp(kupper[4]))), return_scores=True
    )
    logs = np.log(scores)
    assert kupper[:4] - kupper[:4].mean() == pytest.approx(logs - logs.mean(), abs=2e-3)


@pytest.mark.parametrize("tie", LINKS)
def test_strengths_ties_and_the_order_effect_are_found_again(tie: Tie) -> None:
    rng = np.random.default_rng(3)
    truth = np.array([-1.0, -0.3, 0.1, 0.4, 0.8])
    made = bradley_terry(drawn(truth, 20_000, rng, tie=tie, order=0.4), rng, tie=tie, order=True)
    sd = made.worlds[1:].std(axis=0)
    assert (np.abs(made.worlds[0] - truth) < 4 * sd).all()
    assert (sd < 0.05).all()
    effect = made.more["order effect"]
    assert abs(effect[0] - 0.4) < 4 * effect[1:].std()
    if tie != "none":
        assert abs(np.log(made.more["tie"][0]) - TIE_CENTRE) < 4 * np.log(made.more["tie"]).std()


def test_the_normal_shape_and_the_walk_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    pairs = drawn(np.linspace(-1, 1, 5), 40_000, rng)
    quick = bradley_terry(pairs, rng)
    assert len(quick.worlds) == 1001
    monkeypatch.setattr(module, "NORMAL", 2.0)
    slow = bradley_terry(pairs, rng)
    assert len(slow.worlds) > 1001
    sd = slow.worlds.std(axis=0)
    assert (np.abs(quick.worlds[0] - slow.worlds[0]) < 5 * sd / np.sqrt(500)).all()
    assert quick.worlds[1:].std(axis=0) == pytest.approx(sd, rel=4 / np.sqrt(2 * 500))


def test_a_candidate_that_won_everything_has_a_finite_strength() -> None:
    pairs = Pairs(NAMES[:3], np.zeros(9, int), np.tile([1, 2, 1], 3), np.ones(9, int))
    made = bradley_terry(pairs, np.random.default_rng(5), tie="none")
    assert np.isfinite(made.worlds).all()
    assert p_above(made.worlds)[0, 1] > 0.95


def test_copies_of_each_battle_do_not_narrow_strengths_when_items_are_drawn_again() -> None:
    rng = np.random.default_rng(6)
    once = drawn(np.linspace(-1, 1, 5), 400, rng)
    five = Pairs(
        once.candidates,
        np.repeat(once.left, 5),
        np.repeat(once.right, 5),
        np.repeat(once.winner, 5),
        item=np.repeat(np.arange(400), 5),
    )
    alone = bradley_terry(once, rng).worlds[1:].std(axis=0)
    again = bradley_terry(five, rng)
    assert "drawn again" in again.assumption
    naive = bradley_terry(five, rng, clustered=False).worlds[1:].std(axis=0)
    assert (naive < 0.6 * alone).all()
    assert again.worlds[1:].std(axis=0) == pytest.approx(alone, rel=0.25)


def test_parts_that_never_met_are_a_doubt() -> None:
    pairs = Pairs(NAMES[:4], np.array([0, 0, 2]), np.array([1, 1, 3]), np.array([1, 1, -1]))
    assert len(apart(battles(pairs, order=False))) == 2
    made = bradley_terry(pairs, np.random.default_rng(7), tie="none")
    assert any("only the prior speaks" in doubt for doubt in made.doubts)


def test_judges_sharpness_is_found_and_a_coin_counts_little() -> None:
    rng = np.random.default_rng(8)
    truth = np.array([-1.0, 0.0, 1.0])
    good, coin = drawn(truth, 600, rng, tie="none"), drawn(0 * truth, 600, rng, tie="none")
    both = Pairs(
        NAMES[:3],
        np.r_[good.left, coin.left],
        np.r_[good.right, coin.right],
        np.r_[good.winner, coin.winner],
        judge=np.repeat([0, 1], 600),
    )
    made = judged(both, rng, tie="none")
    sharp = [made.more[f"sharpness of {j}"] for j in (0, 1)]
    assert (sharp[1][1:] < sharp[0][1:]).mean() > 0.99
    lumped = bradley_terry(both, rng, tie="none")
    spread = np.ptp(made.worlds[0]), np.ptp(lumped.worlds[0])
    assert spread[0] * sharp[0][0] > 1.2 * spread[1]


def test_the_gradient_with_judges_is_that_of_the_posterior() -> None:
    rng = np.random.default_rng(9)
    pairs = drawn(rng.standard_normal(3), 80, rng)
    pairs = Pairs(
        pairs.candidates, pairs.left, pairs.right, pairs.winner, judge=rng.integers(0, 2, 80)
    )
    model = judges.Model(battles(pairs, order=True, judged=True), "davidson")
    theta = 0.4 * rng.standard_normal((2, model.size))
    gradient = model.density(theta)[1]
    for i, nudge in enumerate(1e-5 * np.eye(model.size)):
        sloped = (model.density(theta + nudge)[0] - model.density(theta - nudge)[0]) / 2e-5
        assert np.allclose(sloped, gradient[:, i], atol=1e-5)


def test_bad_battles_are_refused_in_one_line() -> None:
    one = np.array([0])
    with pytest.raises(InputError, match="cannot meet itself; got 'a'"):
        Pairs(NAMES[:2], one, one, one)
    with pytest.raises(InputError, match="must be 1"):
        Pairs(NAMES[:2], one, one + 1, one + 2)
    nothing = Pairs(NAMES[:2], one, one + 1, one + MISSING)
    with pytest.raises(InputError, match="at least one battle"):
        bradley_terry(nothing, np.random.default_rng(0))
    with pytest.raises(InputError, match="did you mean 'davidson'"):
        bradley_terry(nothing, np.random.default_rng(0), tie="davison")  # type: ignore[arg-type]


def test_what_sides_that_never_change_hide_stays_unsure_when_items_are_drawn_again() -> None:
    """The left ones may be better, or the left place: the prior alone tells, in both ways.

    Worlds of items take the spread of strengths as found, and say less of it than the posterior.
    """
    rng = np.random.default_rng(10)
    left, right = rng.integers(0, 2, 600), rng.integers(2, 4, 600)
    winner = np.where(rng.random(600) < 0.6, 1, -1)
    pairs = Pairs(NAMES[:4], left, right, winner, item=np.arange(600) // 2)
    again = bradley_terry(pairs, rng, tie="none", order=True)
    alone = bradley_terry(pairs, rng, tie="none", order=True, clustered=False)
    spread = [s.more["order effect"][1:].std() for s in (again, alone)]
    assert spread[1] > spread[0] > 0.2
