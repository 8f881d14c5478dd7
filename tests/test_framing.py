"""NETCONF 1.0 messages over pipes: in pieces, without end, and not at all."""

import contextlib
import os
import threading
import time

import pytest
from docker_tor.common.errors import MalformedReply
from docker_tor.netconf import framing
from docker_tor.netconf.framing import Messages, Pipes


@pytest.fixture
def pipes():
    """What is sent to `Messages` by the first, and what it sends by the second."""
    with contextlib.ExitStack() as stack:
        ends = [*os.pipe(), *os.pipe()]
        files = [stack.enter_context(os.fdopen(end, "rb" if n % 2 == 0 else "wb", 0))
                 for n, end in enumerate(ends)]  # fmt: skip
        their_input, our_output, our_input, their_output = files
        yield our_output, our_input, Messages(Pipes(their_output.fileno(), their_input.fileno()))


def soon():
    return time.monotonic() + 5


def test_an_end_in_pieces_is_an_end(pipes):
    theirs, _, messages = pipes
    thread = threading.Thread(target=lambda: [theirs.write(b) for b in (b"\n<a>]]", b">", b"]]>")])
    thread.start()
    assert messages.receive(soon()) == b"<a>"
    thread.join()


def test_two_messages_in_one_piece(pipes):
    theirs, _, messages = pipes
    theirs.write(b"<a/>]]>]]>\n<b/>\n]]>]]><c")
    assert [messages.receive(soon()) for _ in range(2)] == [b"<a/>", b"<b/>"]
    with pytest.raises(TimeoutError):
        messages.receive(time.monotonic())


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


def test_what_nobody_reads_is_given_up(pipes):
    _, _, messages = pipes
    with pytest.raises(TimeoutError):
        messages.send([bytes(1 << 20)], time.monotonic() + 0.05)


def test_a_peer_that_has_gone(pipes):
    theirs, ours, messages = pipes
    theirs.close()
    with pytest.raises(ConnectionError):
        messages.receive(soon())
    ours.close()
    with pytest.raises(BrokenPipeError):
        messages.send([b"<a/>"], soon())


@pytest.mark.parametrize("end", [b"", framing.END])
def test_a_message_that_is_too_large(pipes, monkeypatch, end):
    theirs, _, messages = pipes
    monkeypatch.setattr(framing, "LARGEST", 10)
    theirs.write(bytes(11) + end)
    with pytest.raises(MalformedReply, match="larger than"):
        messages.receive(soon())
