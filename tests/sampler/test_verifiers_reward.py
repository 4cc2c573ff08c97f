"""A reward model's head: the real path, on a tiny head whose weights are random, not trained."""

import math
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="a reward model needs torch: pip install apportion[local]")
pytest.importorskip("transformers", reason="a reward model needs transformers")

import torch
import transformers
from apportion.data.errors import InputError
from apportion.data.sampler.engines.engine import Engine
from apportion.data.sampler.solution import Solution
from apportion.data.sampler.tasks.problem import Problem
from apportion.data.sampler.verifiers import parse
from apportion.data.sampler.verifiers.reward import Head, StepReward, load

pytestmark = pytest.mark.model

NONE: Engine = None  # type: ignore[assignment]
PLAIN = Problem("plain", "2 + 2 =")
CHAT = Problem("chat", "What is 2 + 2?", chat=True)
TEXTS = [" 4", " 5", " 4, as everybody knows", "", " four, five or six: I will not say which"]
TEMPLATE = "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}"
LONGEST = 96


def saved(folder: Path, pad: int | None = 0, head: bool = True) -> str:
    """A byte-level tokenizer and a random Llama of two layers, in a folder."""
    tokenizers = pytest.importorskip("tokenizers")
    letters = ["<pad>", "<s>", "</s>", *sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())]
    bytewise = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab={a: at for at, a in enumerate(letters)}, merges=[])
    )
    bytewise.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=bytewise, bos_token="<s>", eos_token="</s>", chat_template=TEMPLATE
    )
    settings = transformers.LlamaConfig(
        vocab_size=len(letters),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST,
        initializer_range=0.5,
        pad_token_id=pad,
        num_labels=1,
    )
    torch.manual_seed(0)
    kind = transformers.LlamaForSequenceClassification if head else transformers.LlamaForCausalLM
    kind(settings).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved(tmp_path_factory.mktemp("heads") / "tiny")


@pytest.fixture(scope="module")
def head(path: str) -> Head:
    return load(path)


@pytest.mark.parametrize("problem", [PLAIN, CHAT], ids=lambda problem: problem.name)
def test_padding_does_not_change_a_score(head: Head, problem: Problem) -> None:
    together = head.logits([problem] * len(TEXTS), TEXTS)
    alone = [head.logits([problem], [text])[0] for text in TEXTS]
    assert together == pytest.approx(alone, abs=1e-4)
    assert min(abs(a - b) for a in alone for b in alone if a is not b) > 0.05


def test_a_logit_is_the_model_s_own(head: Head) -> None:
    for text in TEXTS:
        ids = head.tokenizer(PLAIN.prompt + text, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            told = float(head.model(input_ids=ids).logits[0, 0])
        assert head.logits([PLAIN], [text])[0] == pytest.approx(told, abs=1e-5)


def test_a_conversation_is_put_into_the_head_s_own_template(head: Head) -> None:
    whole = Problem("whole", "<s>user: What is 2 + 2?</s><s>assistant: Four.</s>")
    assert head.logits([CHAT], ["Four."]) == head.logits([whole], [""])


def test_a_head_without_padding_reads_its_texts_one_by_one(path: str, tmp_path: Path) -> None:
    bare = load(saved(tmp_path, pad=None))
    assert bare.pad is None
    expected = load(path).logits([PLAIN] * len(TEXTS), TEXTS)
    assert bare.logits([PLAIN] * len(TEXTS), TEXTS) == pytest.approx(expected, abs=1e-4)


def test_a_text_too_long_to_be_read_has_no_score(head: Head) -> None:
    long = "9" * LONGEST
    logits = head.logits([PLAIN] * 2, [long, " 4"])
    assert math.isnan(logits[0])
    assert logits[1] == pytest.approx(head.logits([PLAIN], [" 4"])[0], abs=1e-4)
    steps = StepReward(head).score(PLAIN, [long, " 4"])
    assert 0 < steps[0] < steps[1]


def test_a_verdict_is_the_logit_above_the_threshold(path: str, head: Head) -> None:
    solutions = [Solution(PLAIN, at, text, text, 0.0) for at, text in enumerate(TEXTS)]
    solutions.append(Solution(PLAIN, len(TEXTS), "9" * LONGEST, "9", 0.0))
    verifier = parse(f"reward:{path}")
    assert (verifier.name, verifier.repeats) == ("reward-tiny", 1)
    said = [verdicts[0] for verdicts in verifier.judge(NONE, solutions, 0)]
    logits = head.logits([PLAIN] * len(TEXTS), TEXTS)
    assert [verdict.score for verdict in said[:-1]] == pytest.approx(logits, abs=1e-4)
    assert [verdict.accepts for verdict in said] == [*(logit > 0 for logit in logits), None]
    assert {verdict.tokens for verdict in said} == {0}
    least = min(logits) - 1
    easy = parse(f"reward:{path}:threshold={least}").judge(NONE, solutions[:-1], 0)
    assert all(verdicts[0].accepts for verdicts in easy)


def test_a_step_s_reward_is_the_share_of_its_logit(head: Head) -> None:
    shares = StepReward(head).score(PLAIN, TEXTS)
    logits = head.logits([PLAIN] * len(TEXTS), TEXTS)
    assert [math.log(s / (1 - s)) for s in shares] == pytest.approx(logits, abs=1e-4)
    assert StepReward(head).score(PLAIN, []) == []


def test_half_precision_is_near(path: str, head: Head) -> None:
    """Bfloat16 keeps eight bits; the wrong rows would be off by the spread of the logits."""
    half = load(path, dtype="bfloat16").logits([PLAIN] * len(TEXTS), TEXTS)
    exact = head.logits([PLAIN] * len(TEXTS), TEXTS)
    spread = max(exact) - min(exact)
    assert half == pytest.approx(exact, abs=spread / 4)
    assert half != exact


def test_a_language_model_without_a_head_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, head=False)
    with pytest.raises(InputError, match=r"its head; .* lacks score\.weight"):
        parse(f"reward:{path}")


def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no reward model can be loaded from") as caught:
        parse(f"reward:{tmp_path}")
    assert "\n" not in str(caught.value)


def test_a_device_that_is_not_there_is_refused_in_one_line(path: str) -> None:
    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(InputError, match="on 'mps': ") as caught:
        parse(f"reward:{path}:device=mps")
    assert "\n" not in str(caught.value)
