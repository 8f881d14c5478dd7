"""The one error of the simulator: what NETCONF reports as an rpc-error."""

from typing import Sequence, Tuple

from lxml import etree

from .names import BASE, PREFIXES, element

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

Info = Tuple[Tuple[str, str], ...]


class SwitchError(Exception):
    """The switch refuses something (RFC 6241, section 4.3).

    `tag` is the error-tag, as "data-missing"; `path` the XPath of the node in question, with the
    prefixes of `names.PREFIXES`; `info` the names and texts of what error-info holds.
    """

    def __init__(
        self,
        tag: str,
        message: str,
        *,
        layer: str = "application",
        path: str = "",
        info: Sequence[Tuple[str, str]] = (),
    ) -> None:
        super().__init__(f"{tag}: {message}" + (f" ({path})" if path else ""))
        self.tag = tag
        self.message = message
        self.layer = layer
        self.path = path
        self.info: Info = tuple(info)

    def element(self) -> etree._Element:
        """The error as an `<rpc-error>` element."""
        error = element(BASE, "rpc-error")
        error.append(element(BASE, "error-type", self.layer))
        error.append(element(BASE, "error-tag", self.tag))
        error.append(element(BASE, "error-severity", "error"))
        if self.path:
            # The declarations have to stand on the element whose text uses the prefixes.
            error.append(element(BASE, "error-path", self.path, prefixes=PREFIXES))
        error.append(element(BASE, "error-message", self.message, {_LANGUAGE: "en"}))
        if self.info:
            info = element(BASE, "error-info")
            info.extend([element(BASE, name, text) for name, text in self.info])
            error.append(info)
        return error
