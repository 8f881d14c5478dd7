"""What the actions of a generated pack send and compare, and how they carry it out, on a device
made up of replies."""

import contextlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")

from docker_tor.common.errors import InvalidValue, SwitchRefused
from docker_tor.config.credentials import Login
from docker_tor.netconf.session import Session, open_session
from docker_tor.netconf.xml import BASE
from lxml import etree
from yang_edit import action, calls, comparing, datastore, edits, payloads

from generator import actions, contents, reading

HERE = Path(__file__).parent

MODEL = reading.read(reading.Sources([HERE / "yang"]))
SPECS = {
    one.name: contents.loaded(one.content["parameters"]["edit"]["default"])
    for one in actions.generate(MODEL, "every")
}
KIND = "urn:every-kind"
TOP = f'<top xmlns="{KIND}">{{}}</top>'


def edit(name: str, /, **parameters: Any) -> edits.Edit:
    return edits.build(SPECS[name], parameters)


def compared(xml: str) -> Any:
    """XML in a form in which equal is equal: whatever the prefixes are, but for those in texts."""
    return _plain(etree.fromstring(xml, etree.XMLParser(remove_blank_text=True)))


def _plain(element: etree._Element) -> Any:
    text = element.text or ""
    prefix = text.partition(":")[0] if ":" in text else ""
    said = (text, element.nsmap[prefix] if prefix else "")
    return element.tag, said, sorted(element.attrib.items()), [_plain(one) for one in element]


def config(inner: str) -> Any:
    return compared(f'<nc:config xmlns:nc="{BASE}">{TOP.format(inner)}</nc:config>')


def test_prefixes_in_an_attribute_are_declared() -> None:
    one = edit("top_pair", pair_from=1, to=2, insert="after", insert_at=[3, 4])
    (entry,) = etree.fromstring(payloads.payload(one)).iter(f"{{{KIND}}}pair")
    assert entry.nsmap["at"] == KIND


def data(inner: str) -> etree._Element:
    return etree.fromstring(f'<data xmlns="{BASE}">{TOP.format(inner) if inner else ""}</data>')


def sent(one: edits.Edit, inner: str) -> Any:
    """What of an edit is sent to a device that has that."""
    difference = comparing.compare(one, data(inner))
    return None if difference.edit is None else compared(payloads.payload(difference.edit))


ENTRY = "<list><name>x</name>{}</list>"
PAIR = "<pair><from>{}</from><to>{}</to></pair>"
DELETE = 'nc:operation="delete"'
YANG = 'xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="{}"'


@pytest.mark.parametrize(
    ("one", "there", "expected"),
    [
        # A leaf.
        (edit("top_level", level=50), "", "<level>50</level>"),
        (edit("top_level", level=50), "<level>40</level>", "<level>50</level>"),
        (edit("top_level", level=50), "<level>050</level>", None),
        (edit("top_level", delete_level=True), "<level>40</level>", f"<level {DELETE}/>"),
        (edit("top_level", delete_level=True), "", None),
        (edit("top_code", code="ab-1"), "<code>ab-2</code>", "<code>ab-1</code>"),
        # An empty one.
        (edit("top_mark", mark=True), "", "<mark/>"),
        (edit("top_mark", mark=True), "<mark/>", None),
        (edit("top_mark", mark=False), "<mark/>", f"<mark {DELETE}/>"),
        (edit("top_mark", mark=False), "", None),
        (edit("top_mark", mark=True, delete_mark=True), "<mark/>", f"<mark {DELETE}/>"),
        # An identity, under the device's own prefix.
        (
            edit("top_pet", pet="cat"),
            "",
            f'<pet xmlns:every-kind="{KIND}">every-kind:cat</pet>',
        ),
        (edit("top_pet", pet="cat"), f'<pet xmlns:o="{KIND}">o:cat</pet>', None),
        # A leaf-list: only what differs.
        (edit("top_tags", tags=["a", "b"]), "<tags>b</tags>", "<tags>a</tags>"),
        (edit("top_tags", tags=["b"]), "<tags>a</tags><tags>b</tags>", None),
        (
            edit("top_tags", tags=["a", "c"], delete_tags=True),
            "<tags>a</tags><tags>b</tags>",
            f"<tags {DELETE}>a</tags>",
        ),
        (
            edit("top_tags", delete_tags=True),
            "<tags>a</tags><tags>b</tags>",
            f"<tags {DELETE}>a</tags><tags {DELETE}>b</tags>",
        ),
        # A list's entry, and leaves along with it.
        (edit("top_list_name", name="x"), "", ENTRY.format("")),
        (edit("top_list_name", name="x"), ENTRY.format(""), None),
        (
            edit("top_list_name", name="x", label="l"),
            ENTRY.format(""),
            ENTRY.format("<label>l</label>"),
        ),
        (
            edit("top_list_name", name="x", label="l", members=[1, 2]),
            ENTRY.format("<label>l</label><members>1</members>"),
            ENTRY.format("<members>2</members>"),
        ),
        (
            edit("top_list_label", name="x", label="l", delete_list=True),
            ENTRY.format("<label>l</label>"),
            ENTRY.format("").replace("<list>", f"<list {DELETE}>"),
        ),
        (edit("top_list_label", name="x", label="l", delete_list=True), "", None),
        (
            edit("top_list_list_value", name="x", list_name="y", value="v"),
            "",
            ENTRY.format("<list><name>y</name><value>v</value></list>"),
        ),
        # Presence.
        (edit("top_here"), "", "<here/>"),
        (edit("top_here"), "<here/>", None),
        (edit("top_here", label="l"), "<here/>", "<here><label>l</label></here>"),
        (edit("top_here_label", delete_here=True), "<here/>", f"<here {DELETE}/>"),
        # Order.
        (
            edit("top_order", order=["a", "b"], insert="first"),
            "<order>c</order>",
            f"<order {YANG.format('first')}>b</order><order {YANG.format('first')}>a</order>",
        ),
        (
            edit("top_order", order=["b"], insert="before", insert_at="a"),
            "<order>a</order><order>b</order>",
            f'<order {YANG.format("before")} yang:value="a">b</order>',
        ),
        (
            edit("top_order", order=["b"], insert="after", insert_at="a"),
            "<order>a</order><order>b</order>",
            None,
        ),
        (edit("top_order", order=["b"], insert="last"), "<order>a</order><order>b</order>", None),
        (
            edit("top_pair", pair_from=1, to=2, insert="last"),
            PAIR.format(1, 2) + PAIR.format(3, 4),
            PAIR.format(1, 2).replace("<pair>", f"<pair {YANG.format('last')}>"),
        ),
        (
            edit("top_pair", pair_from=1, to=2, insert="first"),
            PAIR.format(1, 2) + PAIR.format(3, 4),
            None,
        ),
        (
            edit("top_pair", pair_from=1, to=2, insert="after", insert_at=[3, 4]),
            PAIR.format(3, 4) + PAIR.format(1, 2),
            None,
        ),
        (
            edit("top_pair", pair_from=1, to=2, insert="after", insert_at=[3, "4"]),
            PAIR.format(3, 4),
            PAIR.format(1, 2).replace(
                "<pair>",
                f'<pair xmlns:at="{KIND}" {YANG.format("after")} '
                "yang:key=\"[at:from='3'][at:to='4']\">",
            ),
        ),
    ],
)
def test_what_is_sent(one: edits.Edit, there: str, expected: Optional[str]) -> None:
    assert sent(one, there) == (None if expected is None else config(expected))


def test_before_and_after() -> None:
    found = comparing.compare(edit("top_tags", tags=["b"]), data("<tags>a</tags>"))
    assert (found.before, found.after) == ({"top/tags": ["a"]}, {"top/tags": ["a", "b"]})
    found = comparing.compare(edit("top_list_list_name", name="x", list_name="y"), data(""))
    assert (found.before, found.after) == (
        {"top/list[x]/list[y]": None},
        {"top/list[x]/list[y]": True},
    )


def test_a_default_that_is_not_told_of() -> None:
    """A device that says how it reports defaults has them where it says nothing."""
    half = edit("top_level", level=50)
    for defaults, changed in ((False, True), (True, False)):
        found = comparing.compare(half, data(""), defaults=defaults)
        assert (found.edit is not None) is changed
    odd = edit("top_either", either=5)
    odd = odd._replace(leaves=(odd.leaves[0]._replace(default="ek:cat"),))
    assert comparing.compare(odd, data(""), defaults=True).edit is not None
    pet = edit("top_pet", pet="every-kind:tabby")
    assert comparing.compare(pet, data(""), defaults=True).edit is None
    assert comparing.compare(edit("top_level", level=51), data(""), defaults=True).edit is not None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (edit("top_level", level=50), "<level/>"),
        (edit("top_list_label", name="x", label="l"), ENTRY.format("<label/>")),
        (edit("top_list_name", name="x"), ENTRY.format("")),
        # Where it is in its list only the whole of it says.
        (edit("top_pair", pair_from=1, to=2, insert="last"), "<pair><from/><to/></pair>"),
    ],
)
def test_what_is_read(one: edits.Edit, expected: str) -> None:
    criteria = f'<nc:filter xmlns:nc="{BASE}" type="subtree">{TOP.format(expected)}</nc:filter>'
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
        ("top_pair", {"pair_from": 1, "to": 2, "insert": "after", "insert_at": [1]}, "insert_at"),
        (
            "top_pair",
            {"pair_from": 1, "to": 2, "insert": "after", "insert_at": [1, "x"]},
            "insert_at",
        ),
    ],
)
def test_bad_parameters(name: str, parameters: Dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        edit(name, **parameters)


# Carried out.

CAPABLE = "urn:ietf:params:netconf:capability:"
RUNNING, CANDIDATE = f"{CAPABLE}writable-running:1.0", f"{CAPABLE}candidate:1.0"
OK = f'<rpc-reply xmlns="{BASE}"><ok/></rpc-reply>'


def rpc_error(tag: str) -> str:
    return (
        f'<rpc-reply xmlns="{BASE}"><rpc-error><error-tag>{tag}</error-tag></rpc-error></rpc-reply>'
    )


class Device:
    """A peer that answers what it is told to; `asked` are the operations, by name."""

    by = "a test"

    def __init__(
        self, *capabilities: str, there: str = "", answers: Optional[Dict[str, List[Any]]] = None
    ) -> None:
        self.capabilities: Tuple[str, ...] = capabilities
        self.asked: List[str] = []
        self._there = there
        self._answers = answers or {}

    def ask(self, operation: str, /, *_then: str) -> etree._Element:
        name = etree.QName(etree.fromstring(operation)).localname
        targets = [one for one in ("running", "candidate") if f"<{one}/>" in operation]
        name = " ".join([name, *targets]) if name != "get-config" else name
        self.asked.append(name)
        answers = self._answers.get(name) or []
        answer = answers.pop(0) if answers else OK
        if isinstance(answer, Exception):
            raise answer
        if name == "get-config" and answer is OK:
            inner = TOP.format(self._there) if self._there else ""
            answer = f'<rpc-reply xmlns="{BASE}"><data>{inner}</data></rpc-reply>'
        return etree.fromstring(answer)

    def drop(self) -> None:
        pass


@contextlib.contextmanager
def session(device: Device) -> Iterator[Session]:
    login = Login("a device", 830, "user", "password", "ignore")
    with open_session(login, connect=lambda *_: device) as opened:
        yield opened


def apply(device: Device, one: edits.Edit) -> Dict[str, Any]:
    with session(device) as opened:
        return datastore.apply(opened, one, lambda _seconds: None)


HALF = edit("top_level", level=50)
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
    assert apply(device, HALF)["changed"] is changed
    assert device.asked == asked


def test_a_device_that_takes_no_edits() -> None:
    with pytest.raises(SwitchRefused, match="neither"):
        apply(Device(), HALF)


def test_what_somebody_else_has_deleted_meanwhile() -> None:
    gone = f'<rpc-reply xmlns="{BASE}"><data/></rpc-reply>'
    there = gone.replace("<data/>", f"<data>{TOP.format('<level>9</level>')}</data>")
    refusal = {"edit-config running": [rpc_error("data-missing")]}
    delete = edit("top_level", delete_level=True)
    device = Device(RUNNING, answers={**refusal, "get-config": [there, gone]})
    assert apply(device, delete)["changed"] is False
    again = {"edit-config running": [rpc_error("data-missing")]}
    device = Device(RUNNING, answers={**again, "get-config": [there, there]})
    with pytest.raises(SwitchRefused):
        apply(device, delete)


# RPCs and reads.


def test_an_rpc() -> None:
    given = {
        "name": "a",
        "do_it_timeout": 5,
        "quick": True,
        "many": [1, 2],
        "deep_name": "b",
        "entries": [{"id": 1, "text": "t"}, {"id": 2}],
        "raw": '<x xmlns="urn:x"/>',
    }
    assert compared(calls.rpc(SPECS["do_it"], given)) == compared(
        f'<do-it xmlns="{KIND}"><name>a</name><timeout>5</timeout><quick/><many>1</many>'
        "<many>2</many><deep><name>b</name></deep><entries><id>1</id><text>t</text></entries>"
        '<entries><id>2</id></entries><raw><x xmlns="urn:x"/></raw></do-it>'
    )
    only_text = etree.fromstring(calls.rpc(SPECS["do_it"], {"name": "a", "raw": "text"}))
    assert only_text.findtext(f"{{{KIND}}}raw") == "text"
    assert compared(calls.rpc(SPECS["do_it"], {"name": "a", "quick": False})) == compared(
        f'<do-it xmlns="{KIND}"><name>a</name></do-it>'
    )


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
        calls.rpc(SPECS["do_it"], given)


def test_answers() -> None:
    reply = etree.fromstring(
        f'<rpc-reply xmlns="{BASE}"><a xmlns="urn:x"><b>1</b><b/></a></rpc-reply>'
    )
    assert calls.answer(reply)["data"] == {"a": {"b": ["1", ""]}}
    assert calls.answer(etree.fromstring(OK)) == {"data": {}, "xml": ""}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/every-kind:top/list[name='x']/label", TOP.format(ENTRY.format("<label/>"))),
        ("/every-kind:top/list[name=x]/label", TOP.format(ENTRY.format("<label/>"))),
        (
            "/other/every-kind:top-leaf",
            f'<other xmlns="urn:every-augment"><top-leaf xmlns="{KIND}"/></other>',
        ),
        ("/every-kind:top/pair[from=\"1\"][to='2']", TOP.format(PAIR.format(1, 2))),
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


@pytest.mark.parametrize(
    ("devices", "given", "expected"),
    [
        ([TOR], {"host": "tor1"}, ("192.0.2.1", 830, "admin", "secret", "", "auto")),
        (
            [TOR],
            {"host": "192.0.2.1", "port": 22},
            ("192.0.2.1", 22, "admin", "secret", "", "auto"),
        ),
        (
            [TOR, OTHER],
            {"host": "tor2"},
            ("192.0.2.1", 22, "admin", "secret", "ignore", "paramiko"),
        ),
        ([], {"host": "h", "username": "u", "password": "p"}, ("h", 830, "u", "p", "", "auto")),
    ],
)
def test_logins(devices: Any, given: Dict[str, Any], expected: Sequence[Any]) -> None:
    assert action.login({"devices": devices}, given)[:6] == tuple(expected)


@pytest.mark.parametrize(
    ("devices", "given", "words"),
    [
        (
            [],
            {"host": "tor1"},
            "no device 'tor1' is configured, and username and password not given",
        ),
        ([], {}, "no device '' is configured"),
        ([TOR, OTHER], {"host": "192.0.2.1"}, "several devices. Say which: tor1, tor2"),
        ([{**TOR, "transport": "x"}], {"host": "tor1"}, "neither auto nor paramiko"),
        ([{"name": "a", "host": "b"}], {"host": "a"}, "not in the device's entry"),
    ],
)
def test_bad_logins(devices: Any, given: Dict[str, Any], words: str) -> None:
    succeeded, result = action.run({"devices": devices}, SPECS["top_here"], given)
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
    device = Device(RUNNING, answers={"edit-config running": [OSError("gone")]})
    succeeded, result = act(device, "top_here")
    assert (succeeded, result["changed"]) == (False, None)


def test_rpcs_and_reads_as_actions(act: Act) -> None:
    answer = f'<rpc-reply xmlns="{BASE}"><answer xmlns="{KIND}">yes</answer></rpc-reply>'
    read = f'<rpc-reply xmlns="{BASE}"><data>{TOP.format("<level>1</level>")}</data></rpc-reply>'
    device = Device(answers={"do-it": [answer], "get": [read]}, there="<level>2</level>")
    assert act(device, "do_it", name="a")[1]["data"] == {"answer": "yes"}
    assert act(device, "get", path="/every-kind:top")[1]["data"] == {"top": {"level": "1"}}
    assert act(device, "get_config")[1]["data"] == {"top": {"level": "2"}}
    succeeded, dry = act(device, "do_it", name="a", dry_run=True)
    assert (succeeded, dry["dry_run"], "changed" in dry) == (True, True, False)
    assert device.asked.count("do-it") == 1
    device = Device(answers={"do-it": [rpc_error("operation-not-supported")]})
    succeeded, result = act(device, "do_it", name="a")
    assert not succeeded
    assert result["remedy"].startswith("Check that the device has this RPC")


def test_what_nobody_is_to_see_is_in_no_result(act: Act) -> None:
    """Neither what was there nor what is sent, neither in a dry run nor in an error."""
    device = Device(RUNNING, there="<user-password>old one</user-password>")
    name, value = "top_user_password", "user_password"
    results = [
        act(device, name, **{value: "new one"}),
        act(device, name, **{value: "new one"}, dry_run=True),
        act(device, name, **{value: "abc"}),
        act(device, "do_it", name="a", secret="new one", dry_run=True),
        act(device, "do_it", name="a", secret="abc"),
    ]
    assert [succeeded for succeeded, _ in results] == [True, True, False, True, False]
    assert not [one for one in ("old one", "new one", "abc") if one in str(results)]
    changed = results[0][1]
    assert set(changed["before"].values()) == set(changed["after"].values()) == {"********"}
    sent = edits.build(SPECS[name], {value: "new one"})
    assert ">new one<" in payloads.payload(sent)
    assert ">new one<" in calls.rpc(SPECS["do_it"], {"name": "a", "secret": "new one"})
