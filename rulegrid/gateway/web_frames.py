"""The frames of a websocket, from bytes and without I/O.

The library in use sends what it is told and reads whatever length a frame announces. Here a frame
that is too large is refused when its head has come, and so are fragments that add up to too much.
"""

from dataclasses import dataclass
from enum import IntEnum

_SHORT, _MEDIUM, _LONG = 2, 4, 10
"""Bytes of a frame's head, by how its length is written."""

_LENGTH_IN_TWO, _LENGTH_IN_EIGHT = 126, 127
_LAST, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASKED, _LENGTH = 0x80, 0x7F


class FrameError(Exception):
    """A frame that is not as it should be; nothing after it can be understood."""


class Kind(IntEnum):
    """What a frame is."""

    MORE = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA

    @property
    def is_control(self) -> bool:
        """Whether it is about the connection itself. It may come between fragments."""
        return self >= Kind.CLOSE


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole message, however many frames it took, or a control frame."""

    kind: Kind
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Head:
    kind: Kind
    is_last: bool
    size: int
    """Bytes of the head itself."""
    length: int
    """Bytes of what follows."""


class Frames:
    """Puts the messages of a server together."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._kind: Kind | None = None
        self._parts: list[bytes] = []
        self._parts_length = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a message has begun and is not whole yet."""
        return bool(self._buffer) or self._kind is not None

    def feed(self, received: bytes) -> list[Arrived]:
        """Take in bytes; the messages that are whole now. Raises `FrameError`."""
        self._buffer += received
        arrived: list[Arrived] = []
        while True:
            head = self._head = self._head or self._read_head()
            if head is None or len(self._buffer) < head.size + head.length:
                return arrived
            payload = bytes(self._buffer[head.size : head.size + head.length])
            del self._buffer[: head.size + head.length]
            self._head = None
            whole = self._put_together(head, payload)
            if whole is not None:
                arrived.append(whole)

    def _read_head(self) -> _Head | None:
        """The head of the next frame, once it is here. Raises `FrameError`."""
        if len(self._buffer) < _SHORT:
            return None
        first, second = self._buffer[:_SHORT]
        kind = self._checked_kind(first, second)
        code = second & _LENGTH
        size = {_LENGTH_IN_TWO: _MEDIUM, _LENGTH_IN_EIGHT: _LONG}.get(code, _SHORT)
        if len(self._buffer) < size:
            return None
        length = int.from_bytes(self._buffer[_SHORT:size]) if size > _SHORT else code
        if kind.is_control and (size > _SHORT or not first & _LAST):
            raise FrameError("a control frame that is too large")
        if length + self._parts_length > self._most_bytes:
            raise FrameError(f"a message of more than {self._most_bytes} bytes")
        return _Head(kind, bool(first & _LAST), size, length)

    def _checked_kind(self, first: int, second: int) -> Kind:
        if first & _RESERVED or second & _MASKED:
            raise FrameError("a frame with bits that nobody agreed on")
        try:
            kind = Kind(first & _OPCODE)
        except ValueError:
            raise FrameError("a frame of an unknown kind") from None
        if not kind.is_control and (kind is Kind.MORE) != (self._kind is not None):
            raise FrameError("fragments out of order")
        return kind

    def _put_together(self, head: _Head, payload: bytes) -> Arrived | None:
        if head.kind.is_control:
            return Arrived(head.kind, payload)
        kind = self._kind or head.kind
        if not head.is_last:
            self._kind = kind
            self._parts += [payload] if payload else []
            self._parts_length += len(payload)
            return None
        whole = b"".join([*self._parts, payload]) if self._parts else payload
        self._kind, self._parts, self._parts_length = None, [], 0
        return Arrived(kind, whole)
