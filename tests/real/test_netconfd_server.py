"""That the real NETCONF server of the tests is one: what it takes, what it refuses and how.

Driven with plain ncclient, without the pack: what the pack's own tests against this server rely
on is established here.
"""

from typing import Any, Iterator, List, Union

import pytest
from lxml import etree
from ncclient.operations import RPCError
from ncclient.transport import session as ncclient_session

from lab.real.netconfd import Netconfd, missing

from .parts import need

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
I = "urn:brocade.com:mgmt:brocade-interface"  # noqa: E741  # the short names that the docs use
R = "urn:brocade.com:mgmt:brocade-rbridge"
P = "urn:brocade.com:mgmt:brocade-ip-config"
V6 = "urn:brocade.com:mgmt:brocade-ipv6-config"
DELETE = ' nc:operation="delete"'
SECONDARY = "<secondary/>"


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

    def running(self) -> bytes:
        return self.read([f'<interface-vlan xmlns="{I}"/>', f'<rbridge-id xmlns="{R}"/>'])

    def read(self, criteria: object) -> bytes:
        return canonical(self.session.get_config(source="running", filter=criteria).data)


@pytest.fixture
def client(server: Netconfd) -> Iterator[Client]:
    server.clear()
    with server.session() as session:
        yield Client(session)


def fabric(content: str) -> str:
    return f'<interface-vlan xmlns="{I}"><interface>{content}</interface></interface-vlan>'


def vlan(number: object, inner: str = "", operation: str = "") -> str:
    return fabric(f"<vlan{operation}><name>{number}</name>{inner}</vlan>")


def named(name: str) -> str:
    return f"<vlan-name>{name}</vlan-name>"


def described(text: str) -> str:
    return f"<description>{text}</description>"


def global_ve(inner: str = "", operation: str = "") -> str:
    return fabric(f"<ve{operation}><gve-name>112</gve-name>{inner}</ve>")


def rbridge_ve(inner: str = "", rbridge: object = 21) -> str:
    return (
        f'<rbridge-id xmlns="{R}"><rbridge-id>{rbridge}</rbridge-id>'
        f'<interface xmlns="{I}"><ve><name>112</name>{inner}</ve></interface></rbridge-id>'
    )


def ipv4(address: str, inner: str = "", operation: str = "") -> str:
    entry = f"<address{operation}><address>{address}</address>{inner}</address>"
    return f'<ip xmlns="{P}"><ip-config>{entry}</ip-config></ip>'


def ip_config(leaf: str) -> str:
    return f'<ip xmlns="{P}"><ip-config>{leaf}</ip-config></ip>'


def ipv6(address: str, operation: str = "") -> str:
    entry = f"<ipv6-address{operation}><address>{address}</address></ipv6-address>"
    return f'<ipv6 xmlns="{V6}"><ipv6-config><address>{entry}</address></ipv6-config></ipv6>'


def shutdown(operation: str = "") -> str:
    return f'<shutdown xmlns="{P}"{operation}/>'


def global_shutdown(operation: str = "") -> str:
    return f"<global-ve-shutdown{operation}/>"


VLAN = vlan(112, named("Docker Network"))
ADDRESS = rbridge_ve(ipv4("172.16.112.1/24"))
CHAIN = (VLAN, global_ve(), ADDRESS)
ON_THE_FABRIC = fabric(
    f"<vlan><name>112</name>{named('Docker Network')}</vlan><ve><gve-name>112</gve-name></ve>"
)


GOOD_IPV4 = ("1.0.0.0/1", "10.0.0.1/31", "255.255.255.255/9")
BAD_IPV4 = (
    "10.0.0.1",
    "10.0.0.1/0",
    "10.0.0.1/32",
    "10.0.0.256/24",
    "10.0.0/24",
    "010.0.0.1/24",
    "0.1.1.1/8",
)
GOOD_LEAVES = ("<mtu>9018</mtu>", "<proxy-arp/>", "<arp-aging-timeout>0</arp-aging-timeout>")
BAD_LEAVES = ("<mtu>575</mtu>", "<arp-aging-timeout>241</arp-aging-timeout>")
GOOD_IPV6 = (
    *("::/1", "::1/127", "1::/64", "1:2:3:4:5:6:7:8/64", "1:2:3:4:5:6:7::/64"),
    *("::2:3:4:5:6:7:8/64", "2001:DB8:0:0:1::7/100"),
)
BAD_IPV6 = (
    *("2001:db8::1", "2001:db8::1/0", "2001:db8::1/128", "12345::/64", "g::1/64", "10.0.0.1/24"),
    *("1::2::3/64", "1:::2/64", "1:2:3:4:5:6:7/64", "1:2:3:4:5:6:7:8:9/64", ":1/64", "1:/64"),
    *("1:2:3:4::5:6:7:8/64", "::ffff:10.0.0.1/96"),
)


def data(*content: str) -> bytes:
    """The running config that consists of these elements, for comparing."""
    return canonical(etree.fromstring(f'<data xmlns="{BASE}">{"".join(content)}</data>'))


def canonical(element: "etree._Element") -> bytes:
    """XML in a form that is the same for the same meaning."""
    alone = etree.fromstring(etree.tostring(element))
    for node in alone.iter():
        node.text = (node.text or "").strip() or None
        node.tail = None
    etree.cleanup_namespaces(alone)
    return etree.tostring(alone, method="c14n")


def texts(xml: Union[str, bytes]) -> List[str]:
    return [str(text) for text in etree.fromstring(xml).itertext()]


def test_it_says_hello_as_netconf_1_0_with_a_writable_running(client: Client) -> None:
    offered = client.session.server_capabilities
    for name in ("base:1.0", "capability:writable-running:1.0", "capability:startup:1.0"):
        assert f"urn:ietf:params:netconf:{name}" in offered
    for name in ("base:1.1", "capability:candidate:1.0", "capability:confirmed-commit:1.0"):
        assert f"urn:ietf:params:netconf:{name}" not in offered


def test_the_five_edits(client: Client, server: Netconfd) -> None:
    for edit in CHAIN:
        client.edit(edit)
    server.shut(112, 21)
    assert client.running() == data(
        ON_THE_FABRIC.replace("</gve-name>", f"</gve-name>{global_shutdown()}"),
        rbridge_ve(ipv4("172.16.112.1/24") + shutdown()),
    )
    client.edit(rbridge_ve(shutdown(DELETE)))
    client.edit(global_ve(global_shutdown(DELETE)))
    assert client.running() == data(ON_THE_FABRIC, ADDRESS)


def test_a_merge_repeated_changes_nothing(client: Client) -> None:
    client.edit(*CHAIN)
    before = client.running()
    for edit in CHAIN:
        client.edit(edit)
    assert client.running() == before


def test_running_is_copied_to_startup(client: Client) -> None:
    client.edit(*CHAIN)
    client.session.copy_config(source="running", target="startup")
    assert "Docker Network" in client.session.get_config(source="startup").xml


def test_deleting_what_is_not_there_is_data_missing(client: Client) -> None:
    client.edit(*CHAIN)
    for edit in (
        vlan(900, "", DELETE),
        global_ve(global_shutdown(DELETE)),
        rbridge_ve(shutdown(DELETE)),
        rbridge_ve(ipv4("10.9.9.9/24", "", DELETE)),
        rbridge_ve(ipv6("2001:db8::9/64", DELETE)),
    ):
        assert client.refused(edit) == ["data-missing"], edit


def test_remove_is_not_known_to_netconf_1_0(client: Client) -> None:
    client.edit(*CHAIN)
    edit = rbridge_ve(shutdown(' nc:operation="remove"'))
    assert client.refused(edit) == ["unknown-element"]


def test_what_the_model_does_not_allow_is_refused(client: Client) -> None:
    client.edit(VLAN, global_ve())
    refused = {
        "invalid-value": [
            *(vlan(number) for number in (0, 8192, -1)),
            *(vlan(112, named(name)) for name in ("", "x" * 33)),
            vlan(112, described("x" * 64)),
            rbridge_ve(rbridge=-1),
            *(rbridge_ve(ip_config(leaf)) for leaf in BAD_LEAVES),
            *(rbridge_ve(ipv4(address)) for address in BAD_IPV4),
            *(rbridge_ve(ipv6(address)) for address in BAD_IPV6),
        ],
        "bad-element": [vlan("abc")],
        "unknown-element": [
            vlan(112, "<vlan-nom>x</vlan-nom>"),
            rbridge_ve(ipv4("10.0.0.1/24")).replace(P, I),
        ],
        "unknown-namespace": [vlan(112).replace(I, "urn:example:none")],
    }
    for tag, edits in refused.items():
        for edit in edits:
            assert client.refused(edit) == [tag], edit


def test_what_the_model_allows_is_kept_as_it_was_sent(client: Client) -> None:
    client.edit(VLAN, global_ve())
    for edit in (
        *(vlan(number) for number in (1, 1002, 4095, 8191)),
        vlan(113, named("x" * 32) + described("y" * 63)),
        vlan(113, named("a&lt;b&gt; &quot;c&quot; ]]&gt;")),
        *(rbridge_ve(rbridge=number) for number in (0, 1, 239, 2**32 - 1)),
        *(rbridge_ve(ipv4(address)) for address in GOOD_IPV4),
        *(rbridge_ve(ip_config(leaf)) for leaf in GOOD_LEAVES),
        *(rbridge_ve(ipv6(address)) for address in GOOD_IPV6),
    ):
        client.edit(edit)
        assert set(texts(edit)) <= set(texts(client.running())), edit


def test_addresses_keep_the_order_in_which_they_came(client: Client) -> None:
    """They are ordered by user; that the first of a subnet is primary, only a switch knows."""
    client.edit(*CHAIN)
    client.edit(rbridge_ve(ipv4("172.16.112.9/24", SECONDARY)))
    client.edit(rbridge_ve(ipv4("10.1.1.1/24")))
    keys = [text for text in texts(client.running()) if "/" in text]
    assert keys == ["172.16.112.1/24", "172.16.112.9/24", "10.1.1.1/24"]


def test_a_delete_may_name_what_it_deletes(client: Client) -> None:
    """The forms that Brocade's own bindings send."""
    client.edit(*CHAIN)
    client.edit(rbridge_ve(ipv4("172.16.112.9/24", SECONDARY)))
    client.edit(rbridge_ve(ipv4("172.16.112.9/24", SECONDARY, DELETE)))
    client.edit(vlan(112, f"<vlan-name{DELETE}>Docker Network</vlan-name>"))
    assert client.running() == data(ON_THE_FABRIC.replace(named("Docker Network"), ""), ADDRESS)


def test_defaults_are_told_where_they_are_asked_for(client: Client) -> None:
    """A server may also report them unasked (RFC 6243, 3.1)."""
    client.edit(*CHAIN)
    assert "mtu" not in str(client.running())
    told = client.session.get_config(source="running", with_defaults="report-all").data_xml
    assert ">1500</mtu>" in told
    assert ">240</arp-aging-timeout>" in told


def test_a_ve_has_any_number_of_ipv6_addresses(client: Client) -> None:
    client.edit(*CHAIN, rbridge_ve(ipv6("2001:db8:1::1/64")), rbridge_ve(ipv6("2001:db8:2::1/64")))
    client.edit(rbridge_ve(ipv6("2001:db8:1::1/64", DELETE)))
    left = ipv4("172.16.112.1/24") + ipv6("2001:db8:2::1/64")
    assert client.running() == data(ON_THE_FABRIC, rbridge_ve(left))


@pytest.mark.parametrize(
    ("bad", "tag"),
    [
        (vlan(8192), "invalid-value"),
        (rbridge_ve(ipv4("10.1.1.1")), "invalid-value"),
        (rbridge_ve(shutdown(DELETE)), "data-missing"),
    ],
)
def test_of_two_edits_in_one_the_good_one_is_not_applied_alone(
    client: Client, bad: str, tag: str
) -> None:
    client.edit(*CHAIN)
    assert client.refused(vlan(500), bad) == [tag]
    assert client.refused(bad, vlan(500)) == [tag]


def test_several_bad_edits_give_several_errors(client: Client) -> None:
    assert client.refused(vlan(8192), vlan(8193)) == ["invalid-value", "invalid-value"]


def test_under_the_lock_of_another_session_an_edit_finds_it_in_use(
    client: Client, server: Netconfd
) -> None:
    with server.lock():
        assert client.refused(VLAN) == ["in-use"]
    client.edit(VLAN)


def test_a_lock_is_denied_to_whoever_comes_second(client: Client, server: Netconfd) -> None:
    with server.lock(), pytest.raises(RPCError) as caught:
        client.session.lock("running")
    assert caught.value.tag == "lock-denied"
    with client.session.locked("running"), pytest.raises(RPCError) as caught:
        client.session.lock("running")
    assert caught.value.tag == "lock-denied"


def test_a_subtree_filter_selects_an_entry(client: Client) -> None:
    client.edit(vlan(112, named("one")), vlan(113, named("two")), global_ve())
    whole = f'<nc:filter xmlns:nc="{BASE}">{vlan(113)}</nc:filter>'
    for criteria in (whole, ("subtree", vlan(113)), [vlan(113)]):
        assert client.read(criteria) == data(vlan(113, named("two"))), criteria


def test_a_subtree_filter_that_selects_nothing_gives_no_data(client: Client) -> None:
    client.edit(*CHAIN)
    assert client.read(("subtree", vlan(7))) == data()
