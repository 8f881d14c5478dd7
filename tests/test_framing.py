"""NETCONF messages over pipes: in pieces, in chunks, without end, and not at all."""

import contextlib
import os
import threading
import time

import pytest
from docker_tor.common.errors import MalformedReply
from docker_tor.netconf import framing
from docker_tor.netconf.framing import Messages, Pipes
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def pipes():
    """What is sent to `Messages` by the first, and what it sends by the second."""
    with contextlib.ExitStack() as stack:
        ends = [*os.pipe(), *os.pipe()]
        their_input, our_output, our_input, their_output = (
            stack.enter_context(os.fdopen(end, mode, 0))
            for end, mode in zip(ends, ("rb", "wb") * 2)
        )
        yield our_output, our_input, Messages(Pipes(their_output.fileno(), their_input.fileno()))


def soon():
    return time.monotonic() + 5


def test_more_than_a_pipe_holds_is_sent_as_it_is_read(pipes):
    _, ours, messages = pipes
    message = os.urandom(1 << 20)
    read = bytearray()

    def reader():
        while len(read) < len(message) + len(framing.END):
            read.extend(ours.read(100_000))

    thread = threading.Thread(target=reader)
    thread.start()
    messages.send([message], soon())
    thread.join()
    assert bytes(read) == message + framing.END
    with pytest.raises(TimeoutError):
        messages.send([message], time.monotonic() + 0.05)


def test_a_peer_that_has_gone(pipes):
    theirs, ours, messages = pipes
    theirs.close()
    with pytest.raises(ConnectionError):
        messages.receive(soon())
    ours.close()
    with pytest.raises(BrokenPipeError):
        messages.send([b"<a/>"], soon())


class Pieces:
    """A stream that gives these pieces, one with each read, and then is at its end."""

    def __init__(self, pieces):
        self.left = list(pieces)

    def read(self, _size, _deadline):
        return self.left.pop(0) if self.left else b""


def messages(*pieces, chunked=True):
    made = Messages(Pieces(pieces))
    made.chunked = chunked
    return made


def cut(data, places):
    """The data in pieces, cut at these places."""
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in zip(ends, ends[1:])]


PLACES = st.lists(st.integers(min_value=0))
MESSAGE = st.builds(
    lambda inside: b"<" + inside + b">", st.binary() | st.sampled_from([framing.END, b"\n##\n"])
)


@given(st.lists(st.tuples(MESSAGE, PLACES), min_size=1), PLACES, st.booleans())
def test_however_they_are_chunked_and_cut_the_messages_are_the_same(made, places, chunked):
    # Without chunks no message has `]]>`, which XML forbids in text.
    sent = [(one if chunked else one.replace(b"]", b""), inside) for one, inside in made]
    wire = b""
    for message, inside in sent:
        chunks = [b"\n#%d\n%s" % (len(one), one) for one in cut(message, inside)]
        wire += b"".join(chunks) + b"\n##\n" if chunked else b"\n" + message + framing.END
    receiver = messages(*cut(wire, places), chunked=chunked)
    assert [receiver.receive(1.0) for _ in sent] == [message for message, _ in sent]
    with pytest.raises(ConnectionError, match="has closed it"):
        receiver.receive(1.0)


@pytest.mark.parametrize(
    "said",
    [
        *(b"\n#%s\n<a/>\n##\n" % size for size in (b"0", b"04", b"-4", b"4 ", b"x", b"", b"4#")),
        *(b"\n#99999999999\n<a/>\n##\n", b"#4\n<a/>\n##\n", b"\r\n#4\r\n<a/>\r\n##\r\n"),
        *(b"x" * 13, b"\n#4\n<a/>\n###\n", b"\n#3\n<a/>\n##\n", b"\n#4\n<a/>\n#\n"),
    ],
)
def test_what_is_not_in_chunks_as_it_should_be(said):
    with pytest.raises(MalformedReply, match=r"not in chunks as it should be: b'.{1,50}'"):
        messages(said).receive(1.0)


@pytest.mark.parametrize("said", [b"\n#4\n<a", b"\n#4\n<a/>\n#", b"\n#4", b""])
def test_chunks_that_end_too_early(said):
    with pytest.raises(ConnectionError, match="has closed it"):
        messages(said).receive(1.0)


@pytest.mark.parametrize(
    ("said", "chunked"),
    [
        *((b"\n#4294967296\n", True), (b"\n#18\n", True), (b"\n#6\n123456\n#7\n", True)),
        *((bytes(21), False), (bytes(21) + framing.END, False)),
    ],
)
def test_what_is_too_large_is_not_waited_for(monkeypatch, said, chunked):
    monkeypatch.setattr(framing, "LARGEST", 20)
    with pytest.raises(MalformedReply, match="larger than"):
        messages(said, chunked=chunked).receive(1.0)
