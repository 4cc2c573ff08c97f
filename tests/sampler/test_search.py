"""Searches on a chain of steps whose probabilities are known: laws, laws of chance, and replay."""

import hashlib
import json
import math
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.engines.engine import LENGTH, STEP, STOP, Draw, Request
from apportion.data.sampler.search import SEARCHES, STRIDE, Outcome, Search, digest, parse
from apportion.data.sampler.search.entropic import temperature
from apportion.data.sampler.search.growth import Settings
from apportion.data.sampler.search.multifurcation import MASKED
from apportion.data.sampler.search.replay import replay
from apportion.data.sampler.search.resampling import log_odds, softmax
from apportion.data.sampler.search.tree import ROOT, Tree, read
from apportion.data.sampler.streams import stream
from apportion.data.sampler.tasks.problem import Problem

PIECES = "rwx|."
"""A right step begins with r, a wrong one with w; x fills, | ends a step, . the completion."""
PROBLEM = Problem("chain", "?", step="|", max_tokens=60)


@cache
def numbers(seed: int) -> list[float]:
    """The numbers of a stream; many tests draw from the same few thousand."""
    drawn: list[float] = stream(seed).random(PROBLEM.max_tokens).tolist()
    return drawn


@cache
def law(chances: tuple[float, ...]) -> tuple[list[float], list[float], int]:
    """Chances up to each piece, their logarithms, and the likeliest piece."""
    logs = [math.log(chance) if chance else -math.inf for chance in chances]
    return list(accumulate(chances)), logs, chances.index(max(chances))


@dataclass
class Chain:
    """A fake engine: after only right steps one more is right with chance q, otherwise with mend.

    A completion has `length` steps, or ends with chance `early` in place of any step's end. It
    draws like a real engine: token p takes the p-th number of the seed's stream.
    """

    q: float = 0.5
    mend: float = 0.0
    length: int = 3
    early: float = 0.0
    calls: list[int] = field(default_factory=list)
    used: list[tuple[int, int]] = field(default_factory=list)

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        self.calls.append(len(requests))
        return [self._draw(request) for request in requests]

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        raise NotImplementedError

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(PIECES.index(piece) for piece in text)

    def info(self) -> Mapping[str, object]:
        return {"engine": "chain"}

    def next(self, text: str) -> tuple[float, ...]:
        """The chances of r, w, x, | and . after a text."""
        if not text or text[-1] == "|":
            q = self.mend if "w" in text else self.q
            return (q, 1 - q, 0, 0, 0)
        ends = 1.0 if text.count("|") == self.length - 1 else self.early
        return (0, 0, 0.4, 0.6 * (1 - ends), 0.6 * ends)

    def _draw(self, asked: Request) -> Draw:
        begun = text = asked.begun.text if asked.begun else ""
        logprobs: list[float] = []
        finish = None
        while finish is None:
            up_to, logs, at = law(self.next(text))
            if asked.temperature:
                self.used.append((asked.seed, len(text)))
                at = bisect(up_to, numbers(asked.seed)[len(text)])
            text += PIECES[at]
            logprobs.append(logs[at])
            finish = self._finish(asked, text[len(begun) :])
        said, read = text[len(begun) :], len(asked.prompt) + len(begun)
        tokens = self.tokenize(said)
        return Draw(said.rstrip("."), tokens, tuple(logprobs), finish, read, len(tokens))

    def _finish(self, asked: Request, said: str) -> str | None:
        if said[-1] == ".":
            return STOP
        if said[-1] == asked.step:
            return STEP
        return LENGTH if len(said) == asked.max_tokens else None


@dataclass(frozen=True)
class Exact:
    """Knows right from wrong, and says so with these scores."""

    right: float = 1.0
    wrong: float = 0.0
    name: str = "exact"

    def score(self, _: Problem, prefixes: Sequence[str], /) -> list[float]:
        return [self.wrong if "w" in prefix else self.right for prefix in prefixes]


@dataclass
class Useless:
    """A number by the hash of the text; it counts what it was asked."""

    seed: int = 0
    name: str = "useless"
    asked: list[str] = field(default_factory=list)

    def score(self, _: Problem, prefixes: Sequence[str], /) -> list[float]:
        self.asked += prefixes
        told = (hashlib.sha256(f"{self.seed} {prefix}".encode()).digest() for prefix in prefixes)
        return [(each[0] + 0.5) / 256 for each in told]


def right(outcome: Outcome) -> bool:
    return "w" not in outcome.draw.text


def plain(chain: Chain, seed: int, problem: Problem = PROBLEM) -> Draw:
    request = Request(problem.prompt, seed, max_tokens=problem.max_tokens, stop=problem.stop)
    return chain.propose([request])[0]


LAWS = pytest.mark.parametrize("name", SEARCHES)
WIDTHS = pytest.mark.parametrize("width", [1, 4, 12])
WANDERING = Chain(0.6, 0.3, 6, 0.15)


def search_of(name: str, width: int, **settings: float) -> Search:
    return Search(name, width, Settings(**settings))  # type: ignore[arg-type]


@LAWS
@WIDTHS
def test_what_is_submitted_has_ended_and_begins_at_the_prompt(name: str, width: int) -> None:
    for base in range(20):
        outcome = search_of(name, width).run(WANDERING, Useless(), PROBLEM, base * STRIDE)
        tree = outcome.tree
        assert outcome.draw == tree.whole(tree.submitted)
        assert outcome.draw.finish == STOP
        assert "".join(PIECES[t] for t in outcome.draw.tokens) == outcome.draw.text + "."
        assert outcome.draw.prompt_tokens == len(PROBLEM.prompt)
        assert outcome.draw.output_tokens == len(outcome.draw.logprobs)


@LAWS
def test_width_one_is_plain_sampling(name: str) -> None:
    for base in range(30):
        outcome = search_of(name, 1).run(WANDERING, Useless(), PROBLEM, base)
        assert outcome.draw == plain(WANDERING, base)


@LAWS
@pytest.mark.parametrize("width", [1, 4])
def test_completions_are_cut_at_their_tokens_and_their_last_step_runs_to_the_end(
    name: str, width: int
) -> None:
    cut = replace(PROBLEM, max_tokens=5)
    few = replace(WANDERING, early=0.0)
    for base in range(20):
        short = search_of(name, width).run(few, Useless(), cut, base * STRIDE)
        assert (short.draw.finish, short.draw.output_tokens) == (LENGTH, 5)
        late = search_of(name, width, steps=2).run(few, Useless(), PROBLEM, base * STRIDE)
        assert late.draw.finish == STOP
        assert max(node.depth for node in late.tree.nodes) == 2
        if width == 1:
            assert short.draw == plain(few, base * STRIDE, cut)
            assert late.draw == plain(few, base * STRIDE)


@LAWS
@WIDTHS
def test_a_search_is_the_same_again_and_whatever_the_engine_s_batches(
    name: str, width: int
) -> None:
    class OneByOne(Chain):
        def propose(self, requests: Sequence[Request]) -> list[Draw]:
            drawn = [super(OneByOne, self).propose([asked])[0] for asked in reversed(requests)]
            return drawn[::-1]

    search = search_of(name, width)
    for base in range(5):
        first = search.run(Chain(0.6, 0.3, 6, 0.15), Useless(), PROBLEM, base)
        again = search.run(Chain(0.6, 0.3, 6, 0.15), Useless(), PROBLEM, base)
        alone = search.run(OneByOne(0.6, 0.3, 6, 0.15), Useless(), PROBLEM, base)
        assert first.log() == again.log() == alone.log()


@LAWS
@WIDTHS
def test_no_random_number_is_used_twice(name: str, width: int) -> None:
    for base in range(20):
        chain = Chain(0.6, 0.3, 6, 0.15)
        outcome = search_of(name, width, k=2).run(chain, Useless(), PROBLEM, base * STRIDE)
        assert len(set(chain.used)) == len(chain.used)
        assert all(base * STRIDE <= node.seed < (base + 1) * STRIDE for node in outcome.tree.nodes)
        firsts = [node.seed for node in outcome.tree.nodes if node.parent == ROOT]
        assert firsts[:width] == [base * STRIDE + slot for slot in range(len(firsts[:width]))]


@LAWS
@WIDTHS
def test_tokens_are_counted_once_for_all_that_share_them(name: str, width: int) -> None:
    chain, scorer = Chain(0.6, 0.3, 6, 0.15), Useless()
    tree = search_of(name, width).run(chain, scorer, PROBLEM, 0).tree
    cost = tree.cost()
    drawn = sum(len(node.step.tokens) for node in tree.nodes)
    greedy = sum(len(node.step.tokens) for node in tree.nodes if node.temperature == 0)
    assert cost["output_tokens"] == drawn == len(chain.used) + greedy
    assert cost["prompt_tokens"] == 1
    before = [0 if n.parent == ROOT else len(tree.whole(n.parent).tokens) for n in tree.nodes]
    assert cost["read_tokens"] == sum(before) + len(tree.nodes)
    assert sum(chain.calls) == len(tree.nodes)
    texts = [tree.whole(node).text for node in tree.scores]
    assert sorted(set(texts)) == sorted(scorer.asked)
    if name == "multifurcation":
        assert cost["scorer_calls"] <= len({tree.nodes[node].parent for node in tree.scores})
    else:
        assert cost["scorer_calls"] == len(scorer.asked)


@pytest.mark.parametrize("name", [name for name in SEARCHES if name != "a-star"])
def test_the_engine_is_called_once_a_step(name: str) -> None:
    chain = Chain(0.6, 0.3, 6, 0.15)
    tree = search_of(name, 12, k=2).run(chain, Useless(), PROBLEM, 0).tree
    steps = max(node.depth for node in tree.nodes if node.temperature > 0)
    assert len(chain.calls) <= steps * (3 if name == "lookahead" else 1)


@LAWS
@WIDTHS
def test_a_search_is_found_again_from_its_log(name: str, width: int) -> None:
    search = search_of(name, width, temperature=0.7)
    for base in range(10):
        outcome = search.run(WANDERING, Useless(), PROBLEM, base)
        log = json.loads(json.dumps(outcome.log()))
        assert read(log) == outcome.tree
        found = replay(log)
        assert found.draw == outcome.draw
        assert found.log() == log


def logged(name: str = "particle-filter") -> dict[str, object]:
    outcome = search_of(name, 4).run(WANDERING, Useless(), PROBLEM, 3)
    told: dict[str, object] = json.loads(json.dumps(outcome.log()))
    return told


def tampered(log: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    """Logs in which one thing was changed: a score, an ancestor, a step, an answer, a number."""
    made = []
    for what in ("score", "chosen", "seed", "submitted", "base", "search", "scorer_calls", "cut"):
        other = json.loads(json.dumps(log))
        nodes, selections = other["nodes"], other["selections"]
        if what == "score":
            node = next(node for node in nodes if node["score"] is not None)
            node["score"] = 1 - node["score"]
        elif what == "seed":
            nodes[1]["seed"] += 1
        elif what == "chosen":
            others = [n for n in selections[0]["candidates"] if n != selections[0]["chosen"][0]]
            selections[0]["chosen"][0] = others[0]
        elif what == "submitted":
            other["submitted"] = 0
        elif what == "search":
            other["search"] = "beam:4:m=2,steps=40"
        elif what == "cut":
            nodes.pop()
        else:
            other[what] += 1
        made.append((what, other))
    return made


@LAWS
def test_a_log_that_was_changed_is_refused_with_one_line(name: str) -> None:
    for what, other in tampered(logged(name)):
        with pytest.raises(InputError, match="changed after it was written") as found:
            replay(other)
        assert "\n" not in str(found.value)
        # With its digest made anew it still does not follow from itself.
        other["sha256"] = digest(other)
        with pytest.raises(InputError) as found:
            replay(other)
        assert "\n" not in str(found.value), what


@pytest.mark.parametrize("lost", ["nodes", "selections", "submitted", "search", "base", "sha256"])
def test_a_log_that_lacks_something_is_refused(lost: str) -> None:
    log = logged()
    del log[lost]
    if lost != "sha256":
        log["sha256"] = digest(log)
    with pytest.raises(InputError):
        replay(log)


def share(search: Search, chain: Chain, scorer: object, runs: int) -> float:
    found = [
        right(search.run(chain, scorer, PROBLEM, run * STRIDE))  # type: ignore[arg-type]
        for run in range(runs)
    ]
    return sum(found) / runs


def error(expected: float, runs: int) -> float:
    """4.5 standard errors of a share of so many runs."""
    return 4.5 * math.sqrt(expected * (1 - expected) / runs)


def beams(q: float, length: int, width: int, m: int) -> float:
    """The chance that a beam of width / m right prefixes, each gone on with m ways, lasts."""
    kept: dict[int, float] = {width // m: 1.0}
    for step in range(length):
        chances: dict[int, float] = defaultdict(float)
        for beam, chance in kept.items():
            drawn = width if step == 0 else beam * m
            for good in range(drawn + 1):
                binomial = math.comb(drawn, good) * q**good * (1 - q) ** (drawn - good)
                chances[min(good, width // m)] += chance * binomial
        kept = chances
    return 1 - kept[0]


def tree_of(q: float, length: int, width: int) -> float:
    """The chance that all of a tree with `width` children a right node has a right path."""
    found = 1.0
    for _ in range(length):
        found = 1 - (1 - q * found) ** width
    return found


Q, LENGTH_, N, M = 0.3, 3, 8, 4
CHAINED = 1 - (1 - Q) ** N
KNOWN = {
    "beam": beams(Q, LENGTH_, N, M),
    "lookahead": beams(Q, LENGTH_, N, M),
    "dvts": 1 - (1 - (1 - (1 - Q) ** M) ** LENGTH_) ** (N // M),
    "particle-filter": CHAINED**LENGTH_,
    "a-star": tree_of(Q, LENGTH_, N),
}


@pytest.mark.parametrize("name", KNOWN)
def test_with_a_perfect_scorer_right_answers_are_as_frequent_as_they_should_be(name: str) -> None:
    """Closed forms; where a wrong step is never mended, being right is a race of right prefixes."""
    # Greedy roll-outs must not leave the right path, or looking ahead is worse than not looking.
    chain = Chain(0.5 if name == "lookahead" else Q, 0.0, LENGTH_)
    expected = beams(0.5, LENGTH_, N, M) if name == "lookahead" else KNOWN[name]
    runs = 250
    seen = share(search_of(name, N, m=M), chain, Exact(), runs)
    assert abs(seen - expected) < error(expected, runs)


@pytest.mark.parametrize("name", ["step-beam", "multifurcation", "beam"])
def test_one_beam_of_m_children_lasts_while_one_of_them_is_right(name: str) -> None:
    expected, runs = (1 - (1 - Q) ** M) ** LENGTH_, 400
    seen = share(search_of(name, M, m=M), Chain(Q, 0.0, LENGTH_), Exact(), runs)
    assert abs(seen - expected) < error(expected, runs)


def test_right_answers_grow_with_the_number_of_particles() -> None:
    runs = 300
    for width in (1, 2, 4, 8):
        expected = (1 - 0.5**width) ** 3
        seen = share(search_of("particle-filter", width), Chain(), Exact(), runs)
        assert abs(seen - expected) <= error(expected, runs)


def test_the_cheapest_prefix_of_all_is_gone_on_with() -> None:
    for base in range(30):
        tree = search_of("a-star", 3).run(WANDERING, Useless(base), PROBLEM, base * STRIDE).tree
        ahead = {ROOT: 1.0} | {node: 1 - score for node, score in tree.scores.items()}
        behind, frontier = {ROOT: 0.0}, dict[int, float]()
        for made in tree.selections:
            for child, cost in zip(made.candidates, made.weights, strict=True):
                parent = tree.nodes[child].parent
                behind[child] = behind[parent] + max(0.0, ahead[child] - ahead[parent])
                frontier[child] = behind[child] + ahead[child]
                assert cost == frontier[child]
            (popped,) = made.chosen
            assert frontier.pop(popped) <= min(frontier.values(), default=math.inf)
        assert tree.submitted == popped


@dataclass(frozen=True)
class Shallow:
    """Likes few steps, and completions that have ended least."""

    name: str = "shallow"

    def score(self, _: Problem, prefixes: Sequence[str], /) -> list[float]:
        return [1 / (2 + p.count("|")) if p.endswith("|") else 0.1 for p in prefixes]


def test_a_search_that_has_spent_its_tokens_submits_the_best_completion_or_ends_one() -> None:
    few, ways, chain = replace(PROBLEM, max_tokens=18), set(), replace(WANDERING, early=0.03)
    for base in range(30):
        tree = search_of("a-star", 4).run(chain, Shallow(), few, base * STRIDE).tree
        drawn = [node for made in tree.selections for node in made.candidates]
        goals = [node for node in drawn if tree.ended(node)]
        assert not any(tree.ended(made.chosen[0]) for made in tree.selections)
        if goals:
            assert tree.submitted in goals
        else:
            assert tree.nodes[tree.submitted].parent == tree.selections[-1].chosen[0]
            assert tree.ended(tree.submitted)
        spent = sum(tree.nodes[node].step.output_tokens for node in drawn)
        assert spent >= 4 * 18 > spent - 4 * 18
        ways.add(bool(goals))
    assert ways == {True, False}


def test_a_step_beam_is_narrower_for_every_completion_that_left_it() -> None:
    narrowed = 0
    for base in range(30):
        tree = search_of("step-beam", 12, m=3).run(WANDERING, Useless(base), PROBLEM, base).tree
        room = 4
        for made in tree.selections[:-1]:
            assert len(made.chosen) == min(room, len(made.candidates))
            said = [(tree.nodes[n].parent, tree.nodes[n].step.text) for n in made.candidates]
            ways = [(*told, tree.ended(n)) for n, told in zip(made.candidates, said, strict=True)]
            assert len(set(ways)) == len(ways)
            room -= sum(tree.ended(node) for node in made.chosen)
            narrowed += 0 < room < 4
    assert narrowed > 0


def test_children_beyond_the_fan_are_masked_and_alike_ones_are_one() -> None:
    masked = 0
    for base in range(30):
        search = search_of("multifurcation", 12, m=6, fan=2)
        tree = search.run(WANDERING, Useless(base), PROBLEM, base).tree
        for made in tree.selections:
            families: dict[int, list[float]] = {}
            for node, weight in zip(made.candidates, made.weights, strict=True):
                families.setdefault(tree.nodes[node].parent, []).append(weight)
                assert weight == tree.scores.get(node, MASKED)
            for weights in families.values():
                assert sum(weight != MASKED for weight in weights) == min(2, len(weights))
            masked += made.weights.count(MASKED)
    assert masked > 0


def test_slots_are_resampled_anew_at_every_step_of_every_search() -> None:
    """With equal weights a slot's ancestors at two steps are any two slots, equally often."""
    runs, chain = 800, Chain(length=3)
    pairs: Counter[tuple[int, int]] = Counter()
    for run in range(runs):
        tree = (
            search_of("particle-filter", 3).run(chain, Exact(0.5, 0.5), PROBLEM, run * STRIDE).tree
        )
        first, second = (made.candidates.index(made.chosen[0]) for made in tree.selections)
        pairs[first, second] += 1
    assert len(pairs) == 9
    assert all(abs(count / runs - 1 / 9) < error(1 / 9, runs) for count in pairs.values())


@pytest.mark.parametrize("name", ["particle-filter", "entropic-particle-filter"])
def test_resample_tables_say_how_ancestors_were_drawn(name: str) -> None:
    heats = set()
    for base in range(40):
        search = search_of(name, 8, steps=8)
        tree = search.run(WANDERING, Useless(base), PROBLEM, base * STRIDE).tree
        for drawn, made in enumerate(tree.selections, start=1):
            weights = log_odds([tree.scores[node] for node in made.candidates])
            assert made.ess == pytest.approx(1 / np.square(softmax(weights)).sum())
            assert made.weights == pytest.approx(softmax(weights, made.temperature or math.nan))
            assert len(made.chosen) == 8
            assert set(made.chosen) <= set(made.candidates)
            if name == "entropic-particle-filter":
                assert made.temperature == temperature(made.ess or math.nan, 8, drawn / 8)
                shares: dict[int, float] = defaultdict(float)
                for node, weight in zip(made.candidates, made.weights, strict=True):
                    shares[node] += 8 * weight
                slots = Counter(made.candidates)
                for node, expected in shares.items():
                    assert abs(made.chosen.count(node) - expected) < slots[node]
            heats.add(made.temperature)
    assert (heats == {1.0}) == (name == "particle-filter")


def test_particles_weigh_completions_as_their_posterior_says() -> None:
    """The product of mean weights, with the last right ones, is unbiased for any number of slots.

    With odds a for a right text and b for a wrong one at each of three steps, its expectation is
    that of the product of odds over the chain, and its part in right completions q^3 a^3.
    """
    q, mend, a, b, runs = 0.4, 0.2, 2.0, 0.5, 1500
    chain, scorer = Chain(q, mend, 3), Exact(a / (1 + a), b / (1 + b))
    wrong = sum(q**k * (1 - q) * a**k * b ** (3 - k) for k in range(3))
    expected = np.array([q**3 * a**3, q**3 * a**3 + wrong])
    search = search_of("particle-filter", 3)
    trees = [search.run(chain, scorer, PROBLEM, run * STRIDE).tree for run in range(runs)]
    seen = np.array([_masses(tree, a, b) for tree in trees])
    assert np.all(np.abs(seen.mean(0) - expected) < 4.5 * seen.std(0) / math.sqrt(runs))


def _masses(tree: Tree, a: float, b: float) -> tuple[float, float]:
    product, weights, good = 1.0, [0.0], [0.0]
    for depth in (1, 2, 3):
        texts = [tree.whole(node.id).text for node in tree.nodes if node.depth == depth]
        weights = [b if "w" in text else a for text in texts]
        good = [0.0 if "w" in text else a for text in texts]
        before, product = product, product * sum(weights) / len(weights)
    return before * sum(good) / len(good), product


@LAWS
def test_a_scorer_that_knows_something_beats_plain_sampling_and_a_useless_one_does_not(
    name: str,
) -> None:
    """At q = 1/2 and steps alike, right and wrong are but names to a scorer of hashes."""
    chain, runs = Chain(0.5, 0.5, 2), 250
    search = search_of(name, 8)
    useless = [right(search.run(chain, Useless(run), PROBLEM, run * STRIDE)) for run in range(runs)]
    assert abs(sum(useless) / runs - 0.25) < error(0.25, runs)
    assert share(search, chain, Exact(0.7, 0.3), runs) > 0.25 + error(0.25, runs)


@pytest.mark.parametrize("name", SEARCHES)
def test_scored_steps_beat_the_best_of_as_many_whole_samples(name: str) -> None:
    runs, best_of = 100, 1 - (1 - 0.5**4) ** 8
    seen = share(search_of(name, 8, steps=5), Chain(length=4), Exact(), runs)
    assert seen > best_of + error(best_of, runs)


@dataclass(frozen=True)
class Late(Exact):
    """Does not see the newest step."""

    def score(self, problem: Problem, prefixes: Sequence[str], /) -> list[float]:
        seen = [prefix[: prefix.rstrip("|").rfind("|") + 1] for prefix in prefixes]
        return Exact.score(self, problem, seen)


def test_looking_ahead_shows_what_only_later_steps_give_away() -> None:
    chain, runs = Chain(0.6, 0.0, 2), 400
    blind, seeing = 0.6**2, (1 - 0.4**4) * 0.6
    seen = share(search_of("beam", 4), chain, Late(), runs)
    assert abs(seen - blind) < error(blind, runs)
    seen = share(search_of("lookahead", 4, k=1), chain, Late(), runs)
    assert abs(seen - seeing) < error(seeing, runs)


def test_problems_without_steps_are_not_searched() -> None:
    with pytest.raises(InputError, match="'chain' has no `step`"):
        parse("beam:4").run(Chain(), Exact(), replace(PROBLEM, step=None), 0)


@pytest.mark.parametrize("score", [math.nan, 1.5, -0.1])
def test_a_scorer_s_numbers_are_checked(score: float) -> None:
    with pytest.raises(InputError, match="exact must give scores between 0 and 1; it gave"):
        parse("beam:4").run(Chain(), Exact(score, score), PROBLEM, 0)
