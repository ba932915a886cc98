"""The frames of a websocket."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.gateway.web_frames import Arrived, FrameError, Frames, Kind

MOST = 1 << 20


def frame(kind: Kind, payload: bytes, *, is_last: bool = True) -> bytes:
    """A frame as a server sends it."""
    first = kind | (0x80 if is_last else 0)
    length = len(payload)
    if length < 126:
        return bytes([first, length]) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload


sizes = st.one_of(st.integers(0, 130), st.sampled_from([65_535, 65_536, 70_000]))


@given(
    st.lists(st.tuples(st.sampled_from([Kind.TEXT, Kind.BINARY]), sizes, st.integers(1, 3))),
    st.integers(1, 5000),
)
def test_messages_come_out_as_they_went_in(messages, piece):
    """However they are cut into fragments, and these into pieces; pings between are told apart."""
    expected, stream = [], b""
    for kind, size, fragments in messages:
        payload = bytes(i % 251 for i in range(size))
        cuts = [size * n // fragments for n in range(fragments + 1)]
        for n in range(fragments):
            part = payload[cuts[n] : cuts[n + 1]]
            stream += frame(kind if n == 0 else Kind.MORE, part, is_last=n == fragments - 1)
            stream += frame(Kind.PING, b"?")
            expected.append(Arrived(Kind.PING, b"?"))
        expected.insert(len(expected) - 1, Arrived(kind, payload))
    frames = Frames(MOST)
    arrived = [
        each
        for start in range(0, len(stream), piece)
        for each in frames.feed(stream[start : start + piece])
    ]
    assert expected == arrived


def test_a_frame_that_announces_too_much_is_refused_by_its_head():
    """8 GiB are not waited for, let alone kept."""
    with pytest.raises(FrameError, match="more than 1048576 bytes"):
        Frames(MOST).feed(struct.pack("!BBQ", 0x82, 127, 8 << 30))


def test_fragments_that_add_up_to_too_much_are_refused():
    """When the head of the one that is too much has come."""
    frames = Frames(1000)
    assert [] == frames.feed(frame(Kind.BINARY, b"x" * 600, is_last=False))
    assert [] == frames.feed(frame(Kind.MORE, b"x" * 400, is_last=False))
    with pytest.raises(FrameError, match="more than 1000 bytes"):
        frames.feed(frame(Kind.MORE, b"x")[:2])


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (b"\xc2\x00", "bits that nobody agreed on"),
        (b"\x82\x80", "bits that nobody agreed on"),
        (b"\x83\x00", "unknown kind"),
        (b"\x80\x00", "out of order"),
        (b"\x02\x00\x82\x00", "out of order"),
        (b"\x89\x7e\x00\xff", "control frame that is too large"),
        (b"\x09\x00", "control frame that is too large"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", "bits that nobody agreed on"),
    ],
)
def test_what_is_no_frame_is_refused(received, reason):
    """Compressed, masked, of a kind that is not known, or in the wrong order."""
    with pytest.raises(FrameError, match=reason):
        Frames(MOST).feed(received)


@given(st.binary(max_size=300))
def test_any_bytes_give_messages_or_an_error(received):
    """And nothing else."""
    with suppress(FrameError):
        assert all(isinstance(each, Arrived) for each in Frames(MOST).feed(received))
