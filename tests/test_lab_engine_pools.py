"""How the lab's engine hands out subnets and addresses; measured on a real Docker Engine."""

import ipaddress
import unittest
from typing import Any, Dict, List, Optional, Sequence

from lab.engine import Refused
from lab.engine.asked import IPAM, Asked, PoolConfig
from lab.engine.pools import DEFAULTS, OVERLAP, Key, Pools, parse_address, parse_subnet
from lab.engine.store import Store

NO_V6 = (
    "could not find an available, non-overlapping IPv6 address pool among the defaults to assign "
    "to the network"
)
FULL = "No available addresses on this pool"


class PoolsCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.count = 0
        self.store = Store(
            ("eth0",), lambda *_: None, clock=lambda: 0, new_id=self.new_id, bridge=False
        )

    def new_id(self) -> str:
        self.count += 1
        return f"{self.count:064x}"

    def create(self, *config: PoolConfig, ipv6: bool = False) -> str:
        name = f"n{self.count}"
        options = {"parent": f"eth0.{self.count}"}
        wanted = Asked(
            name=name, driver="macvlan", enable_ipv6=ipv6, ipam=IPAM(config=config), options=options
        )
        return self.store.create(wanted)[0]

    def shown(self, network: str) -> List[Dict[str, Any]]:
        return list(self.store.find(network)["IPAM"]["Config"])

    def assert_refused(
        self, status: int, message: str, *config: PoolConfig, ipv6: bool = False
    ) -> None:
        with self.assertRaises(Refused) as caught:
            self.create(*config, ipv6=ipv6)
        self.assertEqual((status, message), (caught.exception.status, caught.exception.message))


class SubnetTest(PoolsCase):
    def test_overlaps(self) -> None:
        self.create(PoolConfig("172.16.0.0/16"), PoolConfig("2001:db8::/64"), ipv6=True)
        for subnet in ("172.16.0.0/16", "172.16.5.0/24", "172.0.0.0/8", "::ffff:172.16.0.0/112"):
            self.assert_refused(403, OVERLAP, PoolConfig(subnet))
        v4, v6 = PoolConfig("10.0.0.0/24"), PoolConfig("2001:db8::/80")
        self.assert_refused(403, OVERLAP, v4, v6, ipv6=True)
        self.assert_refused(403, OVERLAP, v4, PoolConfig("10.0.0.0/25"))
        # Without EnableIPv6 the IPv6 subnet is shown, but not taken.
        self.assertEqual(
            [{"Subnet": "10.0.0.0/24"}, {"Subnet": "2001:db8::/80"}],
            self.shown(self.create(v4, v6)),
        )

    def test_no_subnets(self) -> None:
        for subnet in ("bad", "172.16.1.0", "172.16.1.0/33", "", " 172.16.1.0/24", "1.2.3.4/+8"):
            message = f"Invalid subnet {subnet} : invalid CIDR address: {subnet}"
            self.assert_refused(500, message, PoolConfig(subnet))
        for text in ("10.0.0.0/255.0.0.0", "fe80::%1/64", "10.0.0.0/" + "9" * 5000, "10.01.0.0/8"):
            with self.assertRaises(ValueError):
                parse_subnet(text)
        self.assertIsNone(parse_address("fe80::1%eth0"))

    def test_host_bits_are_shown_as_they_were_given(self) -> None:
        network = self.create(PoolConfig("10.5.0.5/24"))
        self.assertEqual([{"Subnet": "10.5.0.5/24"}], self.shown(network))
        self.store.restart()
        self.assertEqual([{"Subnet": "10.5.0.5/24", "Gateway": "10.5.0.1"}], self.shown(network))

    def test_too_small(self) -> None:
        for subnet in ("10.0.0.0/32", "10.0.0.0/31"):
            message = f"failed to allocate gateway (): {FULL}"
            self.assert_refused(500, message, PoolConfig(subnet))
        message = f"failed to allocate gateway (10.0.0.1): {FULL}"
        self.assert_refused(500, message, PoolConfig("10.0.0.0/31", gateway="10.0.0.1"))
        v4 = PoolConfig("10.0.0.0/30")
        message = f"failed to allocate gateway (): {FULL}"
        self.assert_refused(500, message, v4, PoolConfig("2001:db8::/128"), ipv6=True)
        self.create(v4)

    def test_defaults_go_round(self) -> None:
        self.create(PoolConfig("172.18.5.0/24"))
        first, second = self.create(), self.create()
        self.assertEqual([{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}], self.shown(first))
        self.assertEqual("172.19.0.0/16", self.shown(second)[0]["Subnet"])
        self.store.remove(first)
        self.assertEqual("172.20.0.0/16", self.shown(self.create())[0]["Subnet"])
        while self.shown(self.create())[0]["Subnet"] != "192.168.240.0/20":
            pass
        last = self.create()
        self.assertEqual("172.17.0.0/16", self.shown(last)[0]["Subnet"])
        message = NO_V6.replace("IPv6", "IPv4")
        self.assert_refused(404, message)
        self.store.restart()
        self.store.remove(last)
        self.create()
        self.assertEqual(31, len(DEFAULTS))

    def test_ipv6_has_no_default(self) -> None:
        v4 = PoolConfig("10.0.0.0/24")
        for config in ((), (v4,)):
            self.assert_refused(404, NO_V6, *config, ipv6=True)
        self.create(v4)

    def test_ipv4_comes_first_and_may_be_a_default(self) -> None:
        v4, v6 = PoolConfig("10.0.0.0/24"), PoolConfig("2001:db8:1::/64")
        network = self.create(v6, v4, ipv6=True)
        self.assertEqual(
            [{"Subnet": "10.0.0.0/24"}, {"Subnet": "2001:db8:1::/64"}], self.shown(network)
        )
        mixed = self.create(PoolConfig("2001:db8:2::5/64"), ipv6=True)
        default = {"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}
        self.assertEqual([default, {"Subnet": "2001:db8:2::5/64"}], self.shown(mixed))
        self.store.restart()
        self.assertEqual("2001:db8:2::1", self.shown(mixed)[1]["Gateway"])
        self.assertEqual("2001:db8:1::1", self.shown(network)[1]["Gateway"])


class GatewayTest(PoolsCase):
    def test_what_a_restart_shows(self) -> None:
        for config, gateway in (
            (PoolConfig("10.1.0.0/24"), "10.1.0.1"),
            (PoolConfig("10.2.0.0/24", gateway="10.2.0.254"), "10.2.0.254"),
            (PoolConfig("10.3.0.0/24", ip_range="10.3.0.128/25"), "10.3.0.128"),
            (PoolConfig("10.4.0.0/24", ip_range="10.9.0.128/25"), "10.4.0.128"),
            (PoolConfig("10.5.0.0/24", ip_range="10.5.0.129/25"), "10.5.0.128"),
            (PoolConfig("10.6.0.0/24", ip_range="10.6.0.0/16"), "10.6.0.1"),
            (PoolConfig("10.7.0.0/24", ip_range="10.7.0.5/32"), "10.7.0.5"),
            (PoolConfig("10.8.0.0/24", "10.8.0.128/25", "10.8.0.1"), "10.8.0.1"),
            (PoolConfig("10.10.0.0/30"), "10.10.0.1"),
        ):
            with self.subTest(config):
                network = self.create(config)
                self.assertEqual(config.gateway, self.shown(network)[0].get("Gateway", ""))
                self.store.restart()
                self.assertEqual(gateway, self.shown(network)[0]["Gateway"])
                self.store.restart()
                self.assertEqual(gateway, self.shown(network)[0]["Gateway"])

    def test_refused(self) -> None:
        for gateway, reason in (
            ("10.0.1.1", "Requested address is out of range"),
            ("2001:db8::1", "Requested address is out of range"),
            ("10.0.0.0", "Address already in use"),
            ("10.0.0.255", "Address already in use"),
        ):
            message = f"failed to allocate gateway ({gateway}): {reason}"
            self.assert_refused(500, message, PoolConfig("10.0.0.0/24", gateway=gateway))
        for gateway in ("bad", "10.0.0.1/24"):
            message = f"invalid gateway address {gateway} in Ipam configuration"
            self.assert_refused(500, message, PoolConfig("10.0.0.0/24", gateway=gateway))
        self.create(PoolConfig("10.0.0.0/24"))


class AuxiliaryTest(PoolsCase):
    def auxiliary(self, subnet: str, gateway: str = "", **addresses: str) -> PoolConfig:
        return PoolConfig(subnet, gateway=gateway, auxiliary=addresses)

    def test_shown_by_name(self) -> None:
        network = self.create(self.auxiliary("10.0.0.0/24", r="10.0.0.9", a="10.0.0.8"))
        self.assertEqual(["a", "r"], list(self.shown(network)[0]["AuxiliaryAddresses"]))
        self.store.remove(network)
        empty = self.create(self.auxiliary("10.0.0.0/24"))
        self.assertEqual([{"Subnet": "10.0.0.0/24"}], self.shown(empty))

    def test_in_use(self) -> None:
        for config in (
            self.auxiliary("10.0.0.0/24", r="10.0.0.1"),
            self.auxiliary("10.0.0.0/24", "10.0.0.1", r="10.0.0.1"),
        ):
            message = "failed to allocate secondary ip address (r:10.0.0.1): Address already in use"
            self.assert_refused(500, message, config)
        self.create(PoolConfig("10.0.0.0/24"))

    def test_a_bad_one_leaks_the_pool_until_a_restart(self) -> None:
        for config, status, message in (
            (
                self.auxiliary("10.1.0.0/24", r="bad"),
                500,
                "non parsable secondary ip address (r:bad) passed for network {}",
            ),
            (
                self.auxiliary("10.2.0.0/24", r="10.9.0.1"),
                403,
                "auxiliary address: (r:10.9.0.1) must belong to the master pool: 10.2.0.0/24",
            ),
        ):
            self.assert_refused(status, message.format(f"n{self.count}"), config)
            self.assert_refused(403, OVERLAP, PoolConfig(config.subnet))
        self.store.restart()
        self.create(PoolConfig("10.1.0.0/24"), PoolConfig("10.2.0.0/24"))


class RangeTest(PoolsCase):
    def test_ranges_of_one_subnet_live_side_by_side(self) -> None:
        whole = "10.2.0.0/16"
        first, second = (PoolConfig(whole, f"10.2.{n}.0/24") for n in (1, 2))
        networks = [self.create(first), self.create(second)]
        self.assert_refused(403, OVERLAP, second)
        self.assert_refused(403, OVERLAP, PoolConfig(whole))
        self.assert_refused(403, OVERLAP, PoolConfig("10.2.3.0/24"))
        networks.append(self.create(PoolConfig("10.2.3.0/24", "10.2.3.128/25")))
        self.store.restart()
        gateways = [self.shown(network)[0]["Gateway"] for network in networks]
        self.assertEqual(["10.2.1.0", "10.2.2.0", "10.2.3.128"], gateways)
        for network in networks:
            self.store.remove(network)
        self.create(PoolConfig(whole))

    def test_a_range_may_be_taken_beside_a_whole_subnet(self) -> None:
        self.create(PoolConfig("10.3.0.0/24"))
        wide = self.create(PoolConfig("10.3.0.0/16", "10.3.9.0/24"))
        same = self.create(PoolConfig("10.3.0.0/24", "10.3.0.0/25"))
        self.store.restart()
        self.assertEqual("10.3.9.0", self.shown(wide)[0]["Gateway"])
        # .1 is the other network's.
        self.assertEqual("10.3.0.2", self.shown(same)[0]["Gateway"])

    def test_refused(self) -> None:
        failed = 'failed to parse pool request for address space "LocalDefault" pool "10.0.0.0/24" '
        for ip_range, reason in (
            ("bad", "Invalid Address SubPool"),
            ("10.0.0.4", "Invalid Address SubPool"),
            (
                "2001:db8::/64",
                "failed to compute range's lowest ip address: cannot compute host portion ip "
                "address because ip and mask are not compatible",
            ),
        ):
            message = f'{failed}subpool "{ip_range}": {reason}'
            self.assert_refused(500, message, PoolConfig("10.0.0.0/24", ip_range))
        message = f"failed to allocate gateway (): {FULL}"
        self.assert_refused(500, message, PoolConfig("10.0.0.0/24", "10.0.0.0/32"))
        self.create(PoolConfig("10.0.0.0/24"))


class BareTest(unittest.TestCase):
    def take(self, pools: Pools, subnet: str, wanted: Optional[str] = None) -> Sequence[str]:
        key = pools.request(subnet, "")
        address = pools.address(key, ipaddress.ip_address(wanted) if wanted else None)
        return [str(key.subnet), str(address)]

    def test_huge_subnets_cost_nothing(self) -> None:
        pools = Pools()
        self.assertEqual(["2001:db8::/32", "2001:db8::1"], self.take(pools, "2001:db8::/32"))
        self.assertEqual(["10.0.0.0/8", "10.9.9.9"], self.take(pools, "10.0.0.0/8", "10.9.9.9"))

    def test_an_address_comes_back(self) -> None:
        pools = Pools()
        key = pools.request("10.0.0.0/30", "")
        self.assertEqual(Key(ipaddress.ip_network("10.0.0.0/30")), key)
        first = pools.address(key)
        pools.free(key, first)
        self.assertEqual(first, pools.address(key))
