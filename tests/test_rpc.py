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


def client(*turns):
    stream = Stream(*turns)
    return RpcClient(stream, by="a test", timeout=1.0, close=lambda: None), stream


def numbers(rpcs, *operations):
    return [rpcs.ask(one).get("message-id") for one in operations]


def test_hellos_and_an_rpc():
    rpcs, stream = client((1, HELLO), (1, reply(1)))
    rpcs.greet(1.0, Greeting())
    assert rpcs.capabilities == ("urn:x",)
    assert b"urn:ietf:params:netconf:base:1.0<" in stream.received[0]
    assert numbers(rpcs, "<get/>") == ["1"]
    assert stream.received[1] == f'<rpc xmlns="{BASE}" message-id="1"><get/></rpc>'.encode()


@pytest.mark.parametrize("first", [[], ["<get-config/>"]])
@pytest.mark.parametrize(
    ("said", "error", "why"),
    [
        ("<x/>", ConnectionError, "its first message is no hello"),
        (reply(1), ConnectionError, "its first message is no hello"),
        ("<x", MalformedReply, "is not XML"),
        ("Welcome!\r\n{{ x }}\x1b[2J" + HELLO, MalformedReply, "text that is no hello: 'Welcome!"),
    ],
)
def test_a_greeting_that_is_no_hello(said, error, why, first):
    rpcs, _ = client((1 + len(first), said))
    with pytest.raises(error, match=why) as caught:
        rpcs.greet(1.0, Greeting(first))
    assert "{{" not in str(caught.value)


def test_what_is_asked_first_takes_no_turn_of_its_own():
    rpcs, stream = client((3, HELLO, reply(1), reply(2)), (1, reply(3)))
    rpcs.greet(1.0, Greeting(["<a/>", "<b/>"]))
    assert numbers(rpcs, "<a/>", "<b/>", "<c/>") == ["1", "2", "3"]
    assert len(stream.received) == 4


@pytest.mark.parametrize("theirs", ["1.0", "1.1"])
def test_what_follows_hellos_that_both_offer_chunks_is_in_chunks(theirs):
    said, answer = HELLO.replace("urn:x", f"urn:ietf:params:netconf:base:{theirs}"), reply(1)
    rpcs, stream = client((1, said))
    rpcs.greet(1.0, Greeting(base_1_1=True))
    assert re.findall(rb"netconf:base:(...)<", stream.received[0]) == [b"1.0", b"1.1"]
    framed = f"\n#{len(answer)}\n{answer}\n##\n" if theirs == "1.1" else f"{answer}]]>]]>"
    stream.unread = framed.encode()
    assert numbers(rpcs, "<a/>") == ["1"]
    assert stream.new.endswith(b"\n##\n" if theirs == "1.1" else END)


def test_the_reply_to_what_nobody_asks_is_thrown_away():
    rpcs, _ = client((3, HELLO, reply(1), reply(2)), (1, reply(3)))
    rpcs.greet(1.0, Greeting(["<a/>", "<b/>"]))
    assert numbers(rpcs, "<c/>") == ["3"]


@pytest.mark.parametrize("said", ["x", reply(2), reply("")])
def test_behind_a_reply_that_is_none_nothing_is_asked(said):
    rpcs, stream = client((2, HELLO, said), (1, reply(2)))
    rpcs.greet(1.0, Greeting(["<a/>"]))
    with pytest.raises(MalformedReply):
        rpcs.ask("<edit/>")
    assert len(stream.received) == 2


def test_what_is_passed_over_is_not_answered_any_more():
    rpcs, _ = client((3, HELLO, reply(2)))
    rpcs.greet(1.0, Greeting(["<a/>", "<b/>"]))
    with pytest.raises(ConnectionError, match="left that unanswered"):
        rpcs.ask("<a/>")


@pytest.mark.parametrize(
    "said", [reply(2), reply("").replace(' message-id=""', ""), reply(12), "<ok message-id='1'/>"]
)
def test_a_reply_to_something_else(said):
    rpcs, _ = client((1, HELLO), (1, said))
    rpcs.greet(1.0, Greeting())
    with pytest.raises(MalformedReply, match="no reply to what it was asked"):
        rpcs.ask("<get/>")


def test_some_servers_leave_the_namespace_out():
    rpcs, _ = client((1, HELLO), (1, reply(1).replace(f' xmlns="{BASE}"', "")))
    rpcs.greet(1.0, Greeting())
    assert numbers(rpcs, "<get/>") == ["1"]
