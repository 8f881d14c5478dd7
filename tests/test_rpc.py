"""RPCs over a stream that the test scripts: no process, no switch, no waiting."""

import re

import pytest
from docker_tor.common.errors import MalformedReply
from docker_tor.netconf.framing import END
from docker_tor.netconf.rpc import Greeting, RpcClient
from docker_tor.netconf.xml import BASE

HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability> urn:x </capability></capabilities></hello>'
)


def reply(number, content="<ok/>"):
    return f'<rpc-reply xmlns="{BASE}" message-id="{number}">{content}</rpc-reply>'


class Stream:
    """The switch's end: in each turn it says these texts, once it has received so many messages."""

    def __init__(self, *turns):
        self.turns = list(turns)
        self.received = []
        self.new = self.unread = b""

    def write(self, data, _deadline):
        self.new += data
        while self.turns and self.new.count(END) >= self.turns[0][0]:
            count, *texts = self.turns.pop(0)
            *messages, self.new = self.new.split(END, count)
            self.received += messages
            self.unread += b"".join(text.encode() + END for text in texts)
        return len(data)

    def read(self, size, _deadline):
        if not self.unread:
            raise TimeoutError("it timed out")
        data, self.unread = self.unread[:size], self.unread[size:]
        return data


def greeted(*turns, first=(), **more):
    """A client that has exchanged hellos, and the stream."""
    stream = Stream(*turns)
    rpcs = RpcClient(stream, by="a test", timeout=1.0, close=lambda: None)
    rpcs.greet(1.0, Greeting(first, **more))
    return rpcs, stream


def numbers(rpcs, *operations):
    return [rpcs.ask(one).get("message-id") for one in operations]


def test_hellos_and_an_rpc():
    rpcs, stream = greeted((1, HELLO), (1, reply(1)))
    assert rpcs.capabilities == ("urn:x",)
    assert b"urn:ietf:params:netconf:base:1.0<" in stream.received[0]
    assert numbers(rpcs, "<get/>") == ["1"]
    assert stream.received[1] == f'<rpc xmlns="{BASE}" message-id="1"><get/></rpc>'.encode()


@pytest.mark.parametrize(
    ("said", "error", "why"),
    [
        (reply(1), ConnectionError, "its first message is no hello"),
        ("<x", MalformedReply, "is not XML"),
        ("Welcome!\r\n{{ x }}\x1b[2J" + HELLO, MalformedReply, "text that is no hello: 'Welcome!"),
    ],
)
def test_a_greeting_that_is_no_hello(said, error, why):
    with pytest.raises(error, match=why) as caught:
        greeted((1, said))
    assert "{{" not in str(caught.value)


def test_what_is_asked_first_takes_no_turn_of_its_own():
    """The reply to what nobody asks for in the end is thrown away."""
    for asked, answered in ((["<a/>", "<b/>", "<c/>"], ["1", "2", "3"]), (["<c/>"], ["3"])):
        turns = (3, HELLO, reply(1), reply(2)), (1, reply(3))
        rpcs, stream = greeted(*turns, first=["<a/>", "<b/>"])
        assert numbers(rpcs, *asked) == answered
        assert len(stream.received) == 4


@pytest.mark.parametrize("theirs", ["1.0", "1.1"])
def test_what_follows_hellos_that_both_offer_chunks_is_in_chunks(theirs):
    said, answer = HELLO.replace("urn:x", f"urn:ietf:params:netconf:base:{theirs}"), reply(1)
    rpcs, stream = greeted((1, said), base_1_1=True)
    assert re.findall(rb"netconf:base:(...)<", stream.received[0]) == [b"1.0", b"1.1"]
    framed = "\n#{}\n{}\n##\n" if theirs == "1.1" else "{1}]]>]]>"
    stream.unread = framed.format(len(answer), answer).encode()
    assert numbers(rpcs, "<a/>") == ["1"]
    asked = f'<rpc xmlns="{BASE}" message-id="1"><a/></rpc>'
    assert stream.new == framed.format(len(asked), asked).encode()


@pytest.mark.parametrize(
    "said",
    ["x", reply(2), reply("").replace(' message-id=""', ""), reply(12), "<ok message-id='1'/>"],
)
def test_behind_a_reply_that_is_none_nothing_is_asked(said):
    rpcs, stream = greeted((2, HELLO, said), (1, reply(2)), first=["<a/>"])
    with pytest.raises(MalformedReply, match=r"is not XML|no reply to what it was asked"):
        rpcs.ask("<edit/>")
    assert len(stream.received) == 2


def test_what_is_passed_over_is_not_answered_any_more():
    rpcs, _ = greeted((3, HELLO, reply(2)), first=["<a/>", "<b/>"])
    with pytest.raises(ConnectionError, match="left that unanswered"):
        rpcs.ask("<a/>")


def test_some_servers_leave_the_namespace_out():
    rpcs, _ = greeted((1, HELLO), (1, reply(1).replace(f' xmlns="{BASE}"', "")))
    assert numbers(rpcs, "<get/>") == ["1"]
