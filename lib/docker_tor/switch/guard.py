"""An edit of a port takes no VLAN of others from it.

NOS appends to a port's list of VLANs what an edit adds. A server that knows only the rules of RFC
6241 puts that in the place of the list. So a port is read directly before an edit, and again after
it. VLANs of others that are gone are put back at once, and the run fails.

Another run of the pack may take a VLAN from the port in between. It has the pack's name, so while
others are left on the port, it counts as no loss.

Where a candidate is edited, it is the candidate that is read, and it is discarded if VLANs of
others are gone there.

A session may be lost before the port is read again. The next one goes by what there was before: a
port that has VLANs of this run and none of others any more was changed by its edit.
"""

import contextlib
from typing import Collection, Dict, Mapping, Sequence, Set

from ..common.errors import MalformedReply, SwitchRefused, VlansRemoved
from . import trunk
from .device import Device
from .driver import Step
from .model import Vlan
from .trunk import Port

_REPLACES = (
    "It may replace a port's list where it should add to it. Take its `ports` out of docker.yaml"
)


def edit(device: Device, steps: Sequence[Step]) -> None:
    """Send steps of ports as one edit.

    Raises VlansRemoved where VLANs of others are gone after it, and from then on for whatever is to
    be added; SwitchRefused ("data-missing") where a port has no list any more; and the errors of
    `Session`.
    """
    ours: Dict[str, Set[int]] = {}
    for step in steps:
        ours.setdefault(step.port, set()).add(step.vlan)
    was = device.ports(ours, anew=True)
    for name, port in was.items():
        if not port.has_list:
            raise SwitchRefused(
                f"{name} has no list of VLANs any more",
                tag="data-missing",
                remedy="Somebody else has just changed the port.",
            )
        if device.distrust and ours[name] - port.vlans:
            raise device.distrust
    for name, port in was.items():
        device.unchecked.setdefault(name, (port, set()))[1].update(ours[name])
    try:
        device.send(steps)
    except SwitchRefused:
        # It may have taken a part of them (RFC 6241, 7.2).
        check(device)
        raise
    check(device)


def check(device: Device) -> None:
    """Read the ports that were edited since the last check. Raises VlansRemoved, and the errors of
    `Session`."""
    edited = dict(device.unchecked)
    device.unchecked.clear()
    now = device.ports(edited, anew=True)
    unknown = [name for name, port in now.items() if port.rule == trunk.UNREADABLE]
    gone = {
        name: was
        for name, (was, ours) in edited.items()
        if name not in unknown and _took(device, was, now[name], ours)
    }
    if gone:
        raise (_discarded if device.session.candidate else _put_back)(device, gone)
    if unknown:
        raise MalformedReply(
            f"what VLANs {', '.join(unknown)} allows after an edit cannot be read",
            remedy="Look at the port at the switch: are all VLANs of others still there?",
        )


def mend(device: Device, before: Mapping[int, Vlan]) -> Dict[str, VlansRemoved]:
    """Put back what edits of earlier sessions have taken from ports, given what there was before
    them on the VLANs of their run. The error that says so, by port. Raises the errors of
    `Session`."""
    was = {name: port for have in before.values() for name, port in have.ports.items()}
    gone = {
        name: was[name]
        for name, now in device.ports(was).items()
        if now.has_list and now.vlans and now.vlans <= before.keys() and was[name].vlans - {*before}
    }
    return dict.fromkeys(gone, _put_back(device, gone)) if gone else {}


def _lost(was: Port, now: Port, ours: Collection[int]) -> Set[int]:
    """The VLANs of others that a trunk does not carry any more. What is no trunk any more is as
    somebody else has made it."""
    if now.mode != trunk.TRUNK:
        return set()
    return {vlan for vlan in was.vlans.difference(ours) if not now.carries(vlan)}


def _took(device: Device, was: Port, now: Port, ours: Collection[int]) -> bool:
    """Whether an edit has taken VLANs of others from a port."""
    lost = _lost(was, now, ours)
    if not lost or not (was.vlans & now.vlans).difference(ours):
        return bool(lost)
    return any(one.name != device.driver.vlan_name for one in device.read(lost).values())


def _discarded(device: Device, was: Collection[str]) -> VlansRemoved:
    device.distrust = VlansRemoved(
        f"an edit of {', '.join(was)} would have removed VLANs of others there, and was discarded",
        remedy=_REPLACES + ".",
    )
    return device.distrust


def _put_back(device: Device, was: Mapping[str, Port]) -> VlansRemoved:
    """Make ports' lists what they were, as far as the switch takes that; the error to raise."""
    lost = {name: trunk.printed(_restored(device, name, port)) for name, port in was.items()}
    left = [f"allow VLANs {vlans} on {name} again" for name, vlans in lost.items() if vlans]
    if left:
        done = f"COULD NOT BE PUT BACK ({'; '.join(left)})"
        remedy = "Do it at the switch, at once."
    else:
        done = "PUT BACK"
        remedy = f"{_REPLACES}, unless somebody else took them away in that moment."
    device.distrust = VlansRemoved(
        f"VLANS OF OTHERS WERE REMOVED FROM {', '.join(was)} AND {done}", remedy=remedy, left=left
    )
    return device.distrust


def _restored(device: Device, name: str, was: Port) -> Set[int]:
    """Add all that was on the port's list; what it does not carry then.

    A switch that replaces the list takes it whole. It has had one of that length before, so it is
    sent whole in the end, even if it is longer than NOS's model has it.
    """
    parts = trunk.split(was.vlans)
    empty = Port(form=device.ports([name])[name].form)
    lost: Set[int] = set()
    for vlans in parts if len(parts) == 1 else [*parts, was.vlans]:
        steps = [
            step
            for vlan in sorted(vlans)
            for step in device.driver.steps(
                vlan, Vlan(ports={name: empty}), Vlan(ports={name: empty.adding(vlan)})
            )
        ]
        with contextlib.suppress(SwitchRefused):
            device.send(steps)
        lost = _lost(was, device.ports([name], anew=True)[name], ())
        if not lost:
            break
    return lost
