"""Errors about classes that a pack offers (st2common/exceptions/plugins.py)."""


class IncompatiblePluginException(Exception):
    """A class lacks a method of the base class it is to be used as."""
