"""Ves and goals with the addresses that texts say."""

from docker_tor.switch.model import Ve
from docker_tor.switch.plan import Goal
from listed import texts, ves

__all__ = ["goal", "texts", "ve", "ves"]


def ve(*given, **more):
    """A Ve with these addresses, in their order."""
    both = ves(*given)
    ipv4 = tuple(one for one in both if one.version == 4)
    return Ve(ipv4, both[len(ipv4) :], **more)


def goal(vlan, rbridge, *given, **more):
    """A goal with these addresses."""
    return Goal(vlan, rbridge, ves(*given), **more)
