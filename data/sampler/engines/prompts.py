"""What a model reads before it draws: a raw prompt, or a user's message in its own template."""

from __future__ import annotations

from typing import Any

from .engine import EngineError


def tokens(tokenizer: Any, model: object, text: str, chat: bool) -> tuple[int, ...]:
    """Returns the tokens of a prompt to a model of that name, its first token included if any.

    Raises:
        EngineError: the prompt has no token, or the model has no chat template.
    """
    if chat and not tokenizer.chat_template:
        raise EngineError(f"chat asks for a model with a chat template; {model} has none")
    if chat:
        said = [{"role": "user", "content": text}]
        template = tokenizer.apply_chat_template
        return tuple(template(said, add_generation_prompt=True, return_dict=False))
    if not (ids := tuple(tokenizer(text)["input_ids"])):
        raise EngineError("a prompt must have at least one token; got an empty one")
    return ids
