"""The networks of the lab's engine through its API: made, listed, filtered, removed."""

import http.client
import json
import unittest
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlsplit

import requests

from lab.engine import Engine, Refused

CREATE = b'{"Name":"n","Driver":"macvlan","Options":{"parent":"eth0.5"}}'


class EngineCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.engine = Engine(tcp=("127.0.0.1", 0), shuffle=lambda _: None)
        self.engine.start()
        self.addCleanup(self.engine.stop)
        parts = urlsplit(self.engine.tcp_url)
        self.address = (str(parts.hostname), int(parts.port or 0))

    def call(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        content_type: str = "application/json",
    ) -> Tuple[int, List[Tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        self.addCleanup(connection.close)
        headers = {"Content-Type": content_type} if body is not None else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def message(self, method: str, path: str, body: Optional[bytes] = None) -> Tuple[int, str]:
        status, _, answer = self.call(method, path, body)
        return status, str(json.loads(answer)["message"])


class NetworkTest(EngineCase):
    def test_create_inspect_remove(self) -> None:
        status, _, body = self.call("POST", "/networks/create", CREATE)
        self.assertEqual(201, status)
        network = json.loads(body)["Id"]
        for term in (network, "n", network[:20]):
            shown = json.loads(self.call("GET", f"/networks/{term}?verbose=true&scope=local")[2])
            self.assertEqual(network, shown["Id"])
        status, headers, body = self.call("DELETE", "/networks/n")
        self.assertEqual((204, b""), (status, body))
        self.assertNotIn("Content-Length", dict(headers))
        expected = (404, f"network {network} not found")
        self.assertEqual(expected, self.message("DELETE", f"/networks/{network}"))

    def test_refusals(self) -> None:
        bool_ = 'strconv.ParseBool: parsing "zz": invalid syntax'
        for method, path, body, status, message in (
            ("POST", "/networks/create", b"{", 400, "unexpected EOF"),
            ("POST", "/networks/create", b"", 400, "got EOF while reading request body"),
            ("POST", "/networks/create", b"{}", 500, "invalid name: "),
            ("GET", "/networks/host?scope=swarm", None, 404, "network host not found"),
            ("GET", "/networks/create", None, 404, "network create not found"),
            ("GET", "/networks/x?verbose=zz", None, 400, f"invalid value for verbose: zz: {bool_}"),
            ("GET", "/networks/a?x=%zz", None, 400, 'invalid URL escape "%zz"'),
            ("GET", "/networks/a%ffb", None, 404, "network a\ufffdb not found"),
            ("GET", "/networks/%3Cb%3E%26", None, 404, "network <b>& not found"),
            (
                "DELETE",
                "/networks/",
                None,
                400,
                "network  is ambiguous (3 matches found based on ID prefix)",
            ),
        ):
            with self.subTest(path=path, body=body):
                self.assertEqual((status, message), self.message(method, path, body))
        status, _, body = self.call("POST", "/networks/create", CREATE, "text/plain")
        message = "Content-Type specified (text/plain) must be 'application/json'"
        self.assertEqual((400, {"message": message}), (status, json.loads(body)))
        charset = "application/json; charset=utf-8"
        self.assertEqual(201, self.call("POST", "/networks/create", CREATE, charset)[0])

    def test_bytes_that_are_no_utf_8_are_told_as_go_does(self) -> None:
        answer = self.call("GET", "/networks/a%ffb")[2]
        self.assertEqual(b'{"message":"network a\\ufffdb not found"}\n', answer)
        answer = self.call("GET", "/v1.23/networks/a%ffb")[2]
        self.assertEqual(b"network a\xffb not found\n", answer)

    def test_by_hand_and_prune(self) -> None:
        network = self.engine.create(
            "n112",
            parent="eth0.112",
            subnets=["10.0.0.0/24", "2001:db8::/64"],
            gateways=["10.0.0.9"],
        )
        shown = json.loads(self.call("GET", f"/networks/{network}")[2])
        self.assertTrue(shown["EnableIPv6"])
        config = [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.9"}, {"Subnet": "2001:db8::/64"}]
        self.assertEqual(config, shown["IPAM"]["Config"])
        with self.assertRaises(Refused):
            self.engine.create("n112", parent="eth0.113")
        names = [document["Name"] for document in self.engine.networks()]
        self.assertEqual(["bridge", "host", "n112", "none"], sorted(names))
        pruned = self.call("POST", "/networks/prune")
        self.assertEqual(b'{"NetworksDeleted":["n112"]}\n', pruned[2])
        self.assertEqual(b'{"NetworksDeleted":null}\n', self.call("POST", "/networks/prune")[2])

    def test_requests_talks_to_it(self) -> None:
        base = self.engine.tcp_url.replace("tcp://", "http://")
        with requests.Session() as session:
            session.trust_env = False
            body = {"Name": "n", "Driver": "macvlan", "Options": {"parent": "eth0.7"}}
            made = session.post(f"{base}/v1.41/networks/create", json=body, timeout=10)
            self.assertEqual(201, made.status_code)
            filters = {"filters": json.dumps({"driver": ["macvlan"]})}
            listed = session.get(f"{base}/networks", params=filters, timeout=10).json()
            self.assertEqual([made.json()["Id"]], [document["Id"] for document in listed])


class FilterTest(EngineCase):
    def setUp(self) -> None:
        super().setUp()
        for number, driver in ((1, "macvlan"), (2, "ipvlan"), (3, "macvlan")):
            labels = {"k": f"v{number}", f"i{number}": ""}
            self.engine.create(f"Net-{number}", driver, f"eth0.{number}", labels=labels)
        self.engine.create("br", "bridge", ip_ranges=[], options={})
        self.engine.create("cfg", config_only=True)

    def names(self, filters: Any) -> Any:
        text = filters if isinstance(filters, str) else json.dumps(filters)
        status, _, body = self.call("GET", f"/networks?filters={quote(text)}")
        answer = json.loads(body)
        return [d["Name"] for d in answer] if status == 200 else (status, answer["message"])

    def test_filters(self) -> None:
        own = ["Net-1", "Net-2", "Net-3", "br", "cfg"]
        builtin = ["none", "host", "bridge"]
        everything = [*builtin, *own]
        first = next(d["Id"] for d in self.engine.networks() if d["Name"] == "Net-1")
        cases: List[Tuple[Mapping[str, Any], List[str]]] = [
            ({}, everything),
            ({"driver": ["macvlan"]}, ["Net-1", "Net-3"]),
            ({"driver": {"macvlan": True, "ipvlan": True}}, ["Net-1", "Net-2", "Net-3"]),
            ({"driver": {"macvlan": False}}, []),
            ({"driver": {"macvlan": None}}, []),
            ({"driver": None}, everything),
            ({"driver": []}, everything),
            ({"driver": ["mac"]}, []),
            ({"name": ["Net"]}, ["Net-1", "Net-2", "Net-3"]),
            ({"name": ["^Net-[12]$"]}, ["Net-1", "Net-2"]),
            ({"name": ["net"]}, []),
            ({"name": ["["]}, []),
            ({"id": [first]}, ["Net-1"]),
            ({"id": [first[8:30]]}, ["Net-1"]),
            ({"scope": ["local"]}, everything),
            ({"scope": ["swarm"]}, []),
            ({"type": ["custom"]}, own),
            ({"type": ["builtin"]}, builtin),
            ({"type": ["builtin", "custom"]}, everything),
            ({"label": ["k"]}, ["Net-1", "Net-2", "Net-3"]),
            ({"label": ["k=v1"]}, ["Net-1"]),
            ({"label": ["i1="]}, ["Net-1"]),
            ({"label": ["k=v1", "k=v2"]}, []),
            ({"label": ["k=v1", "i1"]}, ["Net-1"]),
            ({"dangling": ["true"]}, own),
            ({"dangling": ["0"]}, builtin),
            ({"driver": ["macvlan"], "name": ["3"]}, ["Net-3"]),
        ]
        for filters, expected in cases:
            with self.subTest(filters):
                self.assertEqual(expected, self.names(filters))
        self.assertEqual(everything, self.names(""))
        self.assertEqual(everything, self.names("null"))

    def test_refused(self) -> None:
        outer = "json: cannot unmarshal {} into Go value of type map[string]map[string]bool"
        inner = "json: cannot unmarshal {} into Go value of type map[string]bool"
        flag = 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")'
        more = 'got more than one value for filter key "dangling"'
        cases: Dict[str, Tuple[int, str]] = {
            '{"nosuch":["a"]}': (400, "Invalid filter 'nosuch'"),
            '{"dangling":["zz"]}': (400, flag),
            '{"dangling":["true","false"]}': (400, more),
            '{"type":["zz"]}': (500, "invalid filter: 'type'='zz'"),
            "zz": (500, "invalid character 'z' looking for beginning of value"),
            "[]": (500, outer.format("array")),
            "5": (500, outer.format("number")),
            '{"driver":"macvlan"}': (500, inner.format("string")),
            '{"driver":[1]}': (500, inner.format("array")),
            '{"driver":{"a":1}}': (
                500,
                "json: cannot unmarshal number into Go value of type bool",
            ),
            "{}x": (500, "invalid character 'x' after top-level value"),
        }
        for text, expected in cases.items():
            with self.subTest(text):
                self.assertEqual(expected, self.names(text))


class NewerEngine(unittest.TestCase):
    def test_api_1_52_reserves_no_gateway_for_macvlan_and_ipvlan(self) -> None:
        with Engine(tcp=("127.0.0.1", 0), version="1.52") as engine:
            for name, driver, parent, subnets in (
                ("a", "macvlan", "eth0.5", ["10.5.0.0/24"]),
                ("b", "ipvlan", "eth0.6", ["10.6.0.0/24"]),
                ("c", "macvlan", "eth0.7", []),
                ("d", "bridge", None, ["10.8.0.0/24"]),
            ):
                engine.create(name, driver, parent, subnets)
            engine.create("e", "macvlan", "eth0.9", ["10.9.0.0/24"], ["10.9.0.7"])
            engine.restart()
            shown = {one["Name"]: one for one in engine.networks()}
            gateways = {
                name: [pool.get("Gateway") for pool in one["IPAM"]["Config"]]
                for name, one in shown.items()
                if len(name) == 1
            }
            expected = {"a": [None], "b": [None], "c": [None], "d": ["10.8.0.1"], "e": ["10.9.0.7"]}
            self.assertEqual(gateways, expected)
            self.assertTrue(all(one["EnableIPv4"] for one in shown.values()))
            answer = requests.get(engine.tcp_url.replace("tcp", "http") + "/networks", timeout=10)
            self.assertEqual(answer.headers["Api-Version"], "1.52")
            self.assertEqual(
                requests.get(answer.url.replace("networks", "v1.52/version"), timeout=10).json()[
                    "Version"
                ],
                "29.1.2",
            )
