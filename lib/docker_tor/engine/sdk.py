"""One engine by the docker SDK: its errors in the pack's words, its progress, and what is shown.

Only the actions of images and containers import it: the SDK takes long to import. Of an image or a
container, nothing is shown but what is picked here, so no environment is.
"""

import contextlib
import re
import struct
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

import docker
import requests
import urllib3
from docker.errors import (
    APIError,
    DockerException,
    NotFound,
    create_api_error_from_http_exception,
)
from docker.models.containers import Container
from docker.models.images import Image

from ..common import sanitize, validators
from ..common.errors import (
    ConfigError,
    DockerTorError,
    EngineRefused,
    EngineUnreachable,
    InvalidValue,
    MalformedReply,
)
from ..config.settings import Config, EngineConfig
from ..config.uplinks import require_engines
from .api import Engine
from .connection_errors import explain

MOST_OUTPUT = 256 * 1024
"""Bytes of a command's output that are kept: the last ones."""
MOST_LINES = 5000
"""Lines of progress that are told: the first ones."""
LONGEST_LINE = 1000
STDOUT, STDERR = 1, 2
LARGEST_FRAME = 16 * 1024 * 1024
_FRAME = struct.Struct(">BxxxL")
"""The head of each piece of a command's output: the stream's number, and the size."""
MOST_LABELS = 100
LONGEST_LABEL = 1000

# Parts of a path that an engine's API has no other meaning for: no dots alone, no login, no scheme.
_PART = r"[A-Za-z0-9\[][\w.:\[\]-]*"
_NAME = rf"/?{_PART}(/{_PART})*(@[A-Za-z][\w.+-]*:[0-9a-fA-F]{{32,}})?"

Tell = Callable[[str], None]
"""Takes a line of progress."""


def check_names(given: Mapping[str, Any]) -> None:
    """Raises InvalidValue where a name could be none of an image or a container.

    The SDK writes names into paths: `../containers/c1` would be asked for as an image. The error
    does not repeat the name, which may hold a login.
    """
    for key in ("image", "container", "repo"):
        if given.get(key) and not re.fullmatch(_NAME, given[key], re.ASCII):
            remedy = "Write it as NAME:TAG, REGISTRY/NAME:TAG or an id, without scheme and login."
            raise InvalidValue("an image or a container has no such name", where=key, remedy=remedy)


def login(given: Mapping[str, Any], tell: Tell) -> Optional[Dict[str, str]]:
    """The login at a registry; None where none is given. Raises InvalidValue for half of one."""
    if given.get("insecure_registry"):
        tell("insecure_registry has no effect: the engine's daemon.json decides.")
    names = {one: f"auth_{one}_override" for one in ("username", "password")}
    found = {one: given.get(name) or "" for one, name in names.items()}
    if any(found.values()) and not all(found.values()):
        raise InvalidValue("half a login", where=" and ".join(names.values()), remedy="Give both.")
    return found if any(found.values()) else None


@contextlib.contextmanager
def connected(config: Config, name: Optional[str], remedy: str) -> Iterator[docker.DockerClient]:
    """A client of the engine of that name, or of the first.

    Raises ConfigError, EngineUnreachable, EngineDenied, EngineRefused, MalformedReply and
    InvalidValue, also for whatever the client raises. An error without a remedy gets `remedy`.
    """
    engine = _engine(config, name)
    try:
        # Asked for its version by the pack's own client, which says why it cannot be reached.
        version = str(Engine(engine).version().get("ApiVersion"))[:20]
        with contextlib.closing(_client(engine, version)) as client, _replies_closed(client):
            yield client
    except DockerTorError as error:
        error.remedy = error.remedy or remedy
        raise error.at(engine.url) from None
    except Exception as error:  # noqa: BLE001  # the SDK raises bare ones
        raise _told(error, engine.url, remedy) from None


@contextlib.contextmanager
def _replies_closed(client: docker.DockerClient) -> Iterator[None]:
    """Closes the replies that were not read to their end, which the SDK leaves open."""
    with contextlib.ExitStack() as opened:

        def closed(reply: requests.Response, *_given: Any, **_more: Any) -> None:
            opened.callback(reply.close)

        client.api.hooks["response"].append(closed)
        yield


def _told(error: Exception, url: str, remedy: str) -> DockerTorError:
    """The pack's error for whatever the SDK raises; a bare Exception is among it."""
    if isinstance(error, APIError):
        what = f"the Docker Engine refuses: {error.explanation or error}"
        return EngineRefused(what, where=url, remedy=remedy)
    unread = isinstance(error, requests.JSONDecodeError)
    if isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError)) and not unread:
        return explain(error, url)
    if isinstance(error, (DockerException, TypeError, ValueError)) and not unread:
        what = f"the docker SDK does not take that: {error}"
        return InvalidValue(what, where=url, remedy=remedy)
    # What the SDK cannot read it repeats: a list of containers has their arguments.
    what = f"an answer is not an engine's: {repr(error).partition(' from ')[0]}"
    return MalformedReply(what, where=url, remedy=remedy)


def _engine(config: Config, name: Optional[str]) -> EngineConfig:
    engines = {engine.name: engine for engine in require_engines(config).engines}
    found = validators.meant(name, engines) if name else config.engines[0]
    if found is None:
        told = f"The configured ones are {', '.join(engines)}."
        raise ConfigError(f"there is no engine {name!r}", where="engines", remedy=told)
    return found


def _client(engine: EngineConfig, version: str) -> docker.DockerClient:
    tls = engine.tls and docker.tls.TLSConfig(
        client_cert=(engine.tls.cert, engine.tls.key) if engine.tls.cert else None,
        ca_cert=engine.tls.ca,
        verify=True,
    )
    client = docker.DockerClient(
        base_url=engine.url,
        version=version,
        # A command may be silent for as long as StackStorm lets its action run.
        timeout=None,  # type: ignore[arg-type]  # it is handed to requests
        tls=tls or False,
    )
    # The environment neither redirects it nor gives it another CA.
    client.api.trust_env = False
    return client


def teller(tell: Tell, hidden: str) -> Tell:
    """Takes text from outside, and tells its lines as they may be shown, without the secret."""
    left = iter(range(MOST_LINES))

    def told(lines: str) -> None:
        for line, _ in zip(filter(str.strip, lines.splitlines()), left):
            tell(sanitize.harmless(line, MOST_OUTPUT, hidden)[:LONGEST_LINE])

    return told


def follow(
    stream: Iterable[Mapping[str, Any]], tell: Tell, key: str = ""
) -> List[Mapping[str, Any]]:
    """Tell what an engine reports on its way, but for bars; what of its results has the key.

    Raises EngineRefused where it reports an error, and EngineUnreachable where a key is given and
    no result has it: the SDK takes the end of a daemon for that of the stream.
    """
    found: List[Mapping[str, Any]] = []
    for line in stream:
        if "error" in line:
            raise EngineRefused(f"the Docker Engine refuses: {line['error']}")
        if isinstance(line.get("aux"), dict):
            found += [line["aux"]] * (key in line["aux"])
        elif not line.get("progressDetail"):
            what = line.get("stream") or line.get("status") or ""
            tell(f"{line['id']}: {what}" if line.get("id") else what)
    if key and not found:
        raise EngineUnreachable("it ended before its work was done", remedy="See its daemon's log.")
    return found


def logs(found: Container) -> str:
    """What a container wrote; nothing where its log driver lets nobody read it."""
    try:
        return kept((STDOUT, piece) for piece in found.logs(stream=True))[0]
    except APIError:
        return ""


def executed(client: docker.DockerClient, command: str, tty: bool) -> Iterator[Tuple[int, bytes]]:
    """Start the command of that id in its container; what it writes, each piece with its stream.

    The connection is not upgraded: of one that is, the SDK (7.2) reads the socket past the buffer
    that may already have the first of it. Raises MalformedReply.
    """
    url = f"{client.api.base_url}/v{client.api.api_version}/exec/{command}/start"
    rest = b""
    with client.api.post(url, json={"Detach": False, "Tty": tty}, stream=True) as response:
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            raise create_api_error_from_http_exception(error) from None
        for data in response.iter_content(65536):
            if tty:
                yield STDOUT, data
                continue
            rest += data
            while len(rest) >= _FRAME.size:
                stream, size = _FRAME.unpack(rest[: _FRAME.size])
                if size > LARGEST_FRAME:
                    raise MalformedReply("a command's output is not framed as an engine does it")
                if len(rest) < _FRAME.size + size:
                    break
                yield stream, rest[_FRAME.size : _FRAME.size + size]
                rest = rest[_FRAME.size + size :]


def exit_code(client: docker.DockerClient, command: str) -> int:
    """How the command of that id ended. Raises EngineUnreachable where it has not ended."""
    code = client.api.exec_inspect(command)["ExitCode"]
    if code is None:
        remedy = "See in the container whether it still runs."
        raise EngineUnreachable("the connection ended before the command did", remedy=remedy)
    return int(code)


def kept(pieces: Iterable[Tuple[int, bytes]]) -> Tuple[str, str]:
    """The ends of what was written to standard output and to standard error, as text."""
    output, error = bytearray(), bytearray()
    for stream, piece in pieces:
        end = error if stream == STDERR else output
        end += piece
        del end[:-MOST_OUTPUT]
    return output.decode("utf-8", "replace"), error.decode("utf-8", "replace")


def image(found: Image) -> Dict[str, Any]:
    """What is shown of an image."""
    return {
        "id": found.id,
        "short_id": found.short_id,
        "tags": list(found.tags),
        "labels": _labels(found.labels),
    }


def container(found: Container) -> Dict[str, Any]:
    """What is shown of a container, as it is now."""
    with contextlib.suppress(NotFound):
        found.reload()
    state = found.attrs["State"]
    return {
        "id": found.id,
        "short_id": found.short_id,
        "name": found.name,
        "status": found.status,
        "image": found.attrs["Config"]["Image"],
        "labels": _labels(found.labels),
        "ports": found.ports,
        **({} if state["Running"] else {"exit_code": state["ExitCode"]}),
    }


def _labels(labels: Mapping[str, str]) -> Dict[str, str]:
    shown = sorted(labels.items())[:MOST_LABELS]
    return {key[:LONGEST_LABEL]: value[:LONGEST_LABEL] for key, value in shown}
