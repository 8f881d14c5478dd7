"""What the lab's engine makes, refuses and finds; each message is a real Docker Engine's."""

import itertools
import json
import unittest
from typing import Any, Dict, List, Optional, Sequence, Tuple

from lab.engine import Refused, asked
from lab.engine.filters import Filters
from lab.engine.pools import OVERLAP
from lab.engine.store import Store

NO_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)


def net(
    name: str = "n",
    driver: str = "macvlan",
    parent: Optional[str] = "eth0.112",
    config: Sequence[Any] = (),
    **more: Any,
) -> Dict[str, Any]:
    """The body of a create request; a string in `config` is a subnet."""
    pools = [{"Subnet": item} if isinstance(item, str) else item for item in config]
    body = {"Name": name, "CheckDuplicate": True, "Driver": driver, "IPAM": {"Config": pools}}
    options = {"parent": parent} if parent is not None else {}
    return {**body, "Options": {**options, **more.pop("options", {})}, **more}


def pool(subnet: str, **more: Any) -> Dict[str, Any]:
    return {"Subnet": subnet, **more}


class StoreCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.told: List[Tuple[str, Dict[str, str]]] = []
        numbers = itertools.count()
        self.store = self.make(lambda: f"{next(numbers):04x}" * 16)

    def make(self, new_id: Any, bridge: bool = False) -> Store:
        return Store(
            ("eth0", "bond0", "ens192"),
            lambda action, _id, attributes: self.told.append((action, attributes)),
            clock=lambda: 10**9,
            new_id=new_id,
            bridge=bridge,
        )

    def create(self, *arguments: Any, **more: Any) -> str:
        body = net(*arguments, **more)
        return self.store.create(asked.read(json.dumps(body).encode()))[0]

    def config(self, network: str) -> Any:
        return self.store.find(network)["IPAM"]["Config"]

    def assert_refused(self, status: int, message: str, *arguments: Any, **more: Any) -> None:
        before = [document["Id"] for document in self.store.documents()], list(self.told)
        with self.assertRaises(Refused) as caught:
            self.create(*arguments, **more)
        self.assertEqual((status, message), (caught.exception.status, caught.exception.message))
        after = [document["Id"] for document in self.store.documents()], self.told
        self.assertEqual(before, after)


class ParentTest(StoreCase):
    def test_vlan_links_are_made_and_unmade(self) -> None:
        network = self.create("a")
        ipvlan = self.create("b", "ipvlan")
        self.store.remove(ipvlan)
        self.store.remove(network)
        again = self.create("c", parent="eth0.0112")
        self.assertEqual({"parent": "eth0.0112"}, self.store.find(again)["Options"])

    def test_refused_parents(self) -> None:
        for driver, not_found in (
            ("macvlan", "-o parent interface does was not found on the host: "),
            ("ipvlan", "-o parent interface was not found on the host: "),
        ):
            for parent, message in {
                "eth0.0": "vlan id must be between 1-4094, received: 0",
                "eth0.4095": "vlan id must be between 1-4094, received: 4095",
                "eth0.-1": "vlan id must be between 1-4094, received: -1",
                "eth0.abc": "unable to parse a valid vlan id from: abc (ex. eth0.10 for vlan 10)",
                "eth0.": "unable to parse a valid vlan id from:  (ex. eth0.10 for vlan 10)",
                "eth9": "invalid subinterface vlan name eth9, example formatting is eth0.10",
                "eth9.100": f"{not_found}eth9",
                "eth0.1.2": "required interface name format is: name.vlan_id, ex. eth0.10 for "
                "vlan 10, instead received eth0.1.2",
                "lo": f"loopback interface is not a valid {driver} parent link",
                "ens192.0000000112": "failed to create ens192.0000000112 vlan link: "
                "numerical result out of range",
            }.items():
                with self.subTest(driver=driver, parent=parent):
                    self.assert_refused(500, message, driver=driver, parent=parent)

    def test_one_network_of_a_driver_on_a_parent(self) -> None:
        macvlan, ipvlan = self.create("a"), self.create("b", "ipvlan")
        for driver, user in (("macvlan", f"dm-{macvlan[:12]}"), ("ipvlan", f"di-{ipvlan[:12]}")):
            message = f"network {user} is already using parent interface eth0.112"
            self.assert_refused(500, message, "c", driver)
        message = "failed to create eth0.0112 vlan link: file exists"
        self.assert_refused(500, message, "c", parent="eth0.0112")
        self.create("c", parent="eth0")

    def test_without_a_parent_there_is_a_dummy(self) -> None:
        network = self.create("a", parent=None)
        self.create("b", parent="")
        self.create("c", parent="eth7", Internal=True)
        self.assertEqual({}, self.store.find(network)["Options"])

    def test_modes(self) -> None:
        for driver, mode in (("macvlan", "passthru"), ("ipvlan", "l3"), ("macvlan", "")):
            self.store.remove(self.create(driver=driver, options={f"{driver}_mode": mode}))
        for driver, default in (("macvlan", "bridge"), ("ipvlan", "l2")):
            self.assert_refused(
                500,
                f"requested {driver} mode 'zz' is not valid, '{default}' mode is the {driver} "
                "driver default",
                driver=driver,
                options={f"{driver}_mode": "zz"},
            )


class DriverTest(StoreCase):
    def test_refused_drivers(self) -> None:
        for driver, status, message in (
            ("nosuch", 404, 'plugin "nosuch" not found'),
            ("host", 403, 'only one instance of "host" network is allowed'),
            ("null", 403, 'only one instance of "null" network is allowed'),
            ("overlay", 500, NO_MANAGER),
        ):
            with self.subTest(driver):
                self.assert_refused(status, message, driver=driver, parent=None)

    def test_scopes(self) -> None:
        for more, status, message in (
            ({"Scope": "global"}, 500, NO_MANAGER),
            (
                {"Scope": "swarm"},
                403,
                "cannot create a swarm scoped network when swarm is not active",
            ),
            ({"Ingress": True}, 403, "Ingress network can only be global scope network"),
        ):
            with self.subTest(more):
                self.assert_refused(status, message, **more)
        self.create(Scope="local")

    def test_bridge_options(self) -> None:
        prefix = "com.docker.network.bridge."
        mtu = "com.docker.network.driver.mtu"
        for option, value, message in (
            (f"{prefix}name", "eth0", "existing interface eth0 is not a bridge"),
            (
                f"{prefix}name",
                "averyverylongname",
                "failed to check bridge interface existence: numerical result out of range",
            ),
            (
                f"{prefix}enable_icc",
                "zz",
                f"failed to parse {prefix}enable_icc value: zz "
                '(strconv.ParseBool: parsing "zz": invalid syntax)',
            ),
            (
                f"{prefix}host_binding_ipv4",
                "zz",
                f"failed to parse {prefix}host_binding_ipv4 value: zz (nil ip)",
            ),
            (
                mtu,
                "zz",
                f'failed to parse {mtu} value: zz (strconv.Atoi: parsing "zz": invalid syntax)',
            ),
            (mtu, "-5", "invalid MTU number: -5"),
        ):
            with self.subTest(option=option, value=value):
                self.assert_refused(500, message, driver="bridge", options={option: value})

    def test_bridges(self) -> None:
        two = ["172.30.1.0/24", "172.30.2.0/24"]
        message = "bridge driver doesn't support multiple subnets"
        self.assert_refused(403, message, driver="bridge", config=two)
        name = {"com.docker.network.bridge.name": "br7"}
        first = self.create("a", "bridge", None, two[:1], options=name)
        with self.assertRaises(Refused) as caught:
            self.create("b", "bridge", None, two[1:], options=name)
        self.assertEqual(403, caught.exception.status)
        conflict = f"conflicts with network {first} (br7): networks have same bridge name"
        self.assertIn(conflict, caught.exception.message)
        self.store.remove(first)
        self.create("b", "bridge", None, two[1:], options=name)

    def test_no_subnet_at_all(self) -> None:
        for driver in ("bridge", "macvlan", "ipvlan"):
            message = "ipv4 pool is empty"
            self.assert_refused(500, message, driver=driver, config=["0.0.0.0/0"])
            self.assert_refused(500, message, driver=driver, IPAM={"Driver": "null"})
        null = {"Driver": "null", "Config": [pool("10.0.0.0/24")]}
        message = "null ipam driver does not handle specific address pool requests"
        self.assert_refused(500, message, IPAM=null)
        self.assert_refused(404, 'plugin "nosuch" not found', IPAM={"Driver": "nosuch"})


class NameTest(StoreCase):
    def test_names(self) -> None:
        for name in ("bridge", "host", "none", "default"):
            message = f"operation is not permitted on predefined {name} network "
            self.assert_refused(403, message, name)
        for name in ("", " ", "\u2028"):
            self.assert_refused(500, f"invalid name: {name}", name)
        for name in ("a\nb", "é☃", "../..", "]]>]]>", "n" * 6000, "\0", '"<b>&'):
            network = self.create(name)
            self.assertEqual(name, self.store.find(network)["Name"])
            self.assertEqual(network, self.store.find(name)["Id"])
            self.store.remove(name)

    def test_duplicates(self) -> None:
        first = self.create("d")
        self.assert_refused(409, "network with name d already exists", "d", parent="eth0.113")
        body = net("d", parent="eth0.113", CheckDuplicate=False)
        second, warning = self.store.create(asked.read(json.dumps(body).encode()))
        self.assertEqual(f"Network with name d (id : {first}) already exists", warning)
        with self.assertRaises(Refused) as caught:
            self.store.find("d")
        self.assertEqual(400, caught.exception.status)
        message = "2 matches found based on name: network d is ambiguous"
        self.assertEqual(message, caught.exception.message)
        with self.assertRaises(Refused) as caught:
            self.store.remove("d")
        message = "network d is ambiguous (2 matches found based on name)"
        self.assertEqual((400, message), (caught.exception.status, caught.exception.message))
        self.store.remove(first)
        self.assertEqual(second, self.store.find("d")["Id"])

    def test_what_a_term_means(self) -> None:
        first, second = self.create("a"), self.create("b", parent="eth0.113")
        self.assertEqual("a", self.store.find(first)["Name"])
        self.assertEqual("b", self.store.find(second[:9])["Name"])
        self.create(second[:5], parent="eth0.114")
        self.assertEqual(second[:5], self.store.find(second[:5])["Name"])
        self.create(first, parent="eth0.115")
        self.assertEqual("a", self.store.find(first)["Name"])
        for term, status, message in (
            ("000", 400, "6 matches found based on ID prefix: network 000 is ambiguous"),
            (first.upper() + "X", 404, f"network {first.upper()}X not found"),
        ):
            with self.assertRaises(Refused) as caught:
                self.store.find(term)
            self.assertEqual((status, message), (caught.exception.status, str(caught.exception)))

    def test_predefined_networks_stay(self) -> None:
        store = self.make(iter([c * 64 for c in "abcdef"]).__next__, bridge=True)
        for name in ("bridge", "host", "none"):
            with self.assertRaises(Refused) as caught:
                store.remove(name)
            message = f"{name} is a pre-defined network and cannot be removed"
            self.assertEqual((403, message), (caught.exception.status, caught.exception.message))
        self.assertEqual([{"Subnet": "172.17.0.0/16"}], store.find("bridge")["IPAM"]["Config"])
        store.restart()
        shown = store.find("bridge")
        gateway = {"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}
        self.assertEqual([gateway], shown["IPAM"]["Config"])
        self.assertEqual("d" * 64, shown["Id"])
        self.assertEqual([], self.told)


class OrderTest(StoreCase):
    def test_which_check_comes_first(self) -> None:
        self.create("q", config=["172.16.0.0/16"])
        self.assert_refused(409, "network with name q already exists", "q", "nosuch")
        bad = "Invalid subnet bad : invalid CIDR address: bad"
        self.assert_refused(500, bad, "r", "nosuch", config=["bad"])
        self.assert_refused(500, bad, "", config=["bad"])
        self.assert_refused(403, OVERLAP, "r", parent="eth0.0", config=["172.16.0.0/16"])
        modes = {"macvlan_mode": "zz"}
        self.assert_refused(403, OVERLAP, "r", config=["172.16.0.0/24"], options=modes)

    def test_a_refusal_takes_nothing(self) -> None:
        for _ in range(2):
            self.assert_refused(
                500,
                "vlan id must be between 1-4094, received: 0",
                parent="eth0.0",
                config=["172.16.0.0/16"],
            )
        self.create(config=["172.16.0.0/16"])


class ConfigOnlyTest(StoreCase):
    def test_from_a_config_network(self) -> None:
        config = ["172.16.1.0/24", "2001:db8::/64"]
        more = {"ConfigOnly": True, "EnableIPv6": True, "Labels": {"x": "y"}}
        self.create("cfg", "macvlan", "eth0.7", config, **more)
        self.assertEqual("null", self.store.find("cfg")["Driver"])
        made_from = {"ConfigFrom": {"Network": "cfg"}}
        local = self.create("l1", parent=None, **made_from)
        shown = self.store.find(local)
        self.assertEqual(
            (True, {"x": "y"}, {"parent": "eth0.7"}, [pool(subnet) for subnet in config]),
            (shown["EnableIPv6"], shown["Labels"], shown["Options"], shown["IPAM"]["Config"]),
        )
        with self.assertRaises(Refused) as caught:
            self.store.remove("cfg")
        message = 'error while removing network: configuration network "cfg" is in use'
        self.assertEqual((403, message), (caught.exception.status, caught.exception.message))
        self.store.restart()
        self.assertEqual([pool(subnet) for subnet in config], self.config("cfg"))
        self.assertEqual("172.16.1.1", self.config("l1")[0]["Gateway"])
        self.store.remove("l1")
        self.store.remove("cfg")
        self.assertEqual(["create", "create", "destroy"], [action for action, _ in self.told])

    def test_refused(self) -> None:
        self.create("cfg", "", None, ConfigOnly=True)
        own = (
            "user specified configurations are not supported if the network depends on a "
            "configuration network"
        )
        options = (
            "network driver options are not supported if the network depends on a configuration "
            "network"
        )
        nested = "a configuration network cannot depend on another configuration network"
        operator = (
            "configuration network can only contain network specific fields. Network operator "
            "fields like [ ingress | internal | attachable | scope ] are not supported."
        )
        for more, status, message in (
            ({"config": ["10.0.0.0/24"]}, 403, own),
            ({"Labels": {"a": "b"}}, 403, own),
            ({"EnableIPv6": True}, 403, own),
            ({"parent": "eth0.5"}, 403, options),
            ({"ConfigOnly": True}, 403, nested),
            (
                {"ConfigFrom": {"Network": "no"}},
                404,
                'configuration network "no" does not exist',
            ),
        ):
            with self.subTest(more):
                asks: Dict[str, Any] = {"parent": None, "ConfigFrom": {"Network": "cfg"}, **more}
                self.assert_refused(status, message, **asks)
        for field in ("Internal", "Attachable", "Ingress"):
            self.assert_refused(403, operator, **{"ConfigOnly": True, field: True})
        self.assert_refused(403, operator, ConfigOnly=True, Scope="local")


class PruneTest(StoreCase):
    def prune(self, **filters: Any) -> List[str]:
        return self.store.prune(Filters(json.dumps(filters)))

    def test_prune(self) -> None:
        self.create("cfg", "", None, ConfigOnly=True)
        for name, parent, labels in (
            ("a", "eth0.1", {"k": "1"}),
            ("b", "eth0.2", {"k": "2"}),
            ("c", "eth0.3", {}),
        ):
            self.create(name, parent=parent, Labels=labels)
        self.assertEqual([], self.prune(until=["1h"]))
        self.assertEqual(["a"], self.prune(label=["k=1"]))
        self.assertEqual(["c"], self.prune(**{"label!": ["k"]}))
        self.assertEqual(["b"], self.prune(until=["1"]))
        self.assertEqual([], self.prune())
        self.assertEqual(["cfg", "host", "none"], sorted(d["Name"] for d in self.store.documents()))
        told = [action for action, _ in self.told[4:]]
        self.assertEqual(
            ["prune", "destroy", "prune", "destroy", "prune", "destroy", "prune", "prune"], told
        )
        self.assertEqual(("prune", {"reclaimed": "0"}), self.told[-1])

    def test_refused(self) -> None:
        for filters, status, message in (
            ({"driver": ["macvlan"]}, 400, "Invalid filter 'driver'"),
            ({"until": ["zz"]}, 500, 'failed to parse value as time or duration: "zz"'),
            ({"until": ["1h", "2h"]}, 500, "more than one until filter specified"),
        ):
            with self.subTest(filters), self.assertRaises(Refused) as caught:
                self.prune(**filters)
            self.assertEqual((status, message), (caught.exception.status, str(caught.exception)))
