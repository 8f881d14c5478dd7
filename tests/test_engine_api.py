"""One Docker Engine's API: the lab's engine, well and ill, and servers that are none."""

import contextlib
import json
import socket
import threading

import pytest
from docker_tor.common.errors import EngineRefused, EngineUnreachable, MalformedReply
from docker_tor.config import settings
from docker_tor.engine import api
from docker_tor.engine.events import Event

from lab.engine import Engine as LabEngine
from lab.engine import EngineFaults


def engine(url):
    (found,) = settings.parse({"engines": [{"name": "host1", "url": url}]}).engines
    return api.Engine(found)


@contextlib.contextmanager
def lab(tmp_path, scheme="tcp"):
    urls = {"tcp": "tcp://127.0.0.1:0", "unix": f"unix://{tmp_path}/docker.sock"}
    with LabEngine(urls[scheme]) as running:
        yield running, engine(running.url)


@contextlib.contextmanager
def server(*answers, hangs_up=True):
    """A server that gives each connection the next answer, byte for byte, and nothing else; it
    hangs up, or waits for the other side to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            for answer in answers:
                with contextlib.suppress(OSError):
                    peer, _ = listener.accept()
                    with peer:
                        peer.settimeout(10)
                        request = b""
                        while b"\r\n\r\n" not in request:
                            request += peer.recv(65536) or b"\r\n\r\n"
                        peer.sendall(answer)
                        # To close on what is not read yet would reset the connection.
                        if hangs_up:
                            peer.shutdown(socket.SHUT_WR)
                        while peer.recv(65536):
                            pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        asked = engine(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        try:
            yield asked
        finally:
            # Wakes an accept that nobody will answer any more.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(20)


def http(body, status="200 OK", more=b"Connection: close\r\n"):
    head = b"HTTP/1.1 %s\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status.encode(), more, len(body)) + body


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_lists_networks_whatever_proxy_the_environment_names(tmp_path, scheme, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with lab(tmp_path, scheme) as (running, asked):
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        shown, known = (
            sorted(listing, key=lambda one: one["Id"])
            for listing in (asked.networks(), running.networks())
        )
        assert shown == known
        assert "n" in [network["Name"] for network in shown]


def test_a_host_that_goes_without_a_word_is_noticed():
    with server(http(b"[]")) as asked, asked._get("/networks", 7.0) as response:
        peer = response.fp.raw._sock
        assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        assert peer.gettimeout() == 7.0


def test_a_list_says_the_version_of_its_api():
    for says, version in ((b"Api-Version: 1.52\r\n", "1.52"), (b"", "")):
        with server(http(b"[]"), http(b"{}"), http(b"[]", more=says)) as asked:
            assert asked.networks().api == version


def test_a_subscription_is_there_before_anything_is_told(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as events:
        # A name cannot disguise a create as a connect.
        name = 'x","Action":"connect"'
        identity = running.create(name, parent="eth0.112", subnets=["172.16.112.0/24"])
        running.emit({"Type": "network", "Action": "connect", "Actor": {"ID": identity}})
        running.remove(identity)
        told = [next(events) for _ in range(3)]
        assert [(one.news, one.gone) for one in told] == [(True, ""), (False, ""), (True, identity)]
        assert running.readers == 1


def test_what_was_told_while_nobody_listened_is_told_afterwards(tmp_path):
    """From the last event on, that one included: first whatever the engine remembers of a day."""
    with lab(tmp_path) as (running, asked):
        first, second, third = (
            running.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])
            for vlan in (112, 113, 114)
        )
        running.remove("n112")
        with asked.events() as events:
            assert [next(events).gone for _ in range(4)] == ["", "", "", first]
        running.remove("n113")
        running.remove("n114")
        with asked.events() as events:
            assert [next(events).gone for _ in range(3)] == [first, second, third]
        running.restart()
        fourth = running.create("n115", parent="eth0.115", subnets=["172.16.115.0/24"])
        running.remove("n115")
        with asked.events() as events:
            assert [next(events).gone for _ in range(2)] == ["", fourth]


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_server_that_closes_each_connection_and_does_not_say_so(hangs_up):
    """And one that keeps it open and will answer nothing more on it."""
    answer = http(json.dumps(OF_THE_SWARM).encode(), more=b"")
    answers = [answer, in_swarm(**MANAGER), *[answer] * 50]
    with server(*answers, hangs_up=hangs_up) as asked:
        assert [asked.networks() for _ in range(50)] == [OF_THE_SWARM] * 50


def test_a_stream_that_breaks_off_or_is_silent(tmp_path, monkeypatch):
    with lab(tmp_path) as (running, asked):
        with asked.events() as events:
            running.restart()
            with pytest.raises(EngineUnreachable, match="event stream"):
                next(events)
        with asked.events() as events:
            running.faults = EngineFaults(cut=20)
            running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
            with pytest.raises(EngineUnreachable):
                list(events)
        running.faults = EngineFaults()
        monkeypatch.setattr(api, "SILENCE", 0.05)
        with asked.events() as events:
            assert [one.news for one in events] in ([], [True])


def chunked(*chunks):
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def test_a_line_without_end_is_a_hint_and_is_not_kept(monkeypatch):
    monkeypatch.setattr(api, "LONGEST_EVENT", 100_000)
    with server(chunked(*[b"x" * 60_000] * 4)) as asked, asked.events() as events:
        assert [next(events), next(events)] == [Event()] * 2
        with pytest.raises(EngineUnreachable, match="it ended its event stream"):
            next(events)


def test_an_engine_that_is_away_or_answers_with_an_error(tmp_path):
    with lab(tmp_path) as (running, asked):
        running.faults = EngineFaults(status=500)
        with pytest.raises(EngineRefused, match="answers 500 to /networks"):
            asked.networks()
        with pytest.raises(EngineRefused, match="answers 500 to /events"), asked.events():
            pass
        running.stop()
        with pytest.raises(EngineUnreachable, match="no Docker Engine answers") as caught:
            asked.networks()
        assert caught.value.family == "transient"
        assert asked.url in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (
            http(b"", "302 Found", b"Location: http://127.0.0.1:1/x\r\n"),
            EngineRefused,
            "answers 302 to /networks",
        ),
        (http(b"<html>"), MalformedReply, "its networks are not JSON"),
        (http(b"{}"), MalformedReply, "its networks are no list"),
        (http(b"\xff\xfe"), MalformedReply, "its networks are not JSON"),
        (http(b"[" + b" " * 200_000 + b"]"), MalformedReply, "larger than 0 MiB"),
        (http(b"[]")[:-1], EngineUnreachable, "its answer broke off"),
    ],
)
def test_a_list_that_is_none(answer, error, told, monkeypatch):
    monkeypatch.setattr(api, "LARGEST_LISTING", 150_000)
    with server(answer) as asked, pytest.raises(error, match=told):
        asked.networks()


def test_what_is_asked_has_to_be_an_object():
    with server(http(b'{"a": 1}'), http(b"[]")) as asked:
        assert asked.version() == {"a": 1}
        with pytest.raises(MalformedReply, match="its version is no JSON object"):
            asked.version()


def in_swarm(**swarm):
    return http(json.dumps({"Swarm": swarm}).encode())


OF_THE_SWARM = [{"Id": "lj86ms6aqex3nlmw6kme7mrr8", "Scope": "swarm"}]
LOCKED = {"LocalNodeState": "locked", "ControlAvailable": False, "Error": "unlock it"}
MANAGER = {"LocalNodeState": "active", "ControlAvailable": True, "Error": ""}


@pytest.mark.parametrize(
    ("info", "trouble"),
    [
        (in_swarm(**LOCKED), "unlock it"),
        (in_swarm(**{**MANAGER, "Error": "The swarm has no leader."}), "The swarm has no leader"),
        (in_swarm(**{**LOCKED, "LocalNodeState": "pending", "Error": ""}), "pending"),
        (in_swarm(**{**LOCKED, "LocalNodeState": "error", "Error": "it expired"}), "it expired"),
        (in_swarm(**{**MANAGER, "LocalNodeState": "pending"}), ""),
        (in_swarm(**{**MANAGER, "ControlAvailable": False}), ""),
        (http(b"{}"), ""),
        (http(b"[]"), ""),
        (http(b"no", "403 Forbidden"), ""),
    ],
)
def test_a_swarm_that_cannot_say_which_networks_it_has(info, trouble):
    with server(http(b"[]"), info, http(json.dumps(OF_THE_SWARM).encode())) as asked:
        if trouble:
            with pytest.raises(EngineUnreachable, match=f"its swarm cannot say .*: {trouble}"):
                asked.networks()
        else:
            assert asked.networks() == OF_THE_SWARM


def test_a_swarm_is_asked_about_only_where_its_networks_have_gone():
    whole = http(json.dumps(OF_THE_SWARM).encode())
    left = in_swarm(LocalNodeState="inactive", ControlAvailable=False, Error="")
    with server(
        *(whole, in_swarm(**MANAGER), whole),
        whole,
        *(http(b"[]"), in_swarm(**LOCKED)),
        *(http(b"[]"), left, http(b"[]")),
        http(b"[]"),
    ) as asked:
        assert [asked.networks() for _ in range(2)] == [OF_THE_SWARM] * 2
        with pytest.raises(EngineUnreachable, match="its swarm cannot say"):
            asked.networks()
        assert [asked.networks() for _ in range(2)] == [[], []]
