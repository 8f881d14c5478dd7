"""Ves and goals with the addresses that texts say, and XML that can be compared."""

from docker_tor.switch.model import Ve
from docker_tor.switch.plan import Goal
from listed import texts, ves
from lxml import etree

__all__ = ["flat", "goal", "texts", "ve", "ves"]


def ve(*given, **more):
    """A Ve with these addresses, in their order."""
    both = ves(*given)
    ipv4 = tuple(one for one in both if one.version == 4)
    return Ve(ipv4, both[len(ipv4) :], **more)


def goal(vlan, rbridge, *given, **more):
    """A goal with these addresses."""
    return Goal(vlan, rbridge, ves(*given), **more)


def flat(xml):
    """Canonical XML, without the blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(xml, parser), method="c14n2", exclusive=True).decode()
