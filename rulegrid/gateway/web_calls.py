"""Calls to a web server in front of an exchange, each with a token that still holds.

One login serves all calls and the websocket. Everything has a deadline, and no answer is larger
than a message may be. What goes wrong is told in one line that holds no secret.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Literal

import urllib3
from urllib3.exceptions import HTTPError

from rulegrid.exchange.messages import MAX_BYTES, web
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.waiting import Backoff, Patience
from rulegrid.gateway.web_errors import (
    SUCCESS,
    UNAUTHORIZED,
    LoginRefusedError,
    WebError,
    meaning,
    reason_of,
)

CONNECTIONS = 8
"""Calls at a time at most."""

PIECE = 1 << 16
FRESH = 10.0
"""A token of so many seconds is as good as a new one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class _Token:
    text: Secret
    since: float
    renew_at: float


@dataclass(frozen=True, slots=True)
class _Call:
    method: Literal["GET", "POST"]
    path: str
    body: bytes = field(repr=False)


class Calls:
    """Calls to one server. Many threads may use it."""

    def __init__(self, domain: str, credentials: Credentials, patience: Patience) -> None:
        self._domain = domain.rstrip("/")
        self._credentials = credentials
        self._patience = patience
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False)
        self._logging_in = Lock()
        self._token: _Token | None = None
        self._backoff = Backoff()

    def until_renewal(self) -> float:
        """Seconds until the token should be renewed."""
        token = self._token
        return 0.0 if token is None else token.renew_at - time.monotonic()

    def token(self, *, fresh: bool = False) -> Secret:
        """A token that holds, a fresh one where it is asked for. Raises `WebError`."""
        with self._logging_in:
            now, token = time.monotonic(), self._token
            if token is None or (fresh and now - token.since > FRESH):
                return self._log_in()
            if now >= token.renew_at:
                self._renew(token)
            return self._token.text if self._token else self._log_in()

    def forget_token(self, refused: Secret) -> None:
        """A token was refused: it is not used again."""
        with self._logging_in:
            if self._token is not None and self._token.text == refused:
                self._token = None

    def get(self, path: str, body: bytes, seconds: float) -> bytes:
        """What is there, as JSON; the server reads the body of a GET too. Raises `WebError`."""
        return self._call(_Call("GET", path, body), seconds)

    def post(self, path: str, body: bytes, seconds: float) -> bytes:
        """Do something; the answer in JSON. Raises `WebError`."""
        return self._call(_Call("POST", path, body), seconds)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def _call(self, call: _Call, seconds: float) -> bytes:
        """A call, repeated once with a new token where that of the first was refused."""
        deadline = time.monotonic() + seconds
        token = self.token()
        try:
            return self._request(call, token, deadline)
        except WebError as error:
            if error.status != UNAUTHORIZED:
                raise
        self.forget_token(token)
        return self._request(call, self.token(), deadline)

    def _renew(self, old: _Token) -> None:
        """Log in again at the token's half life; if that fails, the old one still holds."""
        try:
            self._log_in()
        except WebError:
            pause = self._backoff.pause(self._patience.ceiling)
            self._token = replace(old, renew_at=time.monotonic() + pause)

    def _log_in(self) -> Secret:
        """Raises `WebError`."""
        who = self._credentials
        call = _Call("POST", web.LOGIN, web.login(who.username, who.password.reveal()))
        try:
            answer = self._request(call, None, time.monotonic() + self._patience.answer)
            token = web.read_token(answer)
        except web.WebRefusalError:
            raise WebError(f"{self._domain} does not answer a login with a token") from None
        except WebError as error:
            if not error.is_lasting and error.status != UNAUTHORIZED:
                raise
            raise LoginRefusedError(
                f"{self._domain} refuses the login: check API_CLIENT_USERNAME and "
                "API_CLIENT_PASSWORD",
                error.status,
            ) from None
        self._backoff.reset()
        now = time.monotonic()
        self._token = _Token(Secret(token), now, now + self._half_life(token))
        return self._token.text

    def _half_life(self, token: str) -> float:
        """Seconds until a new token should be renewed.

        The clocks of both sides are only compared where a token does not say when it was issued.
        """
        lifetime = web.token_lifetime(token)
        seconds = self._patience.token
        if lifetime is not None:
            issued, expires = lifetime
            said = expires - (time.time() if issued is None else issued)
            seconds = said if said > 0 else seconds
        return seconds / 2

    def _request(self, call: _Call, token: Secret | None, deadline: float) -> bytes:
        """The answer to one request. Raises `WebError`."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"JWT {token.reveal()}"
        left = max(0.01, deadline - time.monotonic())
        with self._explained(left):
            response = self._pool.request(
                call.method,
                self._domain + call.path,
                body=call.body,
                headers=headers,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=left, read=left),
            )
            with closing(response):
                answer = self._read(response, deadline)
        if response.status // 100 != SUCCESS:
            raise WebError(f"{self._domain} {meaning(response.status)}", response.status, answer)
        return answer

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        pieces = bytearray()
        while piece := response.read1(PIECE):
            pieces += piece
            if len(pieces) > MAX_BYTES:
                raise WebError(f"{self._domain} answers more than {MAX_BYTES >> 20} MiB")
            if time.monotonic() > deadline:
                raise WebError(f"{self._domain} does not finish its answer")
        return bytes(pieces)

    @contextmanager
    def _explained(self, seconds: float) -> Iterator[None]:
        """Turn whatever can go wrong on the way into one line."""
        try:
            yield
        except (HTTPError, OSError, ValueError) as error:
            reason = reason_of(error, seconds)
            raise WebError(f"{self._domain} cannot be reached: {reason}") from None
