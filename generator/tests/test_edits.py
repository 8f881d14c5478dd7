"""What the actions of a generated pack send and compare, and how they carry it out, on a device
made up of replies."""

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Union

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")

from docker_tor.common.errors import InvalidValue, SwitchRefused
from docker_tor.config.credentials import Login
from docker_tor.netconf.session import Session, open_session
from docker_tor.netconf.xml import BASE
from lxml import etree
from yang_edit import action, calls, comparing, datastore, edits, payloads

from .every import SPECS

KIND = "urn:every-kind"
TOP = f'<top xmlns="{KIND}">{{}}</top>'
WORDS = {
    "DELETE": 'nc:operation="delete"',
    "INSERT": 'xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert',
    "<PET>": f'<pet xmlns:every-kind="{KIND}" xmlns:other="{KIND}">',
}
"""What is short in the tables, and as it stands in XML."""


def edit(name: str, /, **parameters: Any) -> edits.Edit:
    return edits.build(SPECS[name], parameters)


def top(inner: str) -> str:
    """The model's container with that in it; without anything nothing."""
    for word, meant in WORDS.items():
        inner = inner.replace(word, meant)
    return TOP.format(inner) if inner else ""


def each(tag: str, *values: str, more: str = "") -> str:
    return "".join(f"<{tag} {more}>{one}</{tag}>" for one in values)


def pair(first: int, second: int, more: str = "") -> str:
    return f"<pair {more}><from>{first}</from><to>{second}</to></pair>"


def entry(inner: str, more: str = "") -> str:
    return f"<list {more}><name>x</name>{inner}</list>"


def compared(xml: str) -> Any:
    """XML in a form in which equal is equal: whatever the prefixes are, but for those in texts."""
    return _plain(etree.fromstring(xml, etree.XMLParser(remove_blank_text=True)))


def _plain(element: etree._Element) -> Any:
    text = element.text or ""
    prefix = text.partition(":")[0] if ":" in text else ""
    said = (text, element.nsmap[prefix] if prefix else "")
    return element.tag, said, sorted(element.attrib.items()), [_plain(one) for one in element]


def compare(one: edits.Edit, inner: str, **how: bool) -> comparing.Difference:
    data = etree.fromstring(f'<data xmlns="{BASE}">{top(inner)}</data>')
    return comparing.compare(one, data, **how)


LEVEL = edit("top_level", level=50)
ENTRY = edit("top_list_name", name="x")
LABELLED = edit("top_list_name", name="x", label="l")
FULL = edit("top_list_name", name="x", label="l", members=[1, 2])
NO_LIST = edit("top_list_label", name="x", label="l", delete_list=True)
INNER = edit("top_list_list_value", name="x", list_name="y", value="v")
AB, PAIRS = each("order", "a", "b"), pair(1, 2) + pair(3, 4)
AFTER = edit("top_pair", pair_from=1, to=2, insert="after", insert_at=[3, "4"])


@pytest.mark.parametrize(
    ("one", "there", "expected"),
    [
        # A leaf.
        (LEVEL, "", "<level>50</level>"),
        (LEVEL, "<level>40</level>", "<level>50</level>"),
        (LEVEL, "<level>050</level>", None),
        (edit("top_level", delete_level=True), "<level>40</level>", "<level DELETE/>"),
        (edit("top_level", delete_level=True), "", None),
        # An empty one.
        (edit("top_mark", mark=True), "", "<mark/>"),
        (edit("top_mark", mark=True), "<mark/>", None),
        (edit("top_mark", mark=False), "<mark/>", "<mark DELETE/>"),
        (edit("top_mark", mark=False), "", None),
        (edit("top_mark", mark=True, delete_mark=True), "<mark/>", "<mark DELETE/>"),
        # An identity, under the device's own prefix.
        (edit("top_pet", pet="cat"), "", "<PET>every-kind:cat</pet>"),
        (edit("top_pet", pet="cat"), "<PET>other:cat</pet>", None),
        # A leaf-list: only what differs.
        (edit("top_tags", tags=["a", "b"]), each("tags", "b"), each("tags", "a")),
        (edit("top_tags", tags=["b"]), each("tags", "a", "b"), None),
        (
            edit("top_tags", tags=["a", "c"], delete_tags=True),
            each("tags", "a", "b"),
            each("tags", "a", more="DELETE"),
        ),
        (
            edit("top_tags", delete_tags=True),
            each("tags", "a", "b"),
            each("tags", "a", "b", more="DELETE"),
        ),
        # A list's entry, and leaves along with it.
        (ENTRY, "", entry("")),
        (ENTRY, entry(""), None),
        (LABELLED, entry(""), entry("<label>l</label>")),
        (FULL, entry("<label>l</label><members>1</members>"), entry("<members>2</members>")),
        (NO_LIST, entry("<label>l</label>"), entry("", "DELETE")),
        (NO_LIST, "", None),
        (INNER, "", entry("<list><name>y</name><value>v</value></list>")),
        # Presence.
        (edit("top_here"), "", "<here/>"),
        (edit("top_here"), "<here/>", None),
        (edit("top_here", label="l"), "<here/>", "<here><label>l</label></here>"),
        (edit("top_here_label", delete_here=True), "<here/>", "<here DELETE/>"),
        # Order.
        (
            edit("top_order", order=["a", "b"], insert="first"),
            each("order", "c"),
            each("order", "b", "a", more='INSERT="first"'),
        ),
        (
            edit("top_order", order=["b"], insert="before", insert_at="a"),
            AB,
            each("order", "b", more='INSERT="before" yang:value="a"'),
        ),
        (edit("top_order", order=["b"], insert="after", insert_at="a"), AB, None),
        (edit("top_order", order=["b"], insert="last"), AB, None),
        (
            edit("top_pair", pair_from=1, to=2, insert="last"),
            PAIRS,
            pair(1, 2, 'INSERT="last"'),
        ),
        (edit("top_pair", pair_from=1, to=2, insert="first"), PAIRS, None),
        (AFTER, pair(3, 4) + pair(1, 2), None),
        (AFTER, pair(3, 4), pair(1, 2, "INSERT=\"after\" yang:key=\"[at:from='3'][at:to='4']\"")),
    ],
)
def test_what_is_sent(one: edits.Edit, there: str, expected: Optional[str]) -> None:
    send = compare(one, there).edit
    if expected is None:
        assert send is None
    else:
        assert send is not None
        config = f'<nc:config xmlns:nc="{BASE}">{top(expected)}</nc:config>'
        assert compared(payloads.payload(send)) == compared(config)


def test_prefixes_in_an_attribute_are_declared() -> None:
    (sent,) = etree.fromstring(payloads.payload(AFTER)).iter(f"{{{KIND}}}pair")
    assert sent.nsmap["at"] == KIND


def test_before_and_after() -> None:
    found = compare(edit("top_tags", tags=["b"]), "<tags>a</tags>")
    assert (found.before, found.after) == ({"top/tags": ["a"]}, {"top/tags": ["a", "b"]})
    found = compare(edit("top_list_list_name", name="x", list_name="y"), "")
    path = "top/list[x]/list[y]"
    assert (found.before, found.after) == ({path: None}, {path: True})


ODD = edit("top_either", either=5)


@pytest.mark.parametrize(
    ("one", "told", "changes"),
    [
        (LEVEL, False, True),
        (LEVEL, True, False),
        (edit("top_level", level=51), True, True),
        (edit("top_pet", pet="every-kind:tabby"), True, False),
        # A default that only the YANG file can read.
        (ODD._replace(leaves=(ODD.leaves[0]._replace(default="ek:cat"),)), True, True),
    ],
)
def test_a_default_that_is_not_told_of(one: edits.Edit, told: bool, changes: bool) -> None:
    """A device that says how it reports defaults has them where it says nothing."""
    assert (compare(one, "", defaults=told).edit is not None) is changes


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (LEVEL, "<level/>"),
        (edit("top_list_label", name="x", label="l"), entry("<label/>")),
        (ENTRY, entry("")),
        # Where it is in its list only the whole of it says.
        (edit("top_pair", pair_from=1, to=2, insert="last"), "<pair><from/><to/></pair>"),
    ],
)
def test_what_is_read(one: edits.Edit, expected: str) -> None:
    criteria = f'<nc:filter xmlns:nc="{BASE}" type="subtree">{top(expected)}</nc:filter>'
    assert compared(payloads.subtree_filter(one)) == compared(criteria)


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("top_level", {}, "level is not given"),
        ("top_level", {"level": 1}, "level is 1"),
        ("top_list_label", {"label": "x"}, "name is not given"),
        ("top_tags", {"tags": "a"}, "tags is no list"),
        ("top_tags", {"tags": []}, "tags is not given"),
        ("top_order", {"order": ["a"], "insert": "middle"}, "insert is 'middle'"),
        ("top_order", {"order": ["a"], "insert": "before"}, "insert_at is None"),
        *(
            ("top_pair", {"pair_from": 1, "to": 2, "insert": "after", "insert_at": at}, "insert_at")
            for at in ([1], [1, "x"])
        ),
    ],
)
def test_bad_parameters(name: str, parameters: Dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        edit(name, **parameters)


# Carried out.

CAPABLE = "urn:ietf:params:netconf:capability:"
RUNNING, CANDIDATE = f"{CAPABLE}writable-running:1.0", f"{CAPABLE}candidate:1.0"


def reply(inner: str) -> str:
    return f'<rpc-reply xmlns="{BASE}">{inner}</rpc-reply>'


def refusal(tag: str) -> str:
    return reply(f"<rpc-error><error-tag>{tag}</error-tag></rpc-error>")


Answer = Union[str, Exception]


class Device:
    """A peer that has something there, and else answers what it is told to; `asked` are the
    operations, by name."""

    by = "a test"

    def __init__(self, *capabilities: str, there: str = "", **answers: List[Answer]) -> None:
        self.capabilities = capabilities
        self.asked: List[str] = []
        self._read = reply(f"<data>{top(there)}</data>")
        self._answers = answers

    def ask(self, operation: str, /, *_then: str) -> etree._Element:
        name = etree.QName(etree.fromstring(operation)).localname
        is_read = name == "get-config"
        store = [
            one for one in ("running", "candidate") if f"<{one}/>" in operation and not is_read
        ]
        self.asked.append(" ".join([name, *store]))
        answers = self._answers.get(name.replace("-", "_"))
        answer = answers.pop(0) if answers else self._read if is_read else reply("<ok/>")
        if isinstance(answer, Exception):
            raise answer
        return etree.fromstring(answer)

    def drop(self) -> None:
        pass


@contextlib.contextmanager
def session(device: Device) -> Iterator[Session]:
    login = Login("a device", 830, "user", "password", "ignore")
    with open_session(login, connect=lambda *_: device) as opened:
        yield opened


def apply(device: Device, one: edits.Edit) -> Any:
    with session(device) as opened:
        return datastore.apply(opened, one, lambda _seconds: None)["changed"]


LOOKED = ["get-config", "lock running", "lock candidate", "get-config"]
UNLOCKED = ["unlock candidate", "unlock running", "close-session"]


@pytest.mark.parametrize(
    ("device", "changed", "asked"),
    [
        (Device(CANDIDATE, RUNNING), True, ["get-config", "edit-config running", "close-session"]),
        (Device(CANDIDATE, there="<level>50</level>"), False, ["get-config", "close-session"]),
        (Device(CANDIDATE), True, [*LOOKED, "edit-config candidate", "commit", *UNLOCKED]),
    ],
)
def test_an_edit_is_applied(device: Device, changed: bool, asked: List[str]) -> None:
    assert apply(device, LEVEL) is changed
    assert device.asked == asked


def test_a_device_that_takes_no_edits() -> None:
    with pytest.raises(SwitchRefused, match="neither"):
        apply(Device(), LEVEL)


def test_what_somebody_else_has_deleted_meanwhile() -> None:
    delete = edit("top_level", delete_level=True)
    gone, there = "<data/>", f"<data>{top('<level>9</level>')}</data>"

    def device(*reads: str) -> Device:
        missing: List[Answer] = [refusal("data-missing")]
        return Device(RUNNING, edit_config=missing, get_config=[reply(one) for one in reads])

    assert apply(device(there, gone), delete) is False
    with pytest.raises(SwitchRefused):
        apply(device(there, there), delete)


# RPCs and reads.

RPC = SPECS["do_it"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (
            {
                "name": "a",
                "do_it_timeout": 5,
                "quick": True,
                "many": [1, 2],
                "deep_name": "b",
                "entries": [{"id": 1, "text": "t"}, {"id": 2}],
                "raw": '<x xmlns="urn:x"/>',
            },
            "<timeout>5</timeout><quick/><many>1</many><many>2</many><deep><name>b</name></deep>"
            "<entries><id>1</id><text>t</text></entries><entries><id>2</id></entries>"
            '<raw><x xmlns="urn:x"/></raw>',
        ),
        ({"name": "a", "raw": "text"}, "<raw>text</raw>"),
        ({"name": "a", "quick": False}, ""),
    ],
)
def test_an_rpc(given: Dict[str, Any], sent: str) -> None:
    expected = f'<do-it xmlns="{KIND}"><name>a</name>{sent}</do-it>'
    assert compared(calls.rpc(RPC, given)) == compared(expected)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "name is not given"),
        ({"name": "a", "many": 1}, "many is no list"),
        ({"name": "a", "entries": [1]}, "which is no object"),
        ({"name": "a", "entries": [{"no": 1}]}, "has 'no'"),
        ({"name": "a", "entries": [{"id": 256}]}, r"entries\.id is 256"),
        ({"name": "a", "raw": "<x"}, "raw is no XML"),
        ({"name": "a", "raw": "</xml><xml>"}, "raw is no XML"),
    ],
)
def test_bad_rpcs(given: Dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        calls.rpc(RPC, given)


def test_answers() -> None:
    told = etree.fromstring(reply('<a xmlns="urn:x"><b>1</b><b/></a>'))
    assert calls.answer(told)["data"] == {"a": {"b": ["1", ""]}}
    assert calls.answer(etree.fromstring(reply("<ok/>"))) == {"data": {}, "xml": ""}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/every-kind:top/list[name='x']/label", top(entry("<label/>"))),
        ("/every-kind:top/list[name=x]/label", top(entry("<label/>"))),
        (
            "/other/every-kind:top-leaf",
            f'<other xmlns="urn:every-augment"><top-leaf xmlns="{KIND}"/></other>',
        ),
        ("/every-kind:top/pair[from=\"1\"][to='2']", top(pair(1, 2))),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert calls.criteria(SPECS["get"], "/") == calls.criteria(SPECS["get"], None) == ""
    criteria = f'<nc:filter xmlns:nc="{BASE}" type="subtree">{expected}</nc:filter>'
    assert compared(calls.criteria(SPECS["get"], path)) == compared(criteria)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/top", "in no module alone"),
        ("/nothing", "in no module alone"),
        ("/no-module:top", "which is not known"),
        ("top", "unreadable"),
        ("/every-kind:top/list[name='x]", "unreadable"),
        ("/every-kind:top//list", "unreadable"),
    ],
)
def test_bad_paths(path: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        calls.criteria(SPECS["get"], path)


# Who logs in where.

TOR = {"name": "tor1", "host": "192.0.2.1", "username": "admin", "password": "secret"}
OTHER = {**TOR, "name": "tor2", "port": 22, "host_key": "ignore", "transport": "paramiko"}
KNOWN = ("admin", "secret")


@pytest.mark.parametrize(
    ("devices", "given", "expected"),
    [
        ([TOR], {"host": "tor1"}, ("192.0.2.1", 830, *KNOWN, "", "auto")),
        ([TOR], {"host": "192.0.2.1", "port": 22}, ("192.0.2.1", 22, *KNOWN, "", "auto")),
        ([TOR, OTHER], {"host": "tor2"}, ("192.0.2.1", 22, *KNOWN, "ignore", "paramiko")),
        ([], {"host": "h", "username": "u", "password": "p"}, ("h", 830, "u", "p", "", "auto")),
    ],
)
def test_logins(devices: Any, given: Dict[str, Any], expected: Sequence[Any]) -> None:
    assert action.login({"devices": devices}, given)[:6] == tuple(expected)


@pytest.mark.parametrize(
    ("devices", "host", "words"),
    [
        ([], "tor1", "no device 'tor1' is configured, and username and password not given"),
        ([], None, "no device '' is configured"),
        ([TOR, OTHER], "192.0.2.1", "several devices. Say which: tor1, tor2"),
        ([{**TOR, "transport": "x"}], "tor1", "neither auto nor paramiko"),
        ([{"name": "a", "host": "b"}], "a", "not in the device's entry"),
    ],
)
def test_bad_logins(devices: Any, host: Optional[str], words: str) -> None:
    succeeded, result = action.run({"devices": devices}, SPECS["top_here"], {"host": host})
    assert not succeeded
    assert words in result["error"]
    assert (result["kind"], result["changed"]) == ("ConfigError", False)
    assert "secret" not in str(result)


Act = Callable[..., Any]


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Act:
    def run(device: Device, name: str, /, **given: Any) -> Any:
        monkeypatch.setattr(action, "_session", lambda *_: session(device))
        return action.run({}, SPECS[name], {"host": "x", **given})

    return run


def test_an_unsure_edit_is_told_as_such(act: Act) -> None:
    succeeded, result = act(Device(RUNNING, edit_config=[OSError("gone")]), "top_here")
    assert (succeeded, result["changed"]) == (False, None)


def test_rpcs_and_reads_as_actions(act: Act) -> None:
    answer = reply(f'<answer xmlns="{KIND}">yes</answer>')
    read = reply(f"<data>{top('<level>1</level>')}</data>")
    device = Device(there="<level>2</level>", do_it=[answer], get=[read])
    assert act(device, "do_it", name="a")[1]["data"] == {"answer": "yes"}
    assert act(device, "get", path="/every-kind:top")[1]["data"] == {"top": {"level": "1"}}
    assert act(device, "get_config")[1]["data"] == {"top": {"level": "2"}}
    succeeded, dry = act(device, "do_it", name="a", dry_run=True)
    assert (succeeded, dry["dry_run"], "changed" in dry) == (True, True, False)
    assert device.asked.count("do-it") == 1
    refused = Device(do_it=[refusal("operation-not-supported")])
    succeeded, result = act(refused, "do_it", name="a")
    assert not succeeded
    assert result["remedy"].startswith("Check that the device has this RPC")


def test_what_nobody_is_to_see_is_in_no_result(act: Act) -> None:
    """Neither what was there nor what is sent, neither in a dry run nor in an error."""
    device = Device(RUNNING, there="<user-password>old one</user-password>")
    name, new = "top_user_password", {"user_password": "new one"}
    results = [
        act(device, name, **new),
        act(device, name, **new, dry_run=True),
        act(device, name, user_password="abc"),
        act(device, "do_it", name="a", secret="new one", dry_run=True),
        act(device, "do_it", name="a", secret="abc"),
    ]
    assert [succeeded for succeeded, _ in results] == [True, True, False, True, False]
    assert not [one for one in ("old one", "new one", "abc") if one in str(results)]
    changed = results[0][1]
    assert set(changed["before"].values()) == set(changed["after"].values()) == {"********"}
    assert ">new one<" in payloads.payload(edits.build(SPECS[name], new))
    assert ">new one<" in calls.rpc(RPC, {"name": "a", "secret": "new one"})
