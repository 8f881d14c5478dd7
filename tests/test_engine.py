"""One Docker Engine's API: the lab's engine, well and ill, and servers that are none."""

import contextlib
import json
import socket
import threading

import pytest
from docker_tor.common.errors import EngineRefused, EngineUnreachable, MalformedReply
from docker_tor.config import settings as config
from docker_tor.engine import api as engine
from docker_tor.engine import events
from docker_tor.engine import listing as listings
from listed import texts

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
        yield running, asked


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
        asked = api(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
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
def test_lists_networks(tmp_path, scheme):
    with lab(tmp_path, scheme) as (running, asked):
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert "n" in [network["Name"] for network in asked.networks()]
        shown, known = (
            sorted(listing, key=lambda one: one["Id"])
            for listing in (asked.networks(), running.networks())
        )
        assert shown == known


@pytest.mark.parametrize("version", ["1.41", "1.52"])
def test_a_list_says_the_version_of_its_api(version):
    with LabEngine(tcp=("127.0.0.1", 0), version=version) as running:
        asked = api(running.tcp_url)
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        listing = asked.networks()
        assert (listing.api, asked.version()["ApiVersion"]) == (version, version)
        (found,) = listings.observe("host1", listing).wanted
        assert set(texts(found.addresses)) == ({"172.16.112.1/24"} if version == "1.41" else set())


def test_a_server_that_does_not_say_its_version():
    with server(http(b"[]"), http(b"{}"), http(b"[]")) as asked:
        assert asked.networks().api == ""


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_a_subscription_is_there_before_anything_is_told(tmp_path, scheme):
    with lab(tmp_path, scheme) as (running, asked), asked.events() as hints:
        identity = running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints).news
        running.emit(
            {
                "Type": "network",
                "Action": "connect",
                "Actor": {"ID": identity, "Attributes": {"container": "c", "name": "n"}},
            }
        )
        assert not next(hints).news
        running.remove("n")
        assert next(hints).news


def test_events_of_containers_are_not_even_sent(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        running.emit({"Type": "container", "Action": "start", "Actor": {"ID": "c"}})
        running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints).news
        assert running.readers == 1


def test_a_name_cannot_disguise_a_create_as_a_connect(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        running.create('x","Action":"connect"', parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints).news


def test_the_stream_says_which_network_is_gone(tmp_path):
    with lab(tmp_path) as (running, asked), asked.events() as hints:
        identity = running.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
        assert next(hints).gone == ""
        running.remove("n")
        assert next(hints).gone == identity


def test_what_was_told_while_nobody_listened_is_heard_afterwards(tmp_path):
    """From the last event on, that one included: first whatever the engine remembers of a day."""
    with lab(tmp_path) as (running, asked):
        first, second, third = (
            running.create(f"n{vlan}", parent=f"eth0.{vlan}", subnets=[f"172.16.{vlan}.0/24"])
            for vlan in (112, 113, 114)
        )
        running.remove("n112")
        with asked.events() as hints:
            assert [next(hints).gone for _ in range(4)] == ["", "", "", first]
        running.remove("n113")
        running.remove("n114")
        with asked.events() as hints:
            assert [next(hints).gone for _ in range(3)] == [first, second, third]
        running.restart()
        fourth = running.create("n115", parent="eth0.115", subnets=["172.16.115.0/24"])
        running.remove("n115")
        with asked.events() as hints:
            assert [next(hints).gone for _ in range(2)] == ["", fourth]


def event(**more):
    told = {
        "Type": "network",
        "Action": "destroy",
        "Actor": {"ID": "a" * 64, "Attributes": {"name": "n", "type": "macvlan"}},
        "scope": "local",
        "time": 1795449840,
        "timeNano": 1795449840123456789,
    }
    return json.dumps({**told, **more}).encode()


GONE = events.Event(True, "a" * 64, "1795449840.123456789")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (event(), GONE),
        (event(Action="remove", scope="swarm"), GONE),
        (event(Action="create"), GONE._replace(gone="")),
        (event(Action="connect"), GONE._replace(gone="", news=False)),
        (event(Action="disconnect"), GONE._replace(gone="", news=False)),
        (event(Action="prune", Actor={"ID": ""}), GONE._replace(gone="")),
        (event(Actor={"ID": ""}), GONE._replace(gone="")),
        (event(Actor={"ID": ["a"]}), GONE._replace(gone="")),
        (event(timeNano=1), GONE._replace(at="")),
        (event(timeNano=-1795449840123456789), GONE._replace(at="")),
        (event(timeNano=True), events.Event()),
        (event(timeNano="1795449840123456789&x=y"), GONE._replace(at="")),
        (event(Action=[]), events.Event(True, "", GONE.at)),
        (event(Actor=None), events.Event()),
        (event(Actor={"ID": "a" * 64, "name": "x" * events.LONGEST_READ}), events.Event()),
        (b"", events.Event()),
        (b"[1]", events.Event()),
        (b"[" * 60_000, events.Event()),
        (b'{"timeNano":' + b"9" * 60_000 + b"}", events.Event()),
        (b"\xff\xfe", events.Event()),
    ],
)
def test_an_event_is_read_for_what_it_says_and_no_further(line, read):
    assert events.read_event(line) == read


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_server_that_closes_each_connection_and_does_not_say_so(hangs_up):
    """And one that keeps it open and will answer nothing more on it."""
    answer = http(json.dumps(OF_THE_SWARM).encode(), more=b"")
    answers = [answer, in_swarm(**MANAGER), *[answer] * 300]
    with server(*answers, hangs_up=hangs_up) as asked:
        assert [asked.networks() for _ in range(300)] == [OF_THE_SWARM] * 300


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
            assert next(hints).news


def test_a_line_without_end_is_a_hint_and_is_not_kept(monkeypatch):
    monkeypatch.setattr(engine, "LONGEST_EVENT", 100_000)
    chunk = b"x" * 60_000
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for _ in range(4)) + b"0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    with server(answer) as asked, asked.events() as hints:
        assert [next(hints), next(hints)] == [events.Event()] * 2
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
        adapter = engine._session(asked._config).get_adapter("http://docker/networks")
        assert adapter.get_connection("http://docker/networks") is adapter._pool
