"""Docker networks as an engine lists them, and a docker.yaml that they belong to."""

import ipaddress

from docker_tor.config import settings
from docker_tor.desired import assembly
from docker_tor.engine import listing

OLD, NEW = "1.41", "1.52"
"""API versions of an engine that reserves gateways, and of one that does not."""
SWITCH = {"name": "tor1", "host": "10.0.0.1", "username": "u", "password": "p", "rbridge_id": 21}
PLAIN = {
    "Scope": "local",
    "Driver": "macvlan",
    "EnableIPv4": True,
    "EnableIPv6": False,
    "IPAM": {"Driver": "default", "Config": []},
    "Internal": False,
    "ConfigFrom": {"Network": ""},
    "ConfigOnly": False,
    "Options": {},
    "Labels": {},
}


def network(name, parent, *pools, **more):
    """What an engine lists: each pool a subnet, or what stands for one in IPAM.Config."""
    found = [{"Subnet": pool} if isinstance(pool, str) else pool for pool in pools]
    return {
        **PLAIN,
        "Id": f"{sum(map(ord, name)):064x}",
        "Name": name,
        "Options": {"parent": parent, **more.pop("options", {})},
        "IPAM": {"Driver": more.pop("ipam", "default"), "Config": found},
        **more,
    }


def config(*uplinks, engines=("host1",), **limits):
    """A docker.yaml with one switch, and these uplinks for each engine."""
    entries = [{"name": name, "url": f"unix:///{name}", "uplinks": [*uplinks]} for name in engines]
    return settings.parse({"engines": entries, "switches": [{**SWITCH, **limits}]})


def observe(*items, api=OLD, vlans=None, engine="host1"):
    return listing.observe(engine, listing.Listing(items, api), vlans or {})


def assemble(*items, api=OLD, uplinks=(), applied=(), **limits):
    """The desired state where one engine lists these."""
    found = config(*uplinks, **limits)
    seen = observe(*items, api=api, vlans=found.engines[0].vlans)
    return assembly.assemble(found, {"host1": seen}, applied)


def rejected(desired):
    """Why networks are rejected, by their names."""
    return {one.network["name"]: str(one.error) for one in desired.rejected}


def addresses(*items, **more):
    """The addresses of each VLAN as text, where no network is rejected."""
    desired = assemble(*items, **more)
    assert rejected(desired) == {}
    return {one.vlan: texts(one.addresses) for one in desired.segments.values()}


def ves(*texts):
    """The addresses that the texts say, in their order."""
    return tuple(ipaddress.ip_interface(text) for text in texts)


def texts(addresses):
    """The addresses as text, in their order."""
    return tuple(str(one) for one in addresses)
