"""Addresses of Ves as they are between the pack's edges, from text and back."""

import ipaddress


def ves(*texts):
    """The addresses that the texts say, in their order."""
    return tuple(ipaddress.ip_interface(text) for text in texts)


def texts(addresses):
    """The addresses as text, in their order."""
    return tuple(str(one) for one in addresses)
