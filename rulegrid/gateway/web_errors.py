"""What goes wrong on the web, in words for whoever started rulegrid, and without secrets."""

import ssl
from http import HTTPStatus
from socket import gaierror

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from rulegrid.diagnostics import shown

SUCCESS, ELSEWHERE, REFUSAL = 2, 3, 4
"""The first digit of a status."""

UNAUTHORIZED = HTTPStatus.UNAUTHORIZED.value
PASSING = frozenset({UNAUTHORIZED, 408, 425, 429})
"""Refusals that may be over the next time."""


class WebError(Exception):
    """A call that failed."""

    def __init__(self, message: str, status: int = 0, answer: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        """Of HTTP; 0 where there was no answer."""
        self.answer = answer

    @property
    def is_lasting(self) -> bool:
        """Whether the same call would fail again: the server has understood and refused it."""
        return self.status // 100 == REFUSAL and self.status not in PASSING


class LoginRefusedError(WebError):
    """A name or password that the server does not take."""


def reason_of(error: Exception, seconds: float) -> str:
    """Why there was no answer. What libraries say is left out, save about certificates."""
    match error:
        case NameResolutionError() | gaierror():
            reason = "no such host"
        case NewConnectionError() | ConnectionRefusedError():  # urllib3's is a timeout, too
            reason = "nobody listens there"
        case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
            reason = f"no answer within {seconds:.0f} s"
        case SSLError() | ssl.SSLError():
            reason = f"no trusted connection: {shown(str(error))}"
        case _:
            reason = f"the connection broke ({type(error).__name__})"
    return reason


def meaning(status: int) -> str:
    """What a status says to whoever started rulegrid."""
    if status // 100 == ELSEWHERE:
        return f"moves us elsewhere (HTTP {status}): name the new address"
    hint = {
        UNAUTHORIZED: "refuses our token",
        403: "does not allow this account to do that",
        404: "does not know the simulation: check --simulation-id and the address",
    }
    return f"{hint.get(status, 'answers with an error')} (HTTP {status})"
