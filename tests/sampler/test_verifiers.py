"""Verdicts depend on the solution, the run's seed and the verifier, and on nothing else."""

import hashlib
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.engines.engine import Draw, Request
from apportion.data.sampler.solution import Solution, Verdict
from apportion.data.sampler.tasks.generated import problems
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.tasks.programs import PROGRAMS
from apportion.data.sampler.verifiers import KINDS, Verifier, parse, parse_all
from apportion.data.sampler.verifiers.formats import FORMATS, GENERAL, SHOTS, question
from apportion.data.sampler.verifiers.likelihood import Likelihood
from apportion.data.sampler.verifiers.yesno import YesNo


class Parrot:
    """An engine whose words are a function of prompt and seed, and which counts its calls."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.asked: list[Request] = []
        self.calls = 0

    def propose(self, requests: Sequence[Request]) -> list[Draw]:
        self.calls += 1
        self.asked += requests
        return [self._draw(request) for request in requests]

    def _draw(self, request: Request) -> Draw:
        text = self.words[_hash(request.prompt, request.seed) % len(self.words)]
        return Draw(text, output_tokens=len(text))

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        self.calls += 1
        return [[-(_hash(p, c, chat) % 997) / 100 for c in choices] for p in prompts]

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def info(self) -> Mapping[str, object]:
        return {"engine": "parrot"}


def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big")


ADD = Problem(
    "add-2-0",
    "Compute.\n7 + 12 = 19\n34 + 25 = 59\n48 + 27 =",
    "75",
    grader="number",
    family="add",
    max_tokens=8,
    stop=("\n",),
    operands=(48, 27),
)
OWN = Problem("own-1", "What is the capital of France?", "Paris", max_tokens=9, chat=True)
SQUARE = next(program for program in PROGRAMS if program.name == "square")
CODE = Problem(
    "code-square", SQUARE.header, SQUARE.reference, "expression", family="code", program=SQUARE
)
WORDS = (" 75", " 74", " Yes", " No", " n * n", " n ** 2", "", " 75 apples, right?")


def solved(problem: Problem, text: str, answer: str | None, sample: int = 0) -> Solution:
    return Solution(problem, sample, text, answer, -0.5 - sample / 100)


def drawn(count: int) -> list[Solution]:
    """`count` solutions of each of three problems, the problems taking turns."""
    right = {ADD.name: ("75", "84"), OWN.name: ("Paris", "Lyon"), CODE.name: ("n * n", "n + n")}
    return [
        solved(problem, " " + right[problem.name][at % 2], right[problem.name][at % 2], at)
        for at in range(count)
        for problem in (ADD, OWN, CODE)
    ]


SPELT = (
    "resolve:3",
    "generative:3",
    "generative:2:format=labels",
    "generative:2:format=chat",
    "generative:2:format=steps",
    "yesno",
    "yesno:format=chat",
    "weak-test",
    "strong-test",
    "likelihood",
    "likelihood:threshold=-0.52",
)
MODELS = tuple(
    text for text in SPELT if text.partition(":")[0] in ("resolve", "generative", "yesno")
)
SAMPLED = tuple(text for text in MODELS if not text.startswith("yesno"))


@pytest.mark.parametrize("text", SPELT)
def test_every_solution_gets_as_many_verdicts_as_promised(text: str) -> None:
    verifier = parse(text)
    judged = verifier.judge(Parrot(*WORDS), drawn(4), 0)
    assert [len(verdicts) for verdicts in judged] == [verifier.repeats] * 12


@pytest.mark.parametrize("text", SPELT)
def test_neither_order_nor_company_changes_a_verdict(text: str) -> None:
    verifier, solutions = parse(text), drawn(4)
    together = verifier.judge(Parrot(*WORDS), solutions, 0)
    order = random.Random(0).sample(range(12), 12)
    shuffled = verifier.judge(Parrot(*WORDS), [solutions[at] for at in order], 0)
    assert shuffled == [together[at] for at in order]
    alone = [verifier.judge(Parrot(*WORDS), [solution], 0)[0] for solution in solutions]
    assert alone == together


@pytest.mark.parametrize("text", SPELT)
def test_sixteen_solutions_are_judged_as_the_first_sixteen_of_more(text: str) -> None:
    verifier = parse(text)
    few, many = (verifier.judge(Parrot(*WORDS), drawn(count), 0) for count in (4, 16))
    assert many[: len(few)] == few


@pytest.mark.parametrize("text", MODELS)
def test_a_model_s_verdicts_do_not_know_the_truth(text: str) -> None:
    """Another gold, and other tests of it, change no prompt, no stream and no verdict."""
    verifier = parse(text)
    solutions = drawn(4)
    flipped = [
        replace(s, problem=replace(s.problem, gold="-1", tests=("assert False",)))
        for s in solutions
    ]
    one, other = Parrot(*WORDS), Parrot(*WORDS)
    assert verifier.judge(one, solutions, 0) == verifier.judge(other, flipped, 0)
    assert one.asked == other.asked


def test_a_solution_does_not_carry_its_truth() -> None:
    assert {"correct", "grade", "gold"}.isdisjoint(Solution.__slots__)


@pytest.mark.parametrize("text", MODELS)
def test_the_engine_is_called_once_for_all_problems(text: str) -> None:
    engine = Parrot(*WORDS)
    parse(text).judge(engine, drawn(4), 0)
    assert engine.calls == 1


@pytest.mark.parametrize("text", ["weak-test", "strong-test", "likelihood"])
def test_what_needs_no_model_calls_none(text: str) -> None:
    engine = Parrot(*WORDS)
    judged = parse(text).judge(engine, drawn(4), 0)
    assert engine.calls == 0
    assert {verdict.tokens for verdicts in judged for verdict in verdicts} == {0}


def test_no_two_verdicts_share_a_stream() -> None:
    engine = Parrot(*WORDS)
    for text in SAMPLED:
        for seed in (0, 1):
            parse(text).judge(engine, drawn(4), seed)
    seeds = [request.seed for request in engine.asked]
    assert len(set(seeds)) == len(seeds) == 2 * 12 * sum(parse(t).repeats for t in SAMPLED)


@pytest.mark.parametrize("text", SAMPLED)
def test_a_verdict_s_tokens_are_those_drawn_for_it(text: str) -> None:
    engine = Parrot(*WORDS)
    judged = parse(text).judge(engine, drawn(4), 0)
    lengths = [len(engine._draw(request).text) for request in engine.asked]
    assert [verdict.tokens for verdicts in judged for verdict in verdicts] == lengths


# Solving again.


def resolved(solution: Solution, fresh: str) -> Verdict:
    return parse("resolve:1").judge(Parrot(fresh), [solution], 0)[0][0]


@pytest.mark.parametrize(
    ("answer", "fresh", "accepts"),
    [
        ("75", " 75", True),
        ("75", " 0075", True),
        ("75", " 76", False),
        ("75", " who knows", None),
        (None, " 75", False),
        (None, " who knows", None),
    ],
)
def test_solving_again_accepts_what_it_finds_again(
    answer: str | None, fresh: str, accepts: bool | None
) -> None:
    assert resolved(solved(ADD, "", answer), fresh).accepts is accepts


@pytest.mark.parametrize(
    ("answer", "fresh", "accepts"),
    [
        ("n * n", " n ** 2", True),
        ("n * n", " n", False),
        ("n.nothing", " n.nothing", False),
        ("n * n", " n.nothing", False),
        ("n * n", " return return", None),
        (None, " n * n", False),
    ],
)
def test_programs_agree_in_what_they_do(
    answer: str | None, fresh: str, accepts: bool | None
) -> None:
    assert resolved(solved(CODE, "", answer), fresh).accepts is accepts


def test_a_problem_is_solved_again_as_it_was_solved() -> None:
    engine = Parrot(" 75")
    parse("resolve:2", temperature=0.3).judge(engine, [solved(ADD, " 75", "75")], 0)
    asked = [replace(request, seed=0) for request in engine.asked]
    assert asked == [Request(ADD.prompt, 0, 0.3, ADD.max_tokens, ADD.stop)] * 2


# Asking for a verdict.


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("shots", " Yes", True),
        ("shots", "\nno.", False),
        ("shots", " Yesterday", None),
        ("shots", " I say Yes", None),
        ("shots", "", None),
        ("labels", " correct", True),
        ("labels", " wrong", False),
        ("labels", " incorrect", None),
        ("chat", "**Yes**", True),
        ("chat", "No, it is not.", False),
        ("steps", "Yes, I will check. 2 + 2 = 4.\nVerdict: Yes", True),
        ("steps", "Verdict: Yes? No: 2 + 2 = 4.\n**Verdict:** No", False),
        ("steps", "Yes", None),
        ("steps", "Verdict: none", None),
    ],
)
def test_a_verdict_is_read_or_missing(name: str, text: str, verdict: bool | None) -> None:
    assert FORMATS[name].read(text) is verdict
    judged = parse(f"generative:1:format={name}").judge(Parrot(text), drawn(1), 0)
    assert {verdicts[0].accepts for verdicts in judged} == {verdict}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("solution", drawn(2), ids=lambda s: f"{s.problem.name}-{s.sample}")
def test_a_prompt_ends_with_the_claim_in_question(name: str, solution: Solution) -> None:
    form = FORMATS[name]
    prompt = form.prompt(solution)
    before, _, after = form.ask.partition("{claim}")
    last = prompt.rpartition(before)[2] if before else prompt.rpartition("\n\n")[2]
    claim = last.removesuffix(after)
    assert claim.endswith(solution.text)
    assert question(solution.problem) in prompt
    assert str(solution.problem.gold) not in prompt or solution.problem.gold == solution.answer


@pytest.mark.parametrize("family", [*SHOTS, None])
def test_worked_examples_are_balanced(family: str | None) -> None:
    shots = GENERAL if family is None else SHOTS[family]
    assert sum(right for _, right in shots) * 2 == len(shots)


@pytest.mark.parametrize("family", ["add", "sub", "mul", "max", "sort", "sums"])
def test_worked_examples_are_right_where_they_say_so(family: str) -> None:
    for claim, right in SHOTS[family]:
        assert _holds(claim) == right, claim


def _holds(claim: str) -> bool:
    """The claims about numbers are Python, or nearly so; running sums must add all terms."""
    terms, colon, sums = claim.partition(": ")
    if colon:
        parts = sums.split(", ")
        totals = list(itertools.accumulate(map(int, terms.split(" + "))))
        return [int(part.split(" = ")[1]) for part in parts] == totals[1:]
    return bool(eval(claim if "==" in claim else claim.replace("=", "==")))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_asked_is_not_among_the_worked_examples(seed: int) -> None:
    for task in problems(seed):
        prompt = FORMATS["shots"].prompt(solved(task, " 1", None))
        assert f"\n{prompt}".count(f"\n{question(task)}") == 1, task.name


@pytest.mark.parametrize("task", problems(0), ids=lambda task: task.name)
def test_a_bundled_question_is_the_end_of_its_prompt(task: Problem) -> None:
    asked = question(task)
    assert task.prompt.endswith(asked)
    asked_about = task.program.header if task.program else str(task.operands[0])
    assert asked_about in asked
    assert asked.count("\n") == {"word": 1, "code": 2}.get(str(task.family), 0)


def test_braces_in_a_solution_are_text() -> None:
    prompt = FORMATS["shots"].prompt(solved(CODE, " {claim} {0}", None))
    assert prompt.endswith(" {claim} {0}\nIs this right?")


class Sure(Parrot):
    """An engine that says Yes to additions and No to the rest, with the log-probabilities given."""

    def __init__(self, yes: tuple[float, float], no: tuple[float, float]) -> None:
        super().__init__("")
        self.yes, self.no = yes, no

    def score(
        self, prompts: Sequence[str], choices: Sequence[str], chat: bool = False
    ) -> list[list[float]]:
        assert len(set(prompts)) == len(prompts)
        assert (choices, chat) == ((" Yes", " No"), False)
        return [list(self.yes if "48 + 27" in prompt else self.no) for prompt in prompts]


THREE = [solved(ADD, " 75", "75"), solved(OWN, "Lyon", "Lyon"), solved(ADD, " 75", "75", 1)]


def test_log_odds_are_a_score_and_above_the_threshold_a_yes() -> None:
    engine = Sure(yes=(-0.5, -2.0), no=(-3.0, -0.5))
    yes, no = [Verdict(True, 1.5, 1)], [Verdict(False, -2.5, 1)]
    assert YesNo().judge(engine, THREE, 0) == [yes, no, yes]
    strict = parse("yesno:threshold=1.5").judge(engine, THREE, 0)
    assert [verdicts[0].accepts for verdicts in strict] == [False, False, False]


def test_odds_that_are_unknown_are_missing_and_odds_without_bound_decide() -> None:
    engine = Sure(yes=(-math.inf, -math.inf), no=(-math.inf, -1.0))
    missing, sure = [Verdict(None, None, 1)], [Verdict(False, None, 1)]
    assert YesNo().judge(engine, THREE, 0) == [missing, sure, missing]


# The model's own likelihood.


def test_likelihood_is_a_score_and_a_verdict_only_with_a_threshold() -> None:
    known, unknown = solved(ADD, " 75", "75"), replace(solved(ADD, "", None), mean_logprob=math.nan)
    assert Likelihood().judge(Parrot(), [known, unknown], 0) == [
        [Verdict(None, -0.5)],
        [Verdict(None, None)],
    ]
    assert Likelihood(-0.4).judge(Parrot(), [known, unknown], 0) == [
        [Verdict(False, -0.5)],
        [Verdict(None, None)],
    ]


# What the command line may say.


@pytest.mark.parametrize("text", SPELT)
def test_a_name_says_what_the_verifier_is(text: str) -> None:
    verifier: Verifier = parse(text)
    kind, _, rest = text.partition(":")
    form = rest.partition("format=")[2] or "shots"
    shown = f"{kind}-{form}" if kind in ("generative", "yesno") else kind
    assert verifier.name == shown


def test_a_temperature_that_is_not_set_is_the_run_s() -> None:
    assert parse("resolve", 0.3) == parse("resolve:8:temperature=0.3", 0.9)
    assert parse("generative:temperature=1") == parse("generative", 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resolv:8", "did you mean 'resolve'"),
        ("", "a verifier must be one of resolve, generative"),
        ("ré", r"got 'r\\xe9'"),
        ("resolve:0", "repeats must be a whole number from 1 to 999999; got '0'"),
        ("resolve:many", "got 'many' in verifier 'resolve:many'"),
        ("resolve:8:4", "got '8:4'"),
        ("resolve:8:repeats=4", "must set repeats once; it does 2 times"),
        ("resolve:format=chat", "sets 'format', where repeats, temperature may be set"),
        ("resolve:8:temprature=1", "did you mean 'temperature'"),
        ("resolve:temperature=-1", "temperature must be a number of at least 0; got '-1'"),
        ("resolve:temperature=nan", "temperature must be a number of at least 0; got 'nan'"),
        ("generative:8:format=shot", "did you mean 'shots'"),
        ("yesno:format=steps", "format must be one of shots, labels, chat; got 'steps'"),
        ("yesno:8", "sets '8', where format, threshold may be set"),
        ("weak-test:3", "sets '3', where nothing may be set"),
        ("likelihood:threshold=high", "threshold must be a number; got 'high'"),
        ("reward", "must name its model, as in reward:PATH"),
        ("reward::device=cpu", "must name its model, as in reward:PATH"),
        ("reward:/nowhere:dtype=int8", "dtype must be one of float32, bfloat16; got 'int8'"),
    ],
)
def test_a_misspelt_verifier_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isascii()


def test_two_verifiers_of_one_name_are_refused() -> None:
    names = [verifier.name for verifier in parse_all(["resolve:2", "yesno", "yesno:format=chat"])]
    assert names == ["resolve", "yesno-shots", "yesno-chat"]
    with pytest.raises(InputError, match="must differ in name; got 'resolve' 2 times"):
        parse_all(["resolve:2", "weak-test", "resolve:4"])


def test_every_kind_is_spelt_in_these_tests() -> None:
    assert {text.partition(":")[0] for text in SPELT} | {"reward"} == set(KINDS)
