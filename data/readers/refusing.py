"""Choices of the user that a format gives no room for."""

from ..errors import InputError
from .intake import Asked


def refuse(asked: Asked, format: str, *options: str) -> None:
    """Refuses choices that a format gives no room for.

    Raises:
        InputError: one of the options was given.
    """
    for option in options:
        if getattr(asked, option) is not None:
            raise InputError(f"--{option} has no meaning for {format} logs, which leave no choice")
