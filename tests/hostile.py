"""What a hostile engine could say: real answers, bent out of shape.

All of it begins as something recorded from a Docker Engine (tests/fixtures/docker-recordings).
Every function takes a random.Random, so that a seed brings a failure back.
"""

import json
import sys

from conftest import PACK

RECORDINGS = PACK / "tests" / "fixtures" / "docker-recordings"
LISTED = 24
"""Networks in one list."""

SUBNETS = (
    "10.0.0.0/8",
    "10.0.0.5/24",
    "10.0.0.0/33",
    "010.000.000.000/24",
    "10.0.0.0/24\n",
    "１０.0.0.0/24",  # noqa: RUF001  # digits that are none of ASCII's
    "0.0.0.0/0",
    "224.0.0.0/4",
    "10.9.9.8/31",
    "::/0",
    "::ffff:10.0.0.0/120",
    "fe80::/64%eth0",
    "fd00::/128",
    "2001:db8::/32",
)
ADDRESSES = (
    "10.0.0.1",
    "10.0.0.0",
    "10.0.0.255",
    "10.0.0.1/24",
    "10.0.0.1/99",
    "::",
    "fd00::1",
    "fd00::1%eth0",
    "::ffff:10.0.0.1",
)
PARENTS = (
    "eth0",
    "eth0.",
    "eth0.3962",
    "eth0.3963",
    "eth0.4096",
    "eth0.99999999999999999999",
    "eth0.0112",
    "eth0.112.113",
    "eth0.１１２",  # noqa: RUF001  # digits that are none of ASCII's
    "eth0.112\n",
    "{{ st2kv.system.x }}.112",
)
TEXTS = (
    "",
    " ",
    "\0",
    "\x1b[2J\r\n\t\x7f",
    "{{ st2kv.system.x }}",
    "<% ctx() %>",
    "<!channel> @here `rm -rf /`",
    "]]>]]><rpc/>",
    '","Action":"connect","x":"',
    "\ud800",
    "\u202etxt.exe",
    "\u2028\ufeff\u200b",
    "💥" * 40,
    "x" * 6000,
    "docker_tor",
    "off",
)
NAMES = (
    "<!everyone>",
    "<!subteam^S1>",
    "<@U024BE7LH>",
    "@channel",
    "<https://evil.example|switch>",
    "<mailto:a@b.example|b>",
    "```",
    "x ``` <!here> ```",
    "{~} all is well",
    "a\nvdx  113  in service",
    "{{ st2kv('system.vdx_password', decrypt=true) }}",
    "{{ st2kv.system.vdx_password | decrypt_kv }}",
    "{% if true %}forged{% endif %}",
    "<% st2kv('system.vdx_password', decrypt => true) %>",
    '"',
    "\\",
    '"}], "color": "good", "x": [{"y": "',
    "*bold* _it_ ~gone~",
)
"""Names of networks that mean something to a chat system, to a bot, or to what renders messages."""
DEEP = "<deep>"
VALUES = (
    *(None, True, False, 0, -1, 1, 112, 4096, 2**63, -(2**70), 0.1, 1e308),
    *(float("nan"), float("inf"), float("-inf")),
    *([], {}, [None], [[]], [{}], {"": None}, {"parent": []}, {"Config": {}}, [1, "a", None]),
    DEEP,
)
HOSTILE = (*VALUES, *SUBNETS, *ADDRESSES, *PARENTS, *TEXTS)


def recorded(pattern):
    """The bodies of recorded answers, in a fixed order."""
    found = sorted(RECORDINGS.glob(pattern))
    return [json.loads(path.read_bytes().partition(b"\r\n\r\n")[2]) for path in found]


DOCUMENTS = recorded("*/network.get.http") + recorded("*/config-*.get.http")


def bent(rng, value):
    """The value with one thing wrong in it, at a random place; `value` itself stays as it is."""
    goes_on = value and rng.random() < 0.93
    if isinstance(value, dict) and goes_on:
        key = rng.choice(list(value))
        others = {name: one for name, one in value.items() if name != key}
        ways = (
            others,
            {**others, str(rng.choice(HOSTILE)): value[key]},
            {**value, rng.choice(list(value)): value[key]},
            *[{**others, key: bent(rng, value[key])}] * 6,
        )
        return rng.choice(ways)
    if isinstance(value, list) and goes_on:
        at = rng.randrange(len(value))
        before, one, after = value[:at], value[at], value[at + 1 :]
        twice, more = [*value, one], [*value, rng.choice(HOSTILE)]
        inside = [*before, bent(rng, one), *after]
        return rng.choice(([*before, *after], twice, more, *[inside] * 4))
    if isinstance(value, str) and value and rng.random() < 0.3:
        at = rng.randrange(len(value))
        return value[:at] + rng.choice(TEXTS) + value[at + rng.randrange(3) :]
    return rng.choice(HOSTILE)


def network(rng):
    """A recorded network, made one of many, and bent up to three times."""
    made = dict(rng.choice(DOCUMENTS))
    vlan = rng.choice((112, 200, 300, rng.randint(1, 4095)))
    if made["Options"] and rng.random() < 0.8:
        made["Options"] = {**made["Options"], "parent": f"eth0.{vlan}"}
    if made["IPAM"]["Config"] and rng.random() < 0.8:
        made["IPAM"] = {"Config": [{"Subnet": f"10.{vlan >> 8}.{vlan & 255}.0/24"}]}
    # Where it matters, more often than chance would have it.
    if rng.random() < 0.1:
        made["Options"] = {"parent": rng.choice((*PARENTS, *VALUES))}
    if rng.random() < 0.2:
        keys = rng.sample(("Subnet", "Gateway", "IPRange"), rng.randint(1, 3))
        pool = {key: rng.choice((*SUBNETS, *ADDRESSES, *VALUES, *TEXTS)) for key in keys}
        made["IPAM"] = {"Config": [*(made["IPAM"]["Config"] or ()), pool]}
    # Few enough ids for some to stand in a list twice, and in the next list again.
    made["Id"] = f"{rng.randrange(60):064x}"
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        if isinstance(made, dict):
            made = bent(rng, made)
    return made


# Python 3.8 and 3.9 abort now and then ("Cannot recover from stack overflow") where later ones
# raise RecursionError: it ended one run of these tests on 3.8, in json.loads itself.
DEPTHS = (2, 50, 500, 900, 2000) if sys.version_info >= (3, 10) else (2, 50, 500)


def listing(rng):
    """A list of networks as an engine's bytes would be read, or None where they are not JSON."""
    text = json.dumps([network(rng) for _ in range(LISTED)])
    depth = rng.choice(DEPTHS)
    text = text.replace(f'"{DEEP}"', "[" * depth + "]" * depth)
    if rng.random() < 0.1:
        # A key that is there twice, and a number that no float holds.
        text = text.replace('"Name":', '"Name": 1e999, "Name":', 1)
    if rng.random() < 0.02:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(('"', "{", "]", "\\", "\0", "")) + text[at + 1 :]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # As Engine.networks has it: MalformedReply.
        return None
