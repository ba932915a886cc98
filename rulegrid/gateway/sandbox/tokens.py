"""The tokens of the web wire: JSON Web Tokens that clients can read, and that expire."""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

_HEADER = {"alg": "HS256", "typ": "JWT"}


class Tokens:
    """Gives tokens out and tells which still hold. A restarted server knows none of the old."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._now = now
        self._secret = secrets.token_bytes(32)
        self._given = 0
        self._expired = 0

    def give(self, user: str) -> str:
        """A new token for a user."""
        self._given += 1
        now = round(self._now(), 3)
        claims = {"user": user, "iat": now, "exp": now + self._seconds, "jti": self._given}
        text = f"{_encode(_HEADER)}.{_encode(claims)}"
        return f"{text}.{self._signature(text)}"

    def holds(self, authorization: str) -> bool:
        """Whether an `Authorization` header names a token that is ours and has not expired."""
        kind, _, token = authorization.partition(" ")
        text, _, signature = token.rpartition(".")
        signed = hmac.compare_digest(self._signature(text).encode(), signature.encode())
        if kind != "JWT" or not signed:
            return False
        claims = _decode(text.partition(".")[2])
        return bool(claims["exp"] > self._now() and claims["jti"] > self._expired)

    def expire_all(self) -> None:
        """Let every token given out until now hold no more, whatever it says itself."""
        self._expired = self._given

    def _signature(self, text: str) -> str:
        return _base64(hmac.new(self._secret, text.encode(), sha256).digest())


def _encode(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _decode(part: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
