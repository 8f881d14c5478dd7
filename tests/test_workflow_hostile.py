"""What nobody should send: names, errors, events and input that would be executed, or forge a
message, and input that no switch could take."""

from typing import Any, Dict

import pytest
from docker_tor import config, edit, errors, intent, networks, state, triggers

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from workflow_world import (
    AS_IT_WAS,
    BATCH,
    CHAIN,
    EVENT,
    PASSWORD,
    REMOVE,
    TASKS,
    World,
    failed,
    segment,
)

from lab.stackstorm import RequestError
from lab.switch import SwitchError, names, payloads
from lab.switch.faults import Verdict

READS_A_SECRET = (
    "{{ st2kv.system.vdx_password | decrypt_kv }}",
    "<% st2kv('system.vdx_password', decrypt => true) %>",
)
HOSTILE = (
    "{{ st2kv.system.vdx_password }}",
    *READS_A_SECRET,
    "<% ctx() %>",
    "{% raw %}",
    "{# a comment",
    "{{{%<%<%",
    "\"'`\\",
    "one\ntwo\r\nthree\x00\x1b[31m\u202e",
    "]]>]]>",
    "<!channel> <@U1> <https://evil.example|the switch> @here",
    "x" * 6000,
    "{" * 6000,
)
DENIED = SwitchError("access-denied", "%Error: not any more")
LIVE = ("{{", "{%", "{#", "<%", "<!", "<@", "<h", "@here")


def harmless(text: str) -> None:
    assert len(text) < 1200
    assert text.isprintable()
    assert [mark for mark in LIVE if mark in text] == []


# What a switch says.


@pytest.mark.parametrize(
    "said",
    [
        READS_A_SECRET[0],
        READS_A_SECRET[1],
        # XML has no way to say the control characters.
        " ".join(text for text in HOSTILE if len(text) < 100 and "\x00" not in text),
        "one\ntwo\r\nthree",
        "{" * 6000,
    ],
    ids=range(5),
)
def test_a_hostile_error_of_the_switch(world: World, said: str) -> None:
    world.faults.refuse(1, SwitchError("operation-failed", said))
    message = failed(world.run(), "the switch refused: operation-failed: ")
    harmless(message)
    assert message.endswith(f"Look at the running config of that interface. {AS_IT_WAS}")


@pytest.mark.parametrize("workflow", [CHAIN, REMOVE])
@pytest.mark.parametrize(
    "name", ["{{st2kv.system.vdx_password}}", "<% ctx() %>", "{% raw %}", "<!channel> \"'`]]>]]>"]
)
def test_a_hostile_name_of_a_vlan(world: World, workflow: str, name: str) -> None:
    world.switch.edit(payloads.vlan(112, name))
    before = world.switch.running
    doing = "removed" if workflow == REMOVE else "put in service"
    message = failed(world.run(workflow), "is there already and is named ", doing=doing)
    harmless(message)
    assert world.switch.running == before


def test_a_hostile_name_in_what_there_was(world: World) -> None:
    """It goes from task to task, somebody else's VLAN too. StackStorm renders what it hands on."""
    world.st2.datastore.set("k", PASSWORD, secret=True)
    world.switch.edit(payloads.vlan(113, "{{st2kv.system.k|decrypt_kv}}"))
    world.switch.edit(payloads.vlan(114, "<% ctx(host) %>"))

    def lose() -> Verdict:
        world.faults.at(1, lambda: Verdict(errors=(DENIED,)), "get-config")
        return Verdict(drop="after")

    world.faults.at(1, lose, "edit-config")
    run = world.run(BATCH, segments=[segment(112), segment(113), segment(114)])
    assert run.names == ("apply", "undo", "notify_fail")
    before = run.tasks[1].parameters["failure"]["result"]["before"]
    assert before["113"]["name"] == "{ {st2kv.system.k|decrypt_kv}}"
    assert before["114"]["name"] == "< % ctx(host) %>"
    assert world.present(112) == []


def test_a_hostile_address() -> None:
    """A switch may have anything for an address; Python lets the zone of one be anything."""
    for said in ("{{ st2kv.system.x }}", "<% ctx() %>/24", "fe80::1%{{ x }}/64", "x" * 6000):
        text = said.replace("<", "&lt;")
        entry = (
            f'<ve xmlns="{names.INTERFACE}"><name>112</name><ip xmlns="{names.IP}"><ip-config>'
            f"<address><address>{text}</address></address></ip-config></ip></ve>"
        )
        data = edit.parse(
            f'<data><rbridge-id xmlns="{names.RBRIDGE}"><rbridge-id>21</rbridge-id>'
            f'<interface xmlns="{names.INTERFACE}">{entry}</interface></rbridge-id></data>'
        )
        (address,) = state.read(data)[112].ves[21].addresses
        harmless(address)


# What an engine lists.


def listed(name: str, **changed: Any) -> Dict[str, Any]:
    """What an engine lists for a network of that name."""
    return {
        "Id": "f" * 64,
        "Name": name,
        "Driver": "macvlan",
        "Created": "2026-01-01T00:00:00Z",
        "Options": {"parent": "eth0.112"},
        "IPAM": {"Config": [{"Subnet": "172.16.112.0/24"}]},
        **changed,
    }


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_of_a_network_that_is_refused(world: World, name: str) -> None:
    ipam = {"Config": [{"Subnet": "172.16.112.0/24", "Gateway": name}]}
    _, (refusal,) = networks.read("host1", [listed(name, IPAM=ipam)])
    trigger = triggers.network_refused(refusal, "docker")
    told = world.posted(trigger.name, trigger.payload)
    assert told.channel == "docker"
    assert told.message.startswith("Docker network ")
    assert " on eth0.112 of engine host1 is refused: the network's gateway is " in told.message
    assert told.message.endswith(" Create the network again with --gateway.")
    harmless(told.message)


def test_hostile_names_of_networks_that_are_followed(world: World) -> None:
    """They are told, made harmless: by the chain, by a batch and by a removal."""
    (switch,) = config.parse(
        {"switches": [{"name": "vdx", "host": "127.0.0.1", "username": "u", "password": "p"}]}
    ).switches
    listing = [listed(name, Id=f"{number:x}" * 64) for number, name in enumerate(HOSTILE[:10])]
    wanted, refused = networks.read("host1", listing)
    segments, conflicts = intent.segments(wanted, lambda _: (switch, 21))
    (change,) = intent.changes({}, segments)
    assert refused + conflicts == []
    other = change._replace(segment=change.segment._replace(vlan=113, addresses=("fd00::1/64",)))
    event = triggers.network_event(change, "docker")
    batch = triggers.network_batch([change, other], "docker")
    gone = triggers.network_event(change._replace(action="destroy"), "docker")
    for trigger in (event, batch, gone):
        (run,) = world.dispatch(trigger.name, trigger.payload)
        assert run.execution.status == "succeeded", run.messages
        harmless(run.message)
        assert run.told.extra is not None
        for field in run.told.extra["slack"]["fields"]:
            harmless(field["value"])
        if trigger is not batch:
            assert "? ? st2kv.system.vdx_password ??, " in run.message


@pytest.mark.parametrize("state_", ["lost", "back"])
def test_an_engine_lost_and_back(world: World, state_: str) -> None:
    for text in HOSTILE:
        reason = str(errors.EngineUnreachable(text, where="host1", remedy="Look."))
        reason = reason if state_ == "lost" else ""
        trigger = triggers.engine_event("host1", state_, reason, 12.34, "docker")
        told = world.posted(trigger.name, trigger.payload)
        assert told.channel == "docker"
        start = "Docker Engine host1 is "
        if state_ == "lost":
            start += f"lost, and its networks stay as they are: {reason}"
        else:
            start += "back after 12.3 s."
        assert told.message == start
        harmless(told.message)


@pytest.mark.parametrize("state_", ["held", "released"])
def test_an_engine_whose_networks_are_held(world: World, state_: str) -> None:
    trigger = triggers.engine_event("host1", state_, "It lists 0 of them.", 900, "docker")
    told = world.posted(trigger.name, trigger.payload)
    assert told.channel == "docker"
    assert told.message == "Docker Engine host1 and its networks: It lists 0 of them."


def test_what_a_rule_puts_in_a_message_is_not_rendered(world: World) -> None:
    """Even if it came past the sensor."""
    for text in HOSTILE:
        network = {**EVENT["networks"][0], "name": text}
        refused = {"network": network, "reason": text, "kind": "X", "channel": "docker"}
        told = world.posted(triggers.NETWORK_REFUSED, refused)
        assert told.message == (
            f"Docker network {text} on eth0.112 of engine host1 is refused: {text}"
        )


# What is dispatched or run by somebody else.


@pytest.mark.parametrize("text", READS_A_SECRET)
@pytest.mark.parametrize("action", ["create", "destroy"])
@pytest.mark.parametrize("field", ["switch", "channel", "subnet", "name"])
def test_an_expression_in_an_event_starts_nothing(
    world: World, action: str, field: str, text: str
) -> None:
    """Orquesta would execute it."""
    event = {**EVENT, "action": action, field: text}
    if field == "name":
        event = {**EVENT, "action": action, "networks": [{**EVENT["networks"][0], "name": text}]}
    started = world.dispatch(triggers.NETWORK_EVENT, event)
    if (action, field) == ("destroy", "subnet"):
        # A removal is not told the subnet.
        assert [run.execution.status for run in started] == ["succeeded"]
        return
    assert started == []
    assert world.st2.rule_enforcements[-1].status == "failed"
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("text", READS_A_SECRET)
@pytest.mark.parametrize("field", ["switch", "subnet", "addresses", "name"])
def test_an_expression_in_a_batch_starts_nothing(world: World, field: str, text: str) -> None:
    one = segment(112)
    payload: Dict[str, Any] = {"switch": "vdx", "host": "vdx", "channel": "docker"}
    if field == "switch":
        payload["switch"] = text
    elif field == "name":
        one["networks"][0]["name"] = text
    else:
        one[field] = [text] if field == "addresses" else text
    payload["segments"] = [one, segment(113)]
    assert world.dispatch(triggers.NETWORK_BATCH, payload) == []
    assert world.st2.rule_enforcements[-1].status == "failed"
    if text.startswith("<%"):
        # What Jinja renders StackStorm renders itself, for whoever runs it by hand.
        with pytest.raises(RequestError, match="does not match"):
            world.run(BATCH, host=payload["switch"], segments=payload["segments"])
    assert list(world.switch.rpcs) == []


BY_HAND = ("host", "channel", "username", "subnet", "addresses")


@pytest.mark.parametrize(
    ("workflow", "field"),
    [
        *((CHAIN, field) for field in BY_HAND),
        # A removal has no addresses.
        *((REMOVE, field) for field in BY_HAND[:3]),
    ],
)
def test_an_expression_given_by_hand_is_refused(world: World, workflow: str, field: str) -> None:
    for text in READS_A_SECRET[1], "<% ctx() %>":
        with pytest.raises(RequestError, match="does not match"):
            world.run(workflow, **{field: [text] if field == "addresses" else text})
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("workflow", [CHAIN, REMOVE, BATCH])
def test_a_password_that_orquesta_would_execute_is_refused(world: World, workflow: str) -> None:
    """It would show of it what it cannot execute."""
    more = {"segments": [segment(112)]} if workflow == BATCH else {}
    for text in "a<%b%>c", "{% b %}", "{%b%}{{c":
        with pytest.raises(RequestError, match="does not match"):
            world.run(workflow, username="admin", password=text, **more)
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("text", ["<%", "%>", "{{", "{%", "}}", "<{", "a{b}c", "<a>%"])
def test_a_password_may_hold_characters_of_expressions(world: World, text: str) -> None:
    run = world.run(username="admin", password=text)
    failed(run, "refuses user 'admin' or the password")


@pytest.mark.parametrize(
    ("given", "field", "remedy"),
    [
        ({"vlan": 0}, "name is 0,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 1002}, "name is 1002,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 3963}, "name is 3963,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"vlan": 4095}, "name is 4095,", "Use a VLAN of 1 - 3962 other than 1002."),
        ({"subnet": "nonsense"}, "subnet is 'nonsense',", "Write it as in "),
        ({"subnet": "172.16.112.0/24"}, "subnet is '172.16.112.0/24',", "Write it as in "),
        ({"subnet": "172.16.112.1/32"}, "subnet is '172.16.112.1/32';", "a larger subnet"),
        ({"subnet": "172.16.112.1/0"}, "subnet is '172.16.112.1/0';", "prefix lengths of 1 - 31"),
        ({"subnet": "x" * 6000}, "subnet is 'xxx", "Write it as in "),
        ({"addresses": ["10.0.0.0/8"]}, "addresses is '10.0.0.0/8',", "Write it as in "),
        ({"addresses": ["fd00::1/128"]}, "addresses is 'fd00::1/128';", "a larger subnet"),
        ({"rbridge_id": 0}, "rbridge_id is 0,", "1 - 239"),
        ({"rbridge_id": 240}, "rbridge_id is 240,", "1 - 239"),
        ({"host": "nowhere"}, "no switch 'nowhere' is configured", "Add the switch to docker.yaml"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(
    world: World, given: Dict[str, Any], field: str, remedy: str
) -> None:
    run = world.run(**given)
    assert run.execution.status == "failed"
    assert run.names == (TASKS[0], "undo", "notify_fail")
    assert run.message.startswith("Nothing was changed: ")
    assert field in run.message
    assert remedy in run.message
    assert run.color == "warning"
    harmless(run.message)
    assert list(world.switch.rpcs) == []


def test_ipv6_in_the_place_of_ipv4(world: World) -> None:
    run = world.run(subnet="fd00::1/64")
    assert run.message.startswith("Nothing was changed: ")
    assert "subnet is 'fd00::1/64', which is not IPv4" in run.message
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("vlan", ["abc", "12.5", "0x70", ""])
def test_a_vlan_that_is_no_number_is_refused_by_stackstorm_itself(world: World, vlan: str) -> None:
    with pytest.raises(RequestError, match=f"invalid literal .*: '{vlan}'"):
        world.run(vlan=vlan)
    assert list(world.switch.rpcs) == []


def test_no_password_in_the_datastore(world: World) -> None:
    world.st2.datastore.delete("vdx_password")
    try:
        run = world.run()
    finally:
        world.st2.datastore.set("vdx_password", PASSWORD, secret=True)
    assert run.names == (TASKS[0], "undo", "notify_fail")
    assert run.message.startswith(
        "Nothing was changed: switches[0].password: it is missing or no text. Keep it in the"
        " datastore, encrypted"
    )
    assert list(world.switch.rpcs) == []
