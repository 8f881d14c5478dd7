"""The documents that a client asks for before anything else: what /info and /version answer.

Shape and values of a Docker Engine 20.10.24 on Debian 12; name and times are the lab's.
"""

from typing import Any, Dict, List, Sequence

from . import golang
from .drivers import DRIVERS

API_VERSION = "1.41"
RELEASES = {"1.41": "20.10.24+dfsg1", "1.52": "29.1.2"}
"""The engines that the lab's can be, by their API version; of the second only what has to do with
gateways (moby PR 50929): a macvlan or ipvlan network that was made without one has none."""
MIN_API_VERSION = "1.12"
SERVER = "Docker/20.10.24+dfsg1 (linux)"
_VERSION = RELEASES[API_VERSION]
_COMMIT = "5d6db84"
_GO = "go1.19.8"
_KERNEL = "6.1.0-lab"
_BUILT = "2026-05-07T21:09:36.000000000+00:00"
_LOG_DRIVERS = [
    "awslogs",
    "fluentd",
    "gcplogs",
    "gelf",
    "journald",
    "json-file",
    "local",
    "logentries",
    "splunk",
    "syslog",
]


def version(api: str = API_VERSION) -> Dict[str, Any]:
    """GET /version."""
    details = {
        "ApiVersion": api,
        "Arch": "amd64",
        "BuildTime": _BUILT,
        "Experimental": "false",
        "GitCommit": _COMMIT,
        "GoVersion": _GO,
        "KernelVersion": _KERNEL,
        "MinAPIVersion": MIN_API_VERSION,
        "Os": "linux",
    }
    return {
        "Platform": {"Name": ""},
        "Components": [
            {"Name": "Engine", "Version": RELEASES[api], "Details": details},
            _component("containerd", "1.6.20~ds1", "1.6.20~ds1-1+deb12u3"),
            _component("runc", "1.1.5+ds1", "1.1.5+ds1-1+deb12u1"),
            _component("docker-init", "0.19.0", ""),
        ],
        "Version": RELEASES[api],
        "ApiVersion": api,
        "MinAPIVersion": MIN_API_VERSION,
        "GitCommit": _COMMIT,
        "GoVersion": _GO,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": _KERNEL,
        "BuildTime": _BUILT,
    }


def info(name: str, engine_id: str, listeners: int, now: int) -> Dict[str, Any]:
    """GET /info of an engine without containers and outside any swarm.

    `listeners` is the number of event streams, `now` in nanoseconds since 1970.
    """
    return {
        "ID": engine_id,
        **dict.fromkeys(_COUNTS, 0),
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
        "Plugins": {
            "Volume": ["local"],
            "Network": list(DRIVERS),
            "Authorization": None,
            "Log": _LOG_DRIVERS,
        },
        **dict.fromkeys(_ABLE, True),
        "Debug": False,
        "NFd": 24,
        "OomKillDisable": True,
        "NGoroutines": 40,
        "SystemTime": golang.rfc3339(now),
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "1",
        "NEventsListener": listeners,
        "KernelVersion": _KERNEL,
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "OSVersion": "12",
        "OSType": "linux",
        "Architecture": "x86_64",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": _REGISTRY,
        "NCPU": 2,
        "MemTotal": 4 * 2**30,
        "GenericResources": None,
        "DockerRootDir": "/var/lib/docker",
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": name,
        "Labels": [],
        "ExperimentalBuild": False,
        "ServerVersion": _VERSION,
        "Runtimes": {
            "io.containerd.runc.v2": {"path": "runc"},
            "io.containerd.runtime.v1.linux": {"path": "runc"},
            "runc": {"path": "runc"},
        },
        "DefaultRuntime": "runc",
        "Swarm": {
            "NodeID": "",
            "NodeAddr": "",
            "LocalNodeState": "inactive",
            "ControlAvailable": False,
            "Error": "",
            "RemoteManagers": None,
        },
        "LiveRestoreEnabled": False,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": _commit("1.6.20~ds1-1+deb12u3"),
        "RuncCommit": _commit("1.1.5+ds1-1+deb12u1"),
        "InitCommit": _commit(""),
        "SecurityOptions": ["name=seccomp,profile=default"],
        "Warnings": None,
    }


def engine_id(seed: Sequence[int]) -> str:
    """An engine's ID, twelve groups of four as dockerd writes them, from 48 bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    text = "".join(letters[byte % 32] for byte in seed)
    groups: List[str] = [text[at : at + 4] for at in range(0, 48, 4)]
    return ":".join(groups)


_COUNTS = ("Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped", "Images")
_ABLE = (
    "MemoryLimit",
    "SwapLimit",
    "KernelMemory",
    "KernelMemoryTCP",
    "CpuCfsPeriod",
    "CpuCfsQuota",
    "CPUShares",
    "CPUSet",
    "PidsLimit",
    "IPv4Forwarding",
    "BridgeNfIptables",
    "BridgeNfIp6tables",
)
_REGISTRY: Dict[str, Any] = {
    "AllowNondistributableArtifactsCIDRs": [],
    "AllowNondistributableArtifactsHostnames": [],
    "InsecureRegistryCIDRs": ["127.0.0.0/8"],
    "IndexConfigs": {
        "docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True, "Official": True}
    },
    "Mirrors": [],
}


def _component(name: str, release: str, commit: str) -> Dict[str, Any]:
    return {"Name": name, "Version": release, "Details": {"GitCommit": commit}}


def _commit(commit: str) -> Dict[str, str]:
    return {"ID": commit, "Expected": commit}
