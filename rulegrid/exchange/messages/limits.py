"""What is refused before a decoder sees it: JSON that is too large or too deeply nested."""

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 64 * 1024 * 1024
"""The largest message that is read. A market takes about 550 bytes of an event."""

MAX_DEPTH = 64
"""The deepest nesting that is read.

A level of the grid tree takes two: the area and its children.
"""

SHORT = 4096
"""Bytes up to which counting brackets is quicker than following them."""

_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_STEP = np.zeros(256, dtype=np.int8)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


def reason_to_refuse(payload: bytes, max_bytes: int = MAX_BYTES) -> str:
    """Why a payload is not read at all, or an empty text."""
    if len(payload) > max_bytes:
        return f"{len(payload)} bytes, more than the {max_bytes} that are read"
    if _is_too_deep(payload):
        return f"nested more than {MAX_DEPTH} levels deep"
    return ""


def _is_too_deep(payload: bytes) -> bool:
    """Whether the brackets of a JSON text nest too deep, those within strings left out.

    A short text mostly has too few brackets to matter. Few texts have brackets within strings, so
    all brackets are counted first, at memory speed. Only where these look too deep or do not pair
    up are the strings told apart.
    """
    if len(payload) < SHORT and payload.count(b"{") + payload.count(b"[") <= MAX_DEPTH:
        return False
    levels = _levels(np.frombuffer(payload.translate(None, _NO_BRACKETS), dtype=np.uint8))
    pairs_up = not levels.size or (levels[-1] == 0 and levels.min() >= 0)
    if pairs_up and levels.max(initial=0) <= MAX_DEPTH:
        return False
    return any(  # the beginning alone mostly tells
        _levels(_outside_strings(part)).max(initial=0) > MAX_DEPTH
        for part in (payload[:SHORT], payload)
    )


def _levels(brackets: NDArray[np.uint8]) -> NDArray[np.int32]:
    """How many brackets are open after each one."""
    return np.cumsum(_STEP[brackets], dtype=np.int32)


def _outside_strings(payload: bytes) -> NDArray[np.uint8]:
    """The characters of a JSON text that stand outside its strings."""
    unescaped = payload.replace(b"\\\\", b"").replace(b'\\"', b"")
    characters = np.frombuffer(unescaped, dtype=np.uint8)
    quotes = np.cumsum(characters == ord('"'), dtype=np.int32)
    outside: NDArray[np.uint8] = characters[quotes % 2 == 0]
    return outside
