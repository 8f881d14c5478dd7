"""A NETCONF session as a child process: `ssh -s HOST netconf` over a connection that is kept.

Where OpenSSH cannot do it, `connect` raises Unavailable. Then paramiko tries, and either has a
session or knows the reason.
"""

import subprocess
import time
from typing import IO, cast

from ..common.errors import MalformedReply
from ..config.credentials import Login
from .control_master import ControlMaster, Unavailable
from .framing import Pipes
from .rpc import Greeting, RpcClient

GIVE_UP = 10.0
"""Seconds for a session over a kept connection: the switch may have gone without a word."""


def connect(login: Login, timeout: float, greeting: Greeting) -> RpcClient:
    """A session within `timeout` seconds, which is each reply's timeout as well.

    Every try sends what is asked first anew, so that had better be reads. Raises TimeoutError,
    Unavailable, and what `ControlMaster.start` raises.
    """
    begun = time.monotonic()
    deadline = begun + timeout
    try:
        master = ControlMaster(login)
        if master.is_there:
            try:
                return _session(master, login, timeout, greeting, min(deadline, begun + GIVE_UP))
            except (OSError, MalformedReply) as error:
                # It is dead, or it has all the sessions that the switch allows on one connection.
                if not master.start(deadline):
                    raise Unavailable(
                        f"the connection that is kept gives no session: {error}"
                    ) from None
        else:
            master.start(deadline)
        return _session(master, login, timeout, greeting, deadline)
    except TimeoutError:
        raise TimeoutError(f"no answer within {timeout:g} s") from None
    except (OSError, MalformedReply) as error:
        raise Unavailable(str(error)) from None


def _session(
    master: ControlMaster, login: Login, timeout: float, greeting: Greeting, deadline: float
) -> RpcClient:
    process = master.client("-e", "none", "-s", "--", login.host, "netconf")
    client = of_process(process, timeout)
    try:
        client.greet(deadline, greeting)
    except BaseException:
        client.drop()
        raise
    return client


def of_process(process: "subprocess.Popen[bytes]", timeout: float) -> RpcClient:
    """A session over the pipes to a process, which ends with it."""

    def close() -> None:
        with process:
            process.kill()

    out, into = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    stream = Pipes(out.fileno(), into.fileno())
    return RpcClient(stream, by="OpenSSH", timeout=timeout, close=close)
