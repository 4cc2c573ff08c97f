"""What a model said in a conversation, whichever way a tool keeps it."""


def spoken(value: object) -> list[str]:
    """Returns the texts of the assistant's messages, or a text that stands alone.

    >>> spoken([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}])
    ['4']
    """
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return []
    said = (m for m in value if isinstance(m, dict) and m.get("role") == "assistant")
    return [text for message in said if (text := _text(message.get("content"))) is not None]


def _text(content: object) -> str | None:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if texts else None
