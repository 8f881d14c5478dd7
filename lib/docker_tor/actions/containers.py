"""What the actions of the Exchange's docker pack do, with images and containers of one engine."""

import contextlib
import functools
import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

import docker
import requests
from docker.errors import APIError, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.models.images import Image
from docker.utils import parse_repository_tag

from ..common import sanitize
from ..common.errors import CommandFailed, DockerTorError, InvalidValue
from ..config import settings
from ..engine import sdk

_REMOTE = ("http://", "https://", "git://", "github.com/", "git@")
_REMEDY = "See what that engine has: `docker ps -a`, `docker image ls`."
_REGISTRY = "Check repo, tag and login, and that the engine reaches the registry."
_REMEDIES = {"pull_image": _REGISTRY, "push_image": _REGISTRY, "build_image": "Correct the build."}


class Call(NamedTuple):
    """An action at work: parameters, engine, docker.yaml's build options, who hears progress."""

    given: Mapping[str, Any]
    client: docker.DockerClient
    build_options: Mapping[str, bool]
    tell: sdk.Tell

    def asked(self, *names: str) -> Dict[str, Any]:
        """These parameters; None for what is not given."""
        return {name: self.given.get(name) for name in names}


def run(
    raw: Mapping[str, Any], work: str, given: Mapping[str, Any], tell: sdk.Tell
) -> Tuple[bool, Any]:
    """Do `work`, an action's name, on the engine of docker.yaml that its parameters `given` name.

    `tell` takes a line of progress. Returns a status and what docs/docker.md says of the action; an
    error is a result too: `error`, `family`, `kind`, `where`, `remedy`.
    """
    hidden = given.get("auth_password_override") or ""
    safe = functools.partial(sanitize.harmless, limit=sdk.MOST_OUTPUT, hidden=hidden)
    try:
        sdk.check_names(given)
        config = settings.parse(raw)
        with sdk.connected(config, given.get("engine"), _REMEDIES.get(work, _REMEDY)) as client:
            call = Call(given, client, config.build_options, sdk.teller(tell, hidden))
            return True, safe(_WORKS[work](call))
    except DockerTorError as error:
        return False, safe(error.as_result())


def _build_image(call: Call) -> Any:
    path = os.path.expanduser(call.given["dockerfile_path"])
    options: Dict[str, Any] = {
        "rm": True,
        **call.build_options,
        "tag": call.given.get("tag") or None,
    }
    options["forcerm"] = options["rm"]
    # An engine that is asked to be quiet does not tell the image's id.
    tell: sdk.Tell = (lambda _line: None) if options.pop("quiet", False) else call.tell
    with contextlib.ExitStack() as stack:
        try:
            if not path.startswith(_REMOTE) and not os.path.isdir(path):
                options["fileobj"] = stack.enter_context(open(path, "rb"))
            stream = call.client.api.build(path=path, decode=True, **options)
        except OSError as error:
            if isinstance(error, requests.RequestException):
                raise
            remedy = "Give a Dockerfile, or a folder with one, of the action's host; or a URL."
            raise InvalidValue(f"it cannot be read: {error}", where=path, remedy=remedy) from None
        found = sdk.follow(stream, tell, "ID")
    return sdk.image(call.client.images.get(found[-1]["ID"]))


def _pull_image(call: Call) -> Any:
    asked = call.asked("repo", "tag", "all_tags", "platform")
    return {"images": [sdk.image(one) for one in _pull(call, auth_config=_login(call), **asked)]}


def _pull(call: Call, repo: str, tag: Optional[str] = None, **more: Any) -> List[Image]:
    name, given = parse_repository_tag(repo)
    tag = tag or given or "latest"
    sdk.follow(call.client.api.pull(name, tag=tag, stream=True, decode=True, **more), call.tell)
    if more.get("all_tags"):
        return list(call.client.images.list(name))
    return [call.client.images.get(f"{name}{'@' if ':' in tag else ':'}{tag}")]


def _push_image(call: Call) -> Any:
    push = functools.partial(
        call.client.api.push, stream=True, decode=True, auth_config=_login(call)
    )
    found = sdk.follow(push(call.given["repo"], call.given.get("tag") or None), call.tell, "Digest")
    return {"pushed": [{"tag": one["Tag"], "digest": one["Digest"]} for one in found]}


def _login(call: Call) -> Optional[Dict[str, str]]:
    return sdk.login(call.given, call.tell)


def _image_get(call: Call) -> Any:
    with contextlib.suppress(ImageNotFound):
        return sdk.image(call.client.images.get(call.given["image"]))
    return None


def _container(call: Call) -> Container:
    return call.client.containers.get(call.given["container"])


def _container_get(call: Call) -> Any:
    with contextlib.suppress(NotFound):
        return sdk.container(_container(call))
    return None


def _container_start(call: Call) -> Any:
    return _after(Container.start, _container(call))


def _container_stop(call: Call) -> Any:
    return _after(Container.stop, _container(call))


def _after(do: Callable[[Container], None], container: Container) -> Dict[str, Any]:
    do(container)
    return sdk.container(container)


def _container_run(call: Call) -> Any:
    said = _run(call)
    return _ended(*said) if isinstance(said, tuple) else said


def _run(call: Call) -> Union[Dict[str, Any], Tuple[int, str]]:
    detach, remove = bool(call.given.get("detach")), bool(call.given.get("remove"))
    container = _created(call, auto_remove=detach and remove)
    try:
        container.start()
    except APIError:
        container.remove(force=True)
        raise
    if detach:
        return sdk.container(container)
    code, output = container.wait()["StatusCode"], sdk.logs(container)
    if remove:
        container.remove()
    return code, output


def _created(call: Call, **more: Any) -> Container:
    create = functools.partial(call.client.containers.create, call.given["image"], **more)
    command, name = call.given.get("cmd"), call.given.get("container_name")
    try:
        return create(command=command, name=name)
    except ImageNotFound:
        _pull(call, call.given["image"])
        return create(command=command, name=name)


def _ended(code: int, output: str) -> str:
    if code:
        raise CommandFailed(f"the command ended with exit code {code}", code, output)
    return output


def _container_exec(call: Call) -> Any:
    return _ended(*_exec(call, {}).values())


def _exec_run(call: Call) -> Any:
    if not call.given.get("container"):
        if not call.given.get("image"):
            raise InvalidValue("container or image is needed", remedy="Give one of them.")
        said = _run(call)
        return dict(zip(("exit_code", "output"), said)) if isinstance(said, tuple) else {}
    names = ("stdout", "stderr", "tty", "privileged", "user", "environment", "workdir")
    return _exec(call, call.asked(*names))


def _exec(call: Call, asked: Mapping[str, Any]) -> Dict[str, Any]:
    api = call.client.api
    made = api.exec_create(_container(call).id, call.given["cmd"], **asked)["Id"]
    if call.given.get("detach"):
        api.exec_start(made, detach=True)
        return {}
    said = sdk.executed(call.client, made, bool(asked.get("tty")))
    apart = call.given.get("demux")
    ends = sdk.kept(said if apart else ((sdk.STDOUT, piece) for _, piece in said))
    told = dict(zip(("stdout", "stderr") if apart else ("output",), ends))
    return {"exit_code": sdk.exit_code(call.client, made), **told}


_WORKS = {
    work.__name__[1:]: work
    for work in (
        *(_build_image, _pull_image, _push_image, _image_get, _container_get, _container_run),
        *(_container_start, _container_stop, _container_exec, _exec_run),
    )
}
