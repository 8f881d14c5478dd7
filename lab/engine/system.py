"""What /version and /info answer, as far as the docker command and the pack read it: values of a
Docker Engine 20.10.24 on Debian 12; the name is the lab's."""

from typing import Any, Dict

API_VERSION = "1.41"
MIN_API_VERSION = "1.12"
RELEASES = {"1.41": "20.10.24+dfsg1", "1.52": "29.1.2"}
"""The engines that the lab's can be, by their API version; of the second only what has to do with
gateways (moby PR 50929): a macvlan or ipvlan network that was made without one has none."""


def version(api: str = API_VERSION) -> Dict[str, Any]:
    """GET /version."""
    return {
        "Version": RELEASES[api],
        "ApiVersion": api,
        "MinAPIVersion": MIN_API_VERSION,
        "Os": "linux",
        "Arch": "amd64",
    }


def info(name: str) -> Dict[str, Any]:
    """GET /info of an engine outside any swarm, on a host of that name."""
    return {
        "ID": "7TRN:IPZB:QYBB:VPBQ:UMPP:KARE:6ZNR:XE6T:7EWV:PKF4:ZOJD:TPYS",
        "Name": name,
        "ServerVersion": RELEASES[API_VERSION],
        "OSType": "linux",
        "Plugins": {"Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]},
        "Swarm": {"NodeID": "", "LocalNodeState": "inactive", "ControlAvailable": False},
    }
