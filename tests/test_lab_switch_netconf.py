"""The running simulator with ncclient, a client on another SSH stack, and with raw NETCONF."""

import contextlib
import functools
import logging
import socket
import threading
import unittest
from types import MappingProxyType
from typing import Any, Callable, Iterator, List, Mapping
from unittest import mock

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

import paramiko  # type: ignore[import-untyped]  # no stubs among the requirements
from lxml import etree
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.operations.errors import TimeoutExpiredError
from ncclient.transport import session as ncclient_session
from ncclient.transport.errors import (
    AuthenticationError,
    SessionCloseError,
    SSHError,
    SSHUnknownHostError,
    TransportError,
)

from lab.switch import Faults, Switch, payloads
from lab.switch.names import BASE, INTERFACE, RBRIDGE
from lab.switch.wire import BASE_CAPABILITIES, END

HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>{BASE_CAPABILITIES[0]}</capability>'
    "</capabilities></hello>"
).encode()
CHAIN = payloads.segment(21, 112, "172.16.112.1/24", "Docker Network")


def rpc(content: str) -> bytes:
    return f'<rpc xmlns="{BASE}" message-id="1">{content}</rpc>'.encode() + END


class LiveTestCase(unittest.TestCase):
    """A switch that runs. `options` go to Switch."""

    options: Mapping[str, Any] = MappingProxyType({})

    def setUp(self) -> None:
        patch = mock.patch.object(ncclient_session, "TICK", 0.001)
        patch.start()
        self.addCleanup(patch.stop)
        self.switch = Switch(faults=Faults(), **self.options)
        self.switch.start()
        self.addCleanup(self.switch.stop)
        self.faults = self.switch.faults

    def connect(self, **options: Any) -> Any:
        settings = {
            "host": self.switch.host,
            "port": self.switch.port,
            "username": "admin",
            "password": "password",
            "hostkey_b64": self.switch.host_key.split()[1],
            "allow_agent": False,
            "look_for_keys": False,
            "timeout": 10,
            **options,
        }
        made = manager.connect_ssh(**settings)
        self.addCleanup(made._session.close)
        return made

    def edit(self, client: Any, *configs: str) -> None:
        for config in configs:
            client.edit_config(target="running", config=config)

    def refused(self, tag: str, call: Callable[[], Any]) -> Any:
        with self.assertRaises(RPCError) as caught:
            call()
        self.assertEqual(caught.exception.tag, tag)
        return caught.exception

    @contextlib.contextmanager
    def raw(self) -> Iterator[paramiko.Channel]:
        """The netconf subsystem without a NETCONF client."""
        transport = paramiko.Transport((self.switch.host, self.switch.port))
        transport.connect(username="admin", password="password")
        try:
            channel = transport.open_session(timeout=10)
            channel.settimeout(10)
            channel.invoke_subsystem("netconf")
            yield channel
        finally:
            transport.close()

    def message(self, channel: paramiko.Channel) -> etree._Element:
        received = b""
        while not received.endswith(END):
            data = channel.recv(65536)
            self.assertTrue(data, f"the channel ended after {received!r}")
            received += data
        return etree.fromstring(received[: -len(END)])

    def assert_ended(self, channel: paramiko.Channel) -> None:
        self.assertEqual(channel.recv(1), b"")


class ClientTest(LiveTestCase):
    def test_the_hello(self) -> None:
        client = self.connect()
        self.assertIn(":writable-running", client.server_capabilities)
        self.assertIn(":startup", client.server_capabilities)
        self.assertNotIn(":candidate", client.server_capabilities)
        self.assertFalse(any("base:1.1" in uri for uri in client.server_capabilities))
        self.assertEqual(int(client.session_id), self.switch.sessions[0])

    def test_the_articles_chain_and_its_second_run(self) -> None:
        client = self.connect()
        self.edit(client, *CHAIN)
        self.assertRegex(
            self.switch.cli("show ip int brief"),
            r"Ve 112 +172\.16\.112\.1 +default-vrf +up +up\n",
        )
        self.edit(client, *CHAIN[:3])
        for edit in CHAIN[3:]:
            error = self.refused("data-missing", functools.partial(self.edit, client, edit))
            self.assertEqual((error.type, error.severity), ("application", "error"))
            self.assertIn("shutdown", error.path)
        wanted = ["ok"] * 8 + ["data-missing"] * 2
        self.assertEqual([done.result for done in self.switch.rpcs], wanted)
        self.switch.forget_rpcs()
        self.assertEqual(self.switch.rpcs, [])

    def test_out_of_order(self) -> None:
        client = self.connect()
        before = self.switch.running
        for edit in CHAIN[1:]:
            with self.assertRaises(RPCError):
                self.edit(client, edit)
        self.assertEqual(self.switch.running, before)

    def test_reading_back(self) -> None:
        client = self.connect()
        criteria = (
            f'<filter xmlns="{BASE}"><rbridge-id xmlns="{RBRIDGE}"><interface xmlns="{INTERFACE}">'
            "<ve><name>30</name></ve></interface></rbridge-id></filter>"
        )
        reply = client.get_config(source="running", filter=etree.fromstring(criteria))
        self.assertEqual([e.text for e in reply.data.iter("{*}name")], ["30"])
        everything = client.get().data_xml
        self.assertEqual(everything, client.get_config(source="startup").data_xml)
        xpath = ("xpath", ({"i": INTERFACE}, "//i:vlan"))
        reply = client.get_config(source="running", filter=xpath)
        self.assertEqual(len(list(reply.data.iter("{*}vlan"))), 3)

    def test_saving(self) -> None:
        client = self.connect()
        self.edit(client, CHAIN[0])
        self.assertNotEqual(self.switch.running, self.switch.startup)
        client.copy_config(source="running", target="startup")
        self.assertEqual(self.switch.running, self.switch.startup)
        client.validate(source="running")

    def test_locks(self) -> None:
        one, other = self.connect(), self.connect()
        with one.locked(target="running"):
            self.edit(one, CHAIN[0])
            error = self.refused("in-use", lambda: self.edit(other, CHAIN[1]))
            self.assertIn(f"session {one.session_id}", error.message)
            error = self.refused("lock-denied", lambda: other.lock(target="running"))
            self.assertIn(f"<session-id>{one.session_id}<", error.info)
            with self.assertRaisesRegex(Exception, "in-use"):
                self.switch.edit(CHAIN[1])
        self.edit(other, CHAIN[1])

    def test_a_lost_session_gives_its_lock_back(self) -> None:
        one, other = self.connect(), self.connect()
        one.lock(target="running")
        other.kill_session(session_id=one.session_id)
        other.lock(target="running")
        with self.assertRaises(TransportError):
            one.get()
        other.close_session()
        self.connect().lock(target="running")

    def test_wrong_credentials(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs:
            for options in ({"password": "hunter2"}, {"username": "root"}, {"password": ""}):
                with self.assertRaises(AuthenticationError):
                    self.connect(**options)
        self.assertNotIn("hunter2", "\n".join(logs.output))

    def test_password_is_the_only_way_in(self) -> None:
        transport = paramiko.Transport((self.switch.host, self.switch.port))
        try:
            transport.start_client(timeout=10)
            with self.assertRaises(paramiko.BadAuthenticationType) as caught:
                transport.auth_none("admin")
            self.assertEqual(caught.exception.allowed_types, ["password"])
        finally:
            transport.close()

    def test_the_host_key(self) -> None:
        other = Switch()
        with self.assertRaises((SSHError, SSHUnknownHostError)):
            self.connect(hostkey_b64=other.host_key.split()[1])
        self.assertTrue(self.switch.host_key.startswith("ssh-ed25519 AAAA"))

    def test_many_clients_at_once(self) -> None:
        failures: List[BaseException] = []

        def work(number: int) -> None:
            try:
                client = self.connect()
                self.edit(client, *payloads.segment(21, number, f"10.{number}.0.1/24"))
                client.close_session()
            except BaseException as error:  # noqa: BLE001  # told in the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(100, 108)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.switch.cli("show ip int brief").count(" up "), 10)


class LimitTest(LiveTestCase):
    options = MappingProxyType({"max_message": 3000})

    def test_the_seventeenth_session(self) -> None:
        clients = [self.connect() for _ in range(16)]
        with self.assertRaises(SSHError):
            self.connect()
        clients[3].close_session()
        self.connect().get()

    def test_other_subsystems(self) -> None:
        transport = paramiko.Transport((self.switch.host, self.switch.port))
        try:
            transport.connect(username="admin", password="password")
            with self.assertRaises(paramiko.SSHException):
                transport.open_session(timeout=10).invoke_subsystem("sftp")
        finally:
            transport.close()

    def test_an_oversize_message_ends_the_session(self) -> None:
        with self.raw() as channel:
            self.message(channel)
            channel.sendall(HELLO + END + b"<rpc>" + b" " * 3001)
            self.assert_ended(channel)

    def test_messages_that_end_the_session(self) -> None:
        laughs = b'<!DOCTYPE rpc [<!ENTITY a "aaaa">]>' + rpc("<get/>")
        for stream in (
            HELLO + END + b"<rpc" + END,
            HELLO + END + laughs,
            HELLO + END + b"\xff\xfe" + END,
            rpc("<get/>"),
            HELLO.replace(b"base:1.0<", b"base:1.1<") + END,
        ):
            with self.subTest(stream), self.raw() as channel:
                self.message(channel)
                channel.sendall(stream)
                self.assert_ended(channel)
        self.connect().get()

    def test_split_and_joined_packets(self) -> None:
        with self.raw() as channel:
            self.message(channel)
            stream = HELLO + END + rpc("<get/>")
            for start in range(0, len(stream), 7):
                channel.sendall(stream[start : start + 7])
            reply = self.message(channel)
            self.assertEqual(reply[0].tag, f"{{{BASE}}}data")
            for byte in rpc("<close-session/>"):
                channel.sendall(bytes([byte]))
            self.assertEqual(self.message(channel)[0].tag, f"{{{BASE}}}ok")
            self.assert_ended(channel)

    def test_a_burst_is_answered_in_order(self) -> None:
        with self.raw() as channel:
            self.message(channel)
            burst = b"".join(
                f'<rpc xmlns="{BASE}" message-id="{n}"><commit/></rpc>'.encode() + END
                for n in range(100)
            )
            channel.sendall(HELLO + END + burst)
            received = b""
            while received.count(END) < 100:
                received += channel.recv(65536)
            found = [etree.fromstring(m).get("message-id") for m in received.split(END)[:-1]]
            self.assertEqual(found, [str(n) for n in range(100)])

    def test_who_does_not_wait_is_answered_in_order_up_to_the_farewell(self) -> None:
        edits = [
            rpc(f"<edit-config><target><running/></target>{config}</edit-config>")
            for config in (payloads.vlan(112, "in time"), payloads.vlan(113, "too late"))
        ]
        with self.raw() as channel:
            channel.sendall(HELLO + END + edits[0] + rpc("<close-session/>") + edits[1])
            received = b""
            while data := channel.recv(65536):
                received += data
        hello, edited, closed = [etree.fromstring(one) for one in received.split(END)[:-1]]
        self.assertEqual(hello.tag, f"{{{BASE}}}hello")
        self.assertEqual([edited[0].tag, closed[0].tag], [f"{{{BASE}}}ok"] * 2)
        running = self.switch.running.xml()
        self.assertIn("in time", running)
        self.assertNotIn("too late", running)

    def test_end_of_input_ends_the_session(self) -> None:
        with self.raw() as channel:
            self.message(channel)
            channel.sendall(HELLO + END + rpc("<commit/>") + rpc("<get/>"))
            channel.shutdown_write()
            received = b""
            while received.count(END) < 2:
                received += channel.recv(65536)
            self.assertIn(b"</data></rpc-reply>", received)
            self.assert_ended(channel)
            self.assertEqual(channel.recv_exit_status(), 0)


class IdleTest(LiveTestCase):
    options = MappingProxyType({"idle_timeout": 0.3})

    def test_an_idle_session_ends(self) -> None:
        with self.raw() as channel:
            self.message(channel)
            self.assert_ended(channel)


class LifeTest(unittest.TestCase):
    def test_start_and_stop(self) -> None:
        switch = Switch(username="me")
        with switch:
            self.assertEqual(switch.url, f"ssh://me@127.0.0.1:{switch.port}")
            with self.assertRaises(RuntimeError):
                switch.start()
            with self.assertRaises(OSError):
                Switch(port=switch.port).start()
            port, key = switch.port, switch.host_key
        switch.stop()
        with self.assertRaises(OSError):
            socket.create_connection((switch.host, port), timeout=5)
        with switch:
            self.assertEqual((switch.port, switch.host_key), (port, key))

    def test_stop_without_start(self) -> None:
        Switch().stop()

    def test_an_ipv6_url(self) -> None:
        self.assertEqual(Switch(host="::1", port=22).url, "ssh://admin@[::1]:22")

    def test_a_restart_keeps_running_and_a_reload_only_startup(self) -> None:
        with Switch() as switch:
            seed = switch.running
            switch.edit(payloads.vlan(112))
            switch.stop()
            switch.start()
            self.assertIn("112", switch.running.xml())
            switch.reload()
            self.assertEqual(switch.running, seed)


def test_a_host_key_of_ones_own(tmp_path: Any) -> None:
    import asyncssh

    key = asyncssh.generate_private_key("ssh-ed25519", comment="lab")
    path = tmp_path / "key"
    key.write_private_key(str(path))
    switch = Switch(host_key_file=str(path))
    assert switch.host_key == " ".join(key.export_public_key().decode().split()[:2])


class FaultTest(LiveTestCase):
    def assert_lost(self, client: Any, config: str) -> None:
        with self.assertRaises(SessionCloseError):
            self.edit(client, config)

    def test_dropped_before_and_after_the_edit(self) -> None:
        for drop, applied in (("before", False), ("after", True)):
            with self.subTest(drop):
                client = self.connect()
                self.faults.set(drop_rpc=2, drop=drop)
                client.get()
                self.assert_lost(client, payloads.vlan(112))
                self.assertEqual("112" in self.switch.running.xml(), applied)
                self.assertEqual(self.switch.rpcs[-1].result, f"dropped {drop}")
                self.connect().get()

    def test_dropped_in_every_session(self) -> None:
        self.faults.drop_session_rpc = 2
        for _ in range(2):
            client = self.connect()
            client.get()
            self.assert_lost(client, payloads.vlan(112))
        self.assertNotIn("112", self.switch.running.xml())

    def test_refused_sessions(self) -> None:
        self.faults.refuse_sessions = True
        with self.assertRaises(SSHError):
            self.connect()
        self.faults.clear()
        self.connect().get()

    def test_not_ready_for_a_while(self) -> None:
        client = self.connect()
        self.faults.set(transient="NODE_IS_NOT_READY", transient_rpcs=2)
        for _ in range(2):
            error = self.refused("operation-failed", lambda: self.edit(client, CHAIN[0]))
            self.assertIn("NODE_IS_NOT_READY", error.message)
        self.edit(client, CHAIN[0])

    def test_not_ready_until_cleared(self) -> None:
        client = self.connect()
        self.faults.transient = "NODE_IS_ZEROIZED"
        for _ in range(3):
            self.refused("operation-failed", client.get)
        self.faults.transient = None
        client.get()
        self.faults.transient = "NODE_IS_ZEROIZED"
        client.close_session()

    def test_locked_by_another(self) -> None:
        client = self.connect()
        self.faults.locked_by_other = True
        self.refused("in-use", lambda: self.edit(client, CHAIN[0]))
        self.refused("lock-denied", lambda: client.lock(target="running"))
        client.get()

    def test_only_some_operations(self) -> None:
        client = self.connect()
        self.faults.set(operations=frozenset({"edit-config"}), multi_error=True)
        client.get()
        with self.assertRaises(RPCError) as caught:
            self.edit(client, CHAIN[0])
        tags = [error.tag for error in caught.exception.errlist]
        self.assertEqual(tags, ["invalid-value", "operation-failed"])
        self.assertNotIn("112", self.switch.running.xml())

    def test_never_answered(self) -> None:
        client = self.connect()
        client.timeout = 0.2
        self.faults.half_open = True
        with self.assertRaises(TimeoutExpiredError):
            self.edit(client, CHAIN[0])
        self.assertNotIn("112", self.switch.running.xml())
        self.assertEqual(self.switch.rpcs[-1].result, "unanswered")
        self.faults.half_open = False
        client.timeout = 10
        client.get()

    def test_replies_that_are_none(self) -> None:
        for knob, start in (("reply_garbage", b"\x07%% Internal"), ("reply_entities", b"<?xml")):
            with self.subTest(knob), self.raw() as channel:
                self.message(channel)
                self.faults.set(**{knob: True})
                edit = f"<edit-config><target><running/></target>{CHAIN[0]}</edit-config>"
                channel.sendall(HELLO + END + rpc(edit))
                received = b""
                while not received.endswith(END):
                    received += channel.recv(65536)
                self.assertTrue(received.startswith(start))
                self.assertIn("112", self.switch.running.xml())
                self.assertEqual(b"<!DOCTYPE" in received, knob == "reply_entities")
                self.faults.clear()
                self.switch.edit(payloads.vlan(112, delete=True))

    def test_latency(self) -> None:
        client = self.connect()
        self.faults.latency = 0.01
        self.edit(client, CHAIN[0])
        self.assertEqual(self.switch.rpcs[-1].result, "ok")

    def test_nothing_is_applied_for_a_client_that_has_gone(self) -> None:
        taken = threading.Event()
        judge = Faults.judge

        def judged(faults: Faults, operation: str, number: int) -> Any:
            taken.set()
            return judge(faults, operation, number)

        self.faults.latency = 30
        with mock.patch.object(Faults, "judge", judged), self.raw() as channel:
            self.message(channel)
            edit = f"<edit-config><target><running/></target>{CHAIN[0]}</edit-config>"
            channel.sendall(HELLO + END + rpc(edit))
            self.assertTrue(taken.wait(10))
        self.switch.stop()
        self.assertNotIn("112", self.switch.running.xml())
        self.assertEqual(self.switch.sessions, [])

    def test_another_host_key_after_a_restart(self) -> None:
        key = self.switch.host_key
        self.faults.new_host_key = True
        self.switch.reload()
        self.assertNotEqual(self.switch.host_key, key)
        with self.assertRaises((SSHError, SSHUnknownHostError)):
            self.connect(hostkey_b64=key.split()[1])
        key = self.switch.host_key
        self.switch.reload()
        self.assertEqual(self.switch.host_key, key)


class KnobTest(unittest.TestCase):
    def test_unknown_knobs_and_values(self) -> None:
        faults = Faults()
        with self.assertRaisesRegex(AttributeError, "no fault 'lattency'"):
            faults.lattency = 1
        for name, value in (
            ("transient", "NODE_IS_READY"),
            ("drop", "never"),
            ("drop_rpc", 0),
            ("drop_session_rpc", "1"),
            ("transient_rpcs", -1),
            ("save_polls", -1),
        ):
            with self.assertRaises(ValueError):
                setattr(faults, name, value)
        with self.assertRaises(ValueError):
            Faults(drop="sometimes")
        self.assertEqual(faults, Faults())

    def test_clear(self) -> None:
        faults = Faults(latency=1.0, drop_rpc=3, operations=frozenset({"get"}))
        faults.clear()
        self.assertEqual(faults, Faults())

    def test_counting_down_in_many_threads(self) -> None:
        faults = Faults(drop_rpc=50, drop="after")
        drops: List[str] = []

        def work() -> None:
            drops.extend(faults.judge("get", number).drop for number in range(20))

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(drops.count("after"), 1)
        self.assertIsNone(faults.drop_rpc)
