"""That the real NETCONF server of the tests is one: what it takes, what it refuses and how.

Driven with plain ncclient, without the pack: what the pack's own tests against this server rely
on is established here.
"""

from typing import Any, Iterator, List

import pytest
from lxml import etree

pytest.importorskip("ncclient", reason="the server is driven with ncclient")

from ncclient.operations import RPCError
from ncclient.transport import session as ncclient_session

from lab.real.netconfd import Netconfd, missing

from .parts import need

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
IP = "urn:brocade.com:mgmt:brocade-ip-config"
IPV6 = "urn:brocade.com:mgmt:brocade-ipv6-config"
DELETE = ' nc:operation="delete"'


@pytest.fixture(scope="module")
def server() -> Iterator[Netconfd]:
    need(missing())
    with pytest.MonkeyPatch.context() as patch, Netconfd() as running:
        # ncclient looks for something to send only that often: 0.1 s is most of an RPC's time.
        patch.setattr(ncclient_session, "TICK", 0.001)
        yield running


class Client:
    """A session with a server whose running config was empty when it began."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def edit(self, *content: str) -> None:
        config = f'<nc:config xmlns:nc="{BASE}">{"".join(content)}</nc:config>'
        self.session.edit_config(target="running", config=config)

    def refused(self, *content: str) -> List[str]:
        """The error-tags of an edit that has to be refused and has to change nothing."""
        before = self.running()
        with pytest.raises(RPCError) as caught:
            self.edit(*content)
        assert self.running() == before
        return [error.tag for error in caught.value.errlist or [caught.value]]

    def running(self) -> List[str]:
        """The texts of the leaves, in order."""
        data = self.session.get_config(source="running").data
        wanted = [one for one in data if INTERFACE in one.tag or RBRIDGE in one.tag]
        return [leaf.text or leaf.tag for top in wanted for leaf in top.iter() if not len(leaf)]


@pytest.fixture
def client(server: Netconfd) -> Iterator[Client]:
    server.clear()
    with server.session() as session:
        yield Client(session)


def fabric(content: str) -> str:
    return f'<interface-vlan xmlns="{INTERFACE}"><interface>{content}</interface></interface-vlan>'


def vlan(number: object, inner: str = "", operation: str = "") -> str:
    return fabric(f"<vlan{operation}><name>{number}</name>{inner}</vlan>")


def named(name: str) -> str:
    return f"<vlan-name>{name}</vlan-name>"


def global_ve(inner: str = "") -> str:
    return fabric(f"<ve><gve-name>112</gve-name>{inner}</ve>")


def rbridge_ve(inner: str = "") -> str:
    return (
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>21</rbridge-id>'
        f'<interface xmlns="{INTERFACE}"><ve><name>112</name>{inner}</ve></interface></rbridge-id>'
    )


def ipv4(address: str, operation: str = "") -> str:
    entry = f"<address{operation}><address>{address}</address></address>"
    return f'<ip xmlns="{IP}"><ip-config>{entry}</ip-config></ip>'


def ipv6(address: str, operation: str = "") -> str:
    entry = f"<ipv6-address{operation}><address>{address}</address></ipv6-address>"
    return f'<ipv6 xmlns="{IPV6}"><ipv6-config><address>{entry}</address></ipv6-config></ipv6>'


NO_SHUTDOWN = f'<shutdown xmlns="{IP}"{DELETE}/>'
NO_GLOBAL_SHUTDOWN = f"<global-ve-shutdown{DELETE}/>"
CHAIN = (vlan(112, named("Docker Network")), global_ve(), rbridge_ve(ipv4("172.16.112.1/24")))
DONE = ["112", "Docker Network", "112", "21", "112", "172.16.112.1/24"]


def test_it_says_hello_as_nos_does(client: Client) -> None:
    offered = client.session.server_capabilities
    for name in ("base:1.0", "capability:writable-running:1.0", "capability:startup:1.0"):
        assert f"urn:ietf:params:netconf:{name}" in offered
    for name in ("base:1.1", "capability:candidate:1.0", "capability:confirmed-commit:1.0"):
        assert f"urn:ietf:params:netconf:{name}" not in offered


def test_the_five_edits_and_once_more(client: Client, server: Netconfd) -> None:
    client.edit(*CHAIN)
    server.shut(112, 21)
    assert client.running() != DONE
    client.edit(rbridge_ve(NO_SHUTDOWN))
    client.edit(global_ve(NO_GLOBAL_SHUTDOWN))
    assert client.running() == DONE
    for edit in CHAIN:
        client.edit(edit)
    assert client.running() == DONE
    client.session.copy_config(source="running", target="startup")
    assert "Docker Network" in client.session.get_config(source="startup").xml


@pytest.mark.parametrize(
    ("edits", "tags"),
    [
        # What is to be deleted is not there.
        ([vlan(900, "", DELETE)], ["data-missing"]),
        ([global_ve(NO_GLOBAL_SHUTDOWN)], ["data-missing"]),
        ([rbridge_ve(NO_SHUTDOWN)], ["data-missing"]),
        ([rbridge_ve(ipv4("10.9.9.9/24", DELETE))], ["data-missing"]),
        ([rbridge_ve(ipv6("2001:db8::9/64", DELETE))], ["data-missing"]),
        # NETCONF 1.0 knows no operation remove.
        ([rbridge_ve(NO_SHUTDOWN.replace("delete", "remove"))], ["unknown-element"]),
        # What the model does not allow.
        *(([vlan(number)], ["invalid-value"]) for number in (0, 8192)),
        *(([vlan(112, named(name))], ["invalid-value"]) for name in ("", "x" * 33)),
        *(([rbridge_ve(ipv4(one))], ["invalid-value"]) for one in ("10.0.0.1", "10.0.0.256/24")),
        *(([rbridge_ve(ipv6(one))], ["invalid-value"]) for one in ("2001:db8::1", "1::2::3/64")),
        ([vlan("abc")], ["bad-element"]),
        ([vlan(112, "<vlan-nom>x</vlan-nom>")], ["unknown-element"]),
        ([vlan(112).replace(INTERFACE, "urn:example:none")], ["unknown-namespace"]),
        # Of two edits in one, the good one is not applied alone.
        ([vlan(500), vlan(8192)], ["invalid-value"]),
        ([vlan(8192), vlan(8193)], ["invalid-value", "invalid-value"]),
    ],
)
def test_what_is_refused_changes_nothing(client: Client, edits: List[str], tags: List[str]) -> None:
    client.edit(*CHAIN)
    assert client.refused(*edits) == tags


def test_what_the_model_allows_is_kept_as_it_was_sent(client: Client) -> None:
    client.edit(*CHAIN)
    for edit, text in (
        (vlan(8191), "8191"),
        (vlan(113, named("a&lt;b&gt; &quot;c&quot; ]]&gt;")), 'a<b> "c" ]]>'),
        (rbridge_ve(ipv4("255.255.255.255/9")), "255.255.255.255/9"),
        (rbridge_ve(ipv6("2001:DB8:0:0:1::7/100")), "2001:DB8:0:0:1::7/100"),
    ):
        client.edit(edit)
        assert text in client.running()


def test_locks(client: Client, server: Netconfd) -> None:
    with server.lock():
        assert client.refused(CHAIN[0]) == ["in-use"]
        with pytest.raises(RPCError) as caught:
            client.session.lock("running")
    assert caught.value.tag == "lock-denied"
    client.edit(CHAIN[0])


@pytest.mark.parametrize(("number", "found"), [(113, "two"), (7, "")])
def test_a_subtree_filter_selects_an_entry(client: Client, number: int, found: str) -> None:
    client.edit(vlan(112, named("one")), vlan(113, named("two")), global_ve())
    told = client.session.get_config(source="running", filter=("subtree", vlan(number))).data
    names = etree.tostring(told).decode()
    assert [name for name in ("one", "two") if f">{name}<" in names] == ([found] if found else [])
