"""The simulator's command line: by itself, over SSH, and the program that runs it."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Callable, Tuple

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

import paramiko  # type: ignore[import-untyped]  # no stubs among the requirements

from lab.switch import Switch, payloads
from lab.switch import __main__ as program

PACK = Path(__file__).resolve().parents[1]


class CommandTest(unittest.TestCase):
    def setUp(self) -> None:
        self.switch = Switch(rbridge_ids=(21, 22))

    def test_ip_interfaces(self) -> None:
        self.assertEqual(
            self.switch.cli("show ip interface brief").splitlines(),
            [
                "Interface              IP-Address          Vrf                     Status"
                "                    Protocol",
                "==================     ==========          ==================      ====="
                "===============      ========",
                "Ve 10                  10.10.10.1          default-vrf             up"
                "                        up",
                "Ve 20                  10.10.20.1          default-vrf             up"
                "                        up",
                "Ve 30                  10.10.30.1          default-vrf             administrative"
                "ly down     down",
            ],
        )

    def test_a_ve_is_up_only_if_neither_side_is_shut(self) -> None:
        self.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", up=False))
        row = r"Ve 112 +172\.16\.112\.1 +default-vrf +{}\n"
        down = row.format("administratively down +down")
        self.assertRegex(self.switch.cli("show ip int brief"), down)
        self.switch.edit(payloads.shutdown(21, 112, False))
        self.assertRegex(self.switch.cli("show ip int brief"), down)
        self.switch.edit(payloads.global_shutdown(112, False))
        self.assertRegex(self.switch.cli("show ip int brief"), row.format("up +up"))
        self.switch.edit(payloads.shutdown(21, 112))
        self.assertRegex(self.switch.cli("show ip int brief"), down)

    def test_rbridges_have_tables_of_their_own(self) -> None:
        self.switch.edit(payloads.ve(22, 30))
        row = r"Ve 30 +unassigned +default-vrf"
        self.assertNotRegex(self.switch.cli("show ip int brief"), row)
        self.assertRegex(self.switch.cli("show ip int brief rbridge-id 22"), row)
        self.assertEqual(self.switch.cli("show ip int br rb all").count("Ve 30"), 2)

    def test_vlans(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.vlan(113, "a name of more than 15"))
        lines = self.switch.cli("show vlan brief").splitlines()
        self.assertEqual(lines[0], "Total Number of VLANs configured    : 5")
        columns = "{:<17}{:<16}{:<27}{}"
        self.assertEqual(
            lines[-4:],
            [
                columns.format("112", "VLAN0112", "ACTIVE", "Te 21/0/1(t)"),
                columns.format("", "", "", "Te 22/0/1(t)"),
                columns.format("113", "a name of more than 15 ", "ACTIVE", "Te 21/0/1(t)"),
                columns.format("", "", "", "Te 22/0/1(t)"),
            ],
        )

    def test_one_ve_with_all_its_addresses(self) -> None:
        self.switch.edit(
            *payloads.segment(21, 112, "172.16.112.1/24"),
            payloads.address(21, 112, "172.16.112.9/24", secondary=True),
            payloads.address(21, 112, "10.0.0.1/24"),
            payloads.address(21, 112, "fd00:112::1/64"),
            payloads.shutdown(21, 112),
        )
        self.assertEqual(
            self.switch.cli("show running-config rbridge-id 21 interface Ve 112"),
            "rbridge-id 21\n"
            " interface Ve 112\n"
            "  ip proxy-arp\n"
            "  ip address 10.0.0.1/24\n"
            "  ip address 172.16.112.1/24\n"
            "  ip address 172.16.112.9/24 secondary\n"
            "  ipv6 address fd00:112::1/64\n"
            "  shutdown\n"
            " !\n"
            "!\n",
        )

    def test_parts_of_the_configuration_make_the_whole(self) -> None:
        self.switch.edit(payloads.vlan(112, 'a "b\\'))
        whole = self.switch.cli("show running-config")
        parts = (
            "show running-config interface Vlan",
            "show running-config interface Ve",
            "show running-config rbridge-id",
        )
        self.assertEqual(whole, "".join(self.switch.cli(part) for part in parts))
        self.assertEqual(
            self.switch.cli("show running-config interface Vlan 112"),
            'interface Vlan 112\n name "a \\"b\\\\"\n!\n',
        )
        self.assertEqual(
            self.switch.cli("show running-config interface Ve 30"),
            "interface Ve 30\n shutdown\n!\n",
        )
        self.assertIn(self.switch.cli("show running-config rbridge-id 22"), whole)
        self.assertNotIn("112", self.switch.cli("show startup-config"))

    def test_what_is_not_there(self) -> None:
        for command in (
            "show running-config interface Vlan 999",
            "show running-config interface Ve 999",
            "show running-config rbridge-id 99",
            "show running-config rbridge-id 21 interface Ve 999",
            "show running-config rbridge-id 99 interface Ve 10",
        ):
            self.assertEqual(self.switch.cli(command), "% No entries found.\n")

    def test_what_is_no_command(self) -> None:
        for command, error in (
            ("show foo", "-----^\nsyntax error: unknown argument\n"),
            ("  reload", "--^\nsyntax error: unknown argument\n"),
            ("show run int vlan x", "------------------^\nsyntax error: unknown argument\n"),
            ("show vlan brief now", "----------------^\nsyntax error: unknown argument\n"),
            ("show run int v", "-------------^\nsyntax error: ambiguous argument\n"),
            ("show ip", "-------^\nsyntax error: incomplete path\n"),
            ("", ""),
        ):
            self.assertEqual(self.switch.cli(command), error)


class SshTest(unittest.TestCase):
    def setUp(self) -> None:
        self.switch = Switch()
        self.switch.start()
        self.addCleanup(self.switch.stop)
        self.transport = paramiko.Transport((self.switch.host, self.switch.port))
        self.addCleanup(self.transport.close)
        self.transport.connect(username="admin", password="password")

    def channel(self) -> paramiko.Channel:
        channel = self.transport.open_session(timeout=10)
        channel.settimeout(10)
        return channel

    def all(self, channel: paramiko.Channel) -> Tuple[int, str]:
        received = b""
        while True:
            data = channel.recv(65536)
            if not data:
                return channel.recv_exit_status(), received.decode()
            received += data

    def until(self, channel: paramiko.Channel, end: str) -> str:
        received = ""
        while not received.endswith(end):
            data = channel.recv(65536).decode()
            self.assertTrue(data, f"the channel ended after {received!r}")
            received += data
        return received

    def test_a_command(self) -> None:
        for command, status in (("show ip int brief", 0), ("show nothing", 1)):
            channel = self.channel()
            channel.exec_command(command)
            self.assertEqual(self.all(channel), (status, self.switch.cli(command)))

    def test_commands_from_a_pipe(self) -> None:
        channel = self.channel()
        channel.invoke_shell()
        channel.sendall("show vlan brief\r\nshow nothing\n\nshow ip int br")
        channel.shutdown_write()
        status, text = self.all(channel)
        self.assertEqual(status, 0)
        self.assertIn(self.switch.cli("show vlan brief"), text)
        self.assertIn(self.switch.cli("show ip int br"), text)
        self.assertIn("----------^\nsyntax error", text)

    def test_a_terminal(self) -> None:
        channel = self.channel()
        channel.get_pty(width=200)
        channel.invoke_shell()
        welcome = self.until(channel, "sw0# ")
        self.assertIn("Welcome to the Brocade Network Operating System Software\r\n", welcome)
        self.assertIn("admin connected from 127.0.0.1 using ssh on sw0", welcome)
        channel.sendall("show vlan bruef\x7f\x7f\x7fief\r")
        shown = self.until(channel, "sw0# ")
        self.assertIn(self.switch.cli("show vlan brief").replace("\n", "\r\n"), shown)
        channel.sendall("?\r")
        self.assertIn("show running-config", self.until(channel, "sw0# "))
        channel.sendall("show v\x03")
        self.until(channel, "sw0# ")
        channel.sendall("exit\rshow vlan brief\r")
        status, text = self.all(channel)
        self.assertEqual(status, 0)
        self.assertNotIn("Total", text)

    def test_control_d_leaves(self) -> None:
        channel = self.channel()
        channel.get_pty()
        channel.invoke_shell()
        self.until(channel, "sw0# ")
        channel.sendall("\x04")
        self.assertEqual(self.all(channel)[0], 0)

    def test_a_line_without_end(self) -> None:
        channel = self.channel()
        channel.invoke_shell()
        self.until(channel, "sw0# ")
        channel.sendall("x" * 5000)
        self.assertEqual(self.all(channel)[0], 1)


class ProgramTest(unittest.TestCase):
    def run_program(self, *options: str, **settings: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "lab.switch", *options],
            cwd=PACK,
            env={**os.environ, "PYTHONPATH": str(PACK)},
            stdout=subprocess.PIPE,
            text=True,
            **settings,
        )

    def test_it_says_how_to_reach_it_and_goes_when_told(self) -> None:
        with self.run_program("--port", "0", "--rbridge-id", "5", "--empty") as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(5)]
            url = lines[0].split()[4].rstrip(";")
            port = int(url.rpartition(":")[2])
            self.assertEqual(lines[1].split(), ["password", "password"])
            self.assertIn(f"ssh -p {port} admin@127.0.0.1 show ip int brief", lines[2])
            self.assertIn(f"ssh -p {port} admin@127.0.0.1 -s netconf", lines[3])
            transport = paramiko.Transport(("127.0.0.1", port))
            try:
                transport.connect(username="admin", password="password")
                key = transport.get_remote_server_key()
                self.assertIn(f"{key.get_name()} {key.get_base64()}", lines[4])
                channel = transport.open_session(timeout=10)
                channel.exec_command("show running-config")
                self.assertEqual(channel.recv(1000), b"rbridge-id 5\n!\n")
            finally:
                transport.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(10), 0)

    def test_a_taken_port(self) -> None:
        with Switch() as switch:
            process = self.run_program("--port", str(switch.port), stderr=subprocess.PIPE)
            _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertIn(f"cannot listen on 127.0.0.1 port {switch.port}", errors)


def test_the_program_in_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The signal comes at once: the program stops as soon as it waits for it.
    def at_once(number: int, handler: Callable[[int, None], None]) -> None:
        handler(number, None)

    monkeypatch.setattr(signal, "signal", at_once)
    with Switch() as taken:
        assert program.main(["--port", str(taken.port)]) == 1
        assert "cannot listen" in capsys.readouterr().err
    assert program.main(["--port", "0", "--username", "me", "--latency", "1"]) == 0
    assert "ssh://me@127.0.0.1:" in capsys.readouterr().out


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(["--help"])
    assert caught.value.code == 0
    assert "--latency" in capsys.readouterr().out
