"""One HTTP server that speaks JSON: asked again where it is busy, and never believed blindly."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .engine import EngineError

BUSY = frozenset({429, 502, 503, 504})
"""Answers that ask for patience: too many requests, or a server that is about to be back."""
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
LARGEST = 2**28
DROPPED = (
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    http.client.IncompleteRead,
)


class _AsAnswered(urllib.request.HTTPErrorProcessor):
    """Gives every status back, and follows no redirection: it would take the key elsewhere."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002
        return response

    https_response = http_response


_OPENER = urllib.request.build_opener(_AsAnswered)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask (a URL without credentials), with which key, and how patiently.

    A busy server or a dropped connection is asked again after each of `waits` seconds; what is
    asked stays the same, so the answer does too. `timeout` bounds each silence, in seconds.
    """

    url: str
    key: str = field(default="", repr=False)
    timeout: float = 600.0
    waits: tuple[float, ...] = WAITS

    def __post_init__(self) -> None:
        try:
            parts = urllib.parse.urlsplit(self.url)
            plain = self.url.isascii() and self.url.isprintable() and parts.port != 0
            known = plain and parts.scheme in ("http", "https") and parts.hostname
        except ValueError:  # an unclosed bracket, or a port that is no number
            known = False
        if not known:
            raise EngineError("a server's URL must look like http://host:port/v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise EngineError("a server's URL must not hold credentials, a query or a fragment")
        if not (self.key.isascii() and self.key.isprintable()):
            raise EngineError("the server's key must be printable ASCII; what is set is not")

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Returns the JSON object with which the server answers a GET, or a POST of `body`.

        Raises:
            EngineError: it cannot be reached, refuses, stays busy, or answers anything else.
        """
        for wait in self.waits:
            status, answer = self._once(path, body)
            if status and status not in BUSY:
                break
            time.sleep(wait)
        else:
            status, answer = self._once(path, body)
        if status != 200:
            said = f"status {status}" if status else "a dropped connection"
            raise EngineError(f"{self.url}{path} answered with {said}: {self._short(answer)}")
        try:
            told = json.loads(answer, parse_constant=_refuse)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise EngineError(
                f"{self.url}{path} must answer with a JSON object; got {self._short(answer)}"
            )
        return told

    def _once(self, path: str, body: Mapping[str, object] | None) -> tuple[int, bytes]:
        """The status and bytes of one try; status 0 is a connection that was dropped."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, headers)
        try:
            with _OPENER.open(asked, timeout=self.timeout) as reply:
                # What is longer is cut, and then no JSON.
                return reply.status, reply.read(LARGEST)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, DROPPED):
                return 0, str(reason).encode()
            raise EngineError(f"cannot reach {self.url}: {self._short(str(reason))}") from None

    def _short(self, told: bytes | str) -> str:
        """What a server said, made safe to show: short, ASCII, and without the key."""
        text = told.decode("utf8", "replace") if isinstance(told, bytes) else told
        text = text.replace(self.key, "[key]") if self.key else text
        return ascii(text if len(text) <= 300 else text[:300] + " ...")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
