"""The real `docker` command against the lab's engine: what a person at a keyboard does."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from typing import Any, Dict, List

from lab.engine import Engine

DAEMON = "Error response from daemon: "
ARTICLE = (
    "--driver=macvlan",
    "--subnet=172.16.112.0/24",
    "-o",
    "parent=eth0.112",
    "dockernetwork112",
)


@unittest.skipUnless(shutil.which("docker"), "the docker CLI is not on PATH")
class CliTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.late = 0
        self.engine = Engine(
            unix=f"{folder.name}/docker.sock",
            tcp=("127.0.0.1", 0),
            clock=lambda: time.time_ns() - self.late,
        )
        self.engine.start()
        self.addCleanup(self.engine.stop)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
        self.environment = {**clean, "DOCKER_CONFIG": f"{folder.name}/cli"}
        self.url = self.engine.unix_url

    def run_docker(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["docker", "-H", self.url, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment,
        )

    def docker(self, *arguments: str) -> str:
        done = self.run_docker(*arguments)
        self.assertEqual((0, ""), (done.returncode, done.stderr), arguments)
        return done.stdout.strip()

    def create(self, *arguments: str) -> str:
        return self.docker("network", "create", *arguments)

    def inspect(self, name: str) -> Dict[str, Any]:
        (shown,) = json.loads(self.docker("network", "inspect", name))
        return dict(shown)

    def names(self) -> List[str]:
        return self.docker("network", "ls", "--format", "{{.Name}}").splitlines()

    def assert_refused(self, message: str, *arguments: str) -> None:
        done = self.run_docker("network", *arguments)
        self.assertNotEqual(0, done.returncode)
        self.assertEqual(f"{DAEMON}{message}", done.stderr.splitlines()[0], arguments)

    def test_the_article_s_network(self) -> None:
        network = self.create(*ARTICLE)
        self.assertEqual(["bridge", "dockernetwork112", "host", "none"], sorted(self.names()))
        shown = self.inspect("dockernetwork112")
        self.assertEqual(
            (network, "macvlan", {"parent": "eth0.112"}),
            (shown["Id"], shown["Driver"], shown["Options"]),
        )
        ipam = {"Driver": "default", "Options": {}, "Config": [{"Subnet": "172.16.112.0/24"}]}
        self.assertEqual(ipam, shown["IPAM"])
        self.assertEqual("dockernetwork112", self.docker("network", "rm", "dockernetwork112"))
        self.assertNotIn("dockernetwork112", self.names())

    def test_over_tcp(self) -> None:
        self.url = self.engine.tcp_url
        self.create(*ARTICLE)
        listed = self.docker("network", "ls", "--filter", "driver=macvlan", "--no-trunc", "-q")
        self.assertEqual(self.inspect("dockernetwork112")["Id"], listed)

    def test_ipvlan_beside_a_macvlan(self) -> None:
        self.create(*ARTICLE)
        self.create("-d", "ipvlan", "--subnet=172.16.113.0/24", "-o", "parent=eth0.112", "ipv")
        self.assertEqual("ipvlan", self.inspect("ipv")["Driver"])

    def test_dual_stack(self) -> None:
        self.create(
            "-d",
            "macvlan",
            "--ipv6",
            "--subnet=172.16.112.0/24",
            "--gateway=172.16.112.254",
            "--subnet=2001:db8:112::/64",
            "-o",
            "parent=bond0.112",
            "dual",
        )
        shown = self.inspect("dual")
        self.assertTrue(shown["EnableIPv6"])
        self.assertEqual(
            [
                {"Subnet": "172.16.112.0/24", "Gateway": "172.16.112.254"},
                {"Subnet": "2001:db8:112::/64"},
            ],
            shown["IPAM"]["Config"],
        )

    def test_bridge(self) -> None:
        self.create("br")
        config = [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]
        self.assertEqual(config, self.inspect("br")["IPAM"]["Config"])

    def test_config_from(self) -> None:
        self.create("--config-only", "--subnet=10.0.0.0/24", "-o", "parent=eth0.9", "cfg")
        self.create("-d", "macvlan", "--config-from", "cfg", "local")
        self.assertEqual({"parent": "eth0.9"}, self.inspect("local")["Options"])

    def test_every_refusal(self) -> None:
        network = self.create(*ARTICLE)

        def macvlan(parent: str, *more: str) -> List[str]:
            return ["create", "-d", "macvlan", "-o", f"parent={parent}", *more, "x"]

        overlap = "Pool overlaps with other one on this address space"
        vlan = "vlan id must be between 1-4094, received: "
        using = f"network dm-{network[:12]} is already using parent interface eth0.112"
        subnet = "Invalid subnet 172.16.1.0 : invalid CIDR address: 172.16.1.0"
        fixed = "bridge is a pre-defined network and cannot be removed"
        for message, arguments in (
            ("network with name dockernetwork112 already exists", ["create", *ARTICLE]),
            (overlap, macvlan("eth0.113", "--subnet=172.16.112.128/25")),
            (using, macvlan("eth0.112", "--subnet=172.16.113.0/24")),
            (f"{vlan}0", macvlan("eth0.0")),
            (f"{vlan}4095", macvlan("eth0.4095")),
            ("-o parent interface does was not found on the host: eth9", macvlan("eth9.5")),
            ('plugin "nosuch" not found', ["create", "-d", "nosuch", "x"]),
            (subnet, ["create", "--subnet", "172.16.1.0", "x"]),
            ("operation is not permitted on predefined host network ", ["create", "host"]),
            ("network nosuch not found", ["rm", "nosuch"]),
            (fixed, ["rm", "bridge"]),
            ("Invalid filter 'zz'", ["ls", "--filter", "zz=1"]),
        ):
            with self.subTest(message):
                self.assert_refused(message.strip(), *arguments)
        done = self.run_docker("network", "inspect", "nosuch")
        self.assertEqual((1, "[]"), (done.returncode, done.stdout.strip()))
        self.assertIn("network nosuch not found", done.stderr)

    def test_prune_and_events(self) -> None:
        # "0s" is the second that has begun: what happened within it would not be told.
        self.late = 2 * 10**9
        network = self.create(*ARTICLE)
        pruned = self.docker("network", "prune", "--force")
        self.assertEqual("Deleted Networks:\ndockernetwork112", pruned)
        self.late = 0
        told = self.docker("events", "--since", "1h", "--until", "0s", "--filter", "type=network")
        name = f"{network} (name=dockernetwork112, type=macvlan)"
        lines = [line.partition(" network ")[2] for line in told.splitlines()]
        self.assertEqual([f"create {name}", f"destroy {name}", "prune  (reclaimed=0)"], lines)

    def test_events_as_they_happen(self) -> None:
        command = ["docker", "-H", self.url, "events", "--format", "{{.Action}}"]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        ) as process:
            try:
                self.assertTrue(self.engine.wait_for_readers(1, timeout=60))
                self.engine.create("n", parent="eth0.5")
                assert process.stdout is not None
                self.assertEqual("create\n", process.stdout.readline())
            finally:
                process.kill()

    def test_info_and_version(self) -> None:
        self.assertEqual(
            "lab inactive", self.docker("info", "-f", "{{.Name}} {{.Swarm.LocalNodeState}}")
        )
        version = self.docker("version", "-f", "{{.Client.APIVersion}} {{.Server.Version}}")
        self.assertEqual("1.41 20.10.24+dfsg1", version)
