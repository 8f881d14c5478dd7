"""One Docker Engine's API: the lab's engine, well and ill, and servers that are none."""

import contextlib
import json
import socket
import threading

import pytest
from docker_tor import config, engine
from docker_tor.errors import EngineRefused, EngineUnreachable, MalformedReply

from lab.engine import Engine as LabEngine
from lab.engine import EngineFaults


def api(url, **settings):
    (found,) = config.parse({"engines": [{"name": "host1", "url": url, **settings}]}).engines
    return engine.Engine(found)


@contextlib.contextmanager
def lab(tmp_path, scheme="tcp", **settings):
    unix = str(tmp_path / "docker.sock")
    with LabEngine(unix=unix, tcp=("127.0.0.1", 0)) as running:
        asked = api(running.tcp_url if scheme == "tcp" else running.unix_url, **settings)
        try:
            yield running, asked
        finally:
            asked.close()


@contextlib.contextmanager
def server(*answers):
    """A server that gives each connection the next answer, byte for byte, and hangs up."""
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
                        peer.shutdown(socket.SHUT_WR)
                        while peer.recv(65536):
                            pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        asked = api(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        try:
            yield asked
        finally:
            asked.close()
            # Wakes an accept that nobody will answer any more.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(20)


def http(body, status="200 OK"):
    head = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    return head % (status.encode(), len(body)) + body


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_lists_networks(tmp_path, scheme):
    with lab(tmp_path, scheme) as (running, asked):
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert "n" in [network["Name"] for network in asked.networks()]
        shown, known = (
            sorted(listing, key=lambda one: one["Id"])
            for listing in (asked.networks(), running.networks())
        )
        assert shown == known


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_a_subscription_is_there_before_anything_is_told(tmp_path, scheme):
    with lab(tmp_path, scheme) as (running, asked), asked.events() as hints:
        identity = running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints) is True
        running.emit(
            {
                "Type": "network",
                "Action": "connect",
                "Actor": {"ID": identity, "Attributes": {"container": "c", "name": "n"}},
            }
        )
        assert next(hints) is False
        running.remove("n")
        assert next(hints) is True


def test_events_of_containers_are_not_even_sent(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        running.emit({"Type": "container", "Action": "start", "Actor": {"ID": "c"}})
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints) is True
        assert running.readers == 1


def test_a_name_cannot_disguise_a_create_as_a_connect(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        running.create('x","Action":"connect"', parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints) is True


@pytest.mark.parametrize("how", ["drop_streams", "restart", "stop"])
def test_a_stream_that_breaks_off(tmp_path, how):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        getattr(running, how)()
        with pytest.raises(EngineUnreachable, match="event stream"):
            next(hints)


def test_a_stream_that_is_silent_ends_without_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "SILENCE", 0.2)
    with lab(tmp_path) as (_, asked), asked.events() as hints:
        assert list(hints) == []


def test_an_event_that_is_cut_in_the_middle(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        running.faults = EngineFaults(cut=20)
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        with pytest.raises(EngineUnreachable):
            next(hints)


def test_events_that_drip(tmp_path):
    with lab(tmp_path) as (running, asked):
        running.faults = EngineFaults(drip=0.0005)
        with asked.events() as hints:
            running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
            assert next(hints) is True


def test_a_line_without_end_is_a_hint_and_is_not_kept(monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_EVENT", 100_000)
    chunk = b"x" * 60_000
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for _ in range(4)) + b"0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    with server(answer) as asked, asked.events() as hints:
        assert [next(hints), next(hints)] == [True, True]
        with pytest.raises(EngineUnreachable, match="it ended its event stream"):
            next(hints)


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_nobody_answers(tmp_path, scheme):
    with lab(tmp_path, scheme) as (running, asked):
        running.stop()
        with pytest.raises(EngineUnreachable, match="no Docker Engine answers") as caught:
            asked.networks()
        assert caught.value.family == "transient"
        assert asked.url in str(caught.value)


def test_an_engine_that_answers_with_an_error(tmp_path):
    with lab(tmp_path) as (running, asked):
        running.faults = EngineFaults(status=500)
        with pytest.raises(EngineRefused, match="answers 500 to /networks"):
            asked.networks()
        with pytest.raises(EngineRefused, match="answers 500 to /events"), asked.events():
            pass


def test_a_redirect_is_not_followed():
    away = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n"
    with server(away) as asked, pytest.raises(EngineRefused, match="answers 302"):
        asked.networks()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "its networks are not JSON"),
        (b"{}", "its networks are no list"),
        (b"[" * 100_000, "its networks are not JSON"),
        (b"\xff\xfe", "its networks are not JSON"),
    ],
)
def test_a_list_that_is_none(body, told):
    with server(http(body)) as asked, pytest.raises(MalformedReply, match=told):
        asked.networks()


def test_a_list_without_end(monkeypatch):
    monkeypatch.setattr(engine, "LARGEST_LISTING", 1000)
    endless = http(b"[" + b" " * 2000 + b"]")
    with server(endless) as asked, pytest.raises(MalformedReply, match="larger than 0 MiB"):
        asked.networks()


def test_a_list_that_breaks_off():
    answer = http(json.dumps([]).encode())[:-1]
    with server(answer) as asked, pytest.raises(EngineUnreachable, match="its answer broke off"):
        asked.networks()


def in_swarm(**swarm):
    return http(json.dumps({"Swarm": swarm}).encode())


OF_THE_SWARM = [{"Id": "lj86ms6aqex3nlmw6kme7mrr8", "Scope": "swarm"}]
LOCKED = {"LocalNodeState": "locked", "ControlAvailable": False, "Error": "unlock it"}
MANAGER = {"LocalNodeState": "active", "ControlAvailable": True, "Error": ""}


@pytest.mark.parametrize(
    "swarm",
    [
        LOCKED,
        {**MANAGER, "Error": "The swarm does not have a leader."},
        {"LocalNodeState": "pending", "ControlAvailable": True, "Error": "context deadline"},
        {"LocalNodeState": "pending", "ControlAvailable": False, "Error": ""},
        {"LocalNodeState": "error", "ControlAvailable": False, "Error": "certificate expired"},
    ],
)
def test_a_swarm_that_cannot_say_which_networks_it_has(swarm):
    with server(http(b"[]"), in_swarm(**swarm)) as asked:
        with pytest.raises(EngineUnreachable, match="its swarm cannot say") as caught:
            asked.networks()
    assert (swarm["Error"] or swarm["LocalNodeState"]) in str(caught.value)


@pytest.mark.parametrize(
    "info",
    [
        in_swarm(**MANAGER),
        in_swarm(LocalNodeState="pending", ControlAvailable=True, Error=""),
        in_swarm(LocalNodeState="active", ControlAvailable=False, Error=""),
        in_swarm(LocalNodeState="inactive", ControlAvailable=False, Error=""),
        http(b"{}"),
        http(b"[]"),
        http(b"no", "403 Forbidden"),
    ],
)
def test_an_engine_that_has_no_trouble_with_a_swarm(info):
    listing = json.dumps(OF_THE_SWARM).encode()
    with server(http(b"[]"), info, http(listing)) as asked:
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


def test_the_environments_proxy_is_not_asked(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with lab(tmp_path) as (_, asked):
        assert asked.networks()


def test_an_older_requests_finds_the_unix_socket_too(tmp_path):
    with lab(tmp_path, "unix") as (_, asked):
        adapter = asked._lists.get_adapter("http://docker/networks")
        assert adapter.get_connection("http://docker/networks") is adapter._pool
