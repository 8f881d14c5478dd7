"""The lab's engine over sockets: paths, versions, framing, and what is no HTTP at all."""

import email.utils
import http.client
import json
import os
import socket
import tempfile
import threading
import unittest
from typing import List, Tuple
from urllib.parse import urlsplit

from lab.engine import Engine

HOST = "Host: docker\r\n"
CREATE = b'{"Name":"n","Driver":"macvlan","Options":{"parent":"eth0.5"}}'
NOT_FOUND = b'{"message":"page not found"}\n'


class EngineCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.engine = Engine(tcp=("127.0.0.1", 0), shuffle=lambda _: None)
        self.engine.start()
        self.addCleanup(self.engine.stop)
        parts = urlsplit(self.engine.tcp_url)
        self.address = (str(parts.hostname), int(parts.port or 0))

    def connect(self) -> socket.socket:
        sock = socket.create_connection(self.address, timeout=10)
        self.addCleanup(sock.close)
        return sock

    def raw(self, data: str) -> bytes:
        """Everything that comes back when this is all that is sent."""
        sock = self.connect()
        sock.sendall(data.encode("latin-1"))
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))

    def call(self, method: str, path: str) -> Tuple[int, List[Tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def message(self, method: str, path: str) -> Tuple[int, str]:
        status, _, answer = self.call(method, path)
        return status, str(json.loads(answer)["message"])


class PathTest(EngineCase):
    def test_ping(self) -> None:
        common = [
            ("Api-Version", "1.41"),
            ("Cache-Control", "no-cache, no-store, must-revalidate"),
        ]
        rest = [
            ("Docker-Experimental", "false"),
            ("Ostype", "linux"),
            ("Pragma", "no-cache"),
            ("Server", "Docker/20.10.24+dfsg1 (linux)"),
        ]
        text = ("Content-Type", "text/plain; charset=utf-8")
        for path in ("/_ping", "/v1.41/_ping"):
            status, headers, body = self.call("GET", path)
            self.assertEqual((200, b"OK"), (status, body))
            dateless = [header for header in headers if header[0] != "Date"]
            self.assertEqual([*common, *rest, ("Content-Length", "2"), text], dateless)
            status, headers, body = self.call("HEAD", path)
            self.assertEqual((200, b""), (status, body))
            dateless = [header for header in headers if header[0] != "Date"]
            self.assertEqual([*common, ("Content-Length", "0"), text, *rest], dateless)
            self.assertIsNotNone(email.utils.parsedate(dict(headers)["Date"]))

    def test_what_is_not_there(self) -> None:
        for method, path in (
            ("GET", "/"),
            ("GET", "/nosuch"),
            ("GET", "/v1.41"),
            ("GET", "/v1.41/"),
            ("GET", "/V1.41/networks"),
            ("GET", "/v1.42/nosuch"),
            ("GET", "/containers/x/json"),
            ("PUT", "/networks"),
            ("DELETE", "/networks"),
            ("POST", "/networks/none"),
            ("POST", "/_ping"),
            ("FOO", "/networks"),
            ("GET", "/networks/x%0Ay"),
        ):
            with self.subTest(method=method, path=path):
                status, headers, body = self.call(method, path)
                self.assertEqual((404, NOT_FOUND), (status, body))
                names = [name for name, _ in headers]
                self.assertEqual(["Content-Type", "Date", "Content-Length"], names)
        self.assertEqual((404, b""), self.call("HEAD", "/networks")[::2])

    def test_options(self) -> None:
        status, headers, body = self.call("OPTIONS", "/whatever")
        self.assertEqual((200, b""), (status, body))
        self.assertEqual("0", dict(headers)["Content-Length"])

    def test_redirects(self) -> None:
        for path, location in (
            ("//networks", "/networks"),
            ("/networks/../networks?a=b", "/networks?a=b"),
            ("/v1.41/networks/..", "/v1.41"),
            ("/networks//", "/networks/"),
            ("/a/./%e2%98%83%ff", "/a/%E2%98%83%FF"),
        ):
            status, headers, body = self.call("GET", path)
            self.assertEqual((301, b""), (status, body))
            self.assertEqual(location, dict(headers)["Location"])
            self.assertEqual("0", dict(headers)["Content-Length"])

    def test_versions(self) -> None:
        new = "client version {} is too new. Maximum supported API version is 1.41"
        for version in ("1.42", "2.0", "1.410", "1.41.1"):
            expected = (400, new.format(version))
            self.assertEqual(expected, self.message("GET", f"/v{version}/networks"))
        old = (
            "client version {} is too old. Minimum supported API version is 1.12, "
            "please upgrade your client to a newer version\n"
        )
        for version in ("1.11", "1", "0.9"):
            status, headers, body = self.call("GET", f"/v{version}/networks")
            self.assertEqual((400, old.format(version).encode()), (status, body))
            self.assertEqual("nosniff", dict(headers)["X-Content-Type-Options"])
            self.assertNotIn("Docker-Experimental", dict(headers))
        for version in ("1.12", "1.24", "1.41", "1.41.0"):
            self.assertEqual(200, self.call("GET", f"/v{version}/networks")[0])
        self.assertEqual(b"network x not found\n", self.call("GET", "/v1.23/networks/x")[2])
        self.assertEqual((404, "network x not found"), self.message("GET", "/v1.24/networks/x"))

    def test_info_and_version(self) -> None:
        info = json.loads(self.call("GET", "/info")[2])
        self.assertEqual(("lab", "", 0), (info["Name"], info["Swarm"]["NodeID"], info["Images"]))
        self.assertRegex(info["ID"], r"\A(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}\Z")
        version = json.loads(self.call("GET", "/version")[2])
        self.assertEqual(("1.41", "1.12"), (version["ApiVersion"], version["MinAPIVersion"]))


class WireTest(EngineCase):
    def test_unreadable(self) -> None:
        for data, status in (
            ("GARBAGE\r\n\r\n", "400 Bad Request"),
            ("GET /networks\r\n\r\n", "400 Bad Request"),
            ("G(T /networks HTTP/1.1\r\n\r\n", "400 Bad Request"),
            (f"GET x HTTP/1.1\r\n{HOST}\r\n", "400 Bad Request"),
            (f"GET http://[ HTTP/1.1\r\n{HOST}\r\n", "400 Bad Request"),
            (f"GET /%zz HTTP/1.1\r\n{HOST}\r\n", "400 Bad Request"),
            ("GET / HTTP/1.1\r\nno header\r\n\r\n", "400 Bad Request"),
            (f"POST / HTTP/1.1\r\n{HOST}Content-Length: abc\r\n\r\n", "400 Bad Request"),
            (
                f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nx\r\n",
                "400 Bad Request",
            ),
            (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"),
            ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"),
            (
                "GET / HTTP/2.0\r\n\r\n",
                "505 HTTP Version Not Supported: unsupported protocol version",
            ),
            (
                f"POST / HTTP/1.1\r\n{HOST}Content-Length: 99999999999\r\n\r\n",
                "413 Request Entity Too Large",
            ),
            (
                f"GET / HTTP/1.1\r\n{HOST}X: {'a' * 1_100_000}\r\n\r\n",
                "431 Request Header Fields Too Large",
            ),
        ):
            with self.subTest(data[:60]):
                plain = "Content-Type: text/plain; charset=utf-8\r\nConnection: close"
                expected = f"HTTP/1.1 {status}\r\n{plain}\r\n\r\n{status}"
                self.assertEqual(expected, self.raw(data).decode())

    def test_what_ends_too_early_gets_nothing(self) -> None:
        for data in (
            "",
            "GET / HTTP/1.1\r\nHost",
            f"POST /networks/create HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\n{{}}",
        ):
            self.assertEqual(b"", self.raw(data))

    def test_chunked_body(self) -> None:
        body = f"{len(CREATE):x};ext\r\n{CREATE.decode()}\r\n0\r\nTrailer: x\r\n\r\n"
        head = f"POST /networks/create HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
        answer = self.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n{body}")
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 Created\r\n"), answer)

    def test_a_long_list_is_one_chunk(self) -> None:
        for number in range(1, 9):
            self.engine.create("n" * 500 + str(number), parent=f"eth0.{number}")
        answer = self.raw(f"GET /networks HTTP/1.1\r\n{HOST}\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"Transfer-Encoding: chunked", head)
        self.assertNotIn(b"Content-Length", head)
        size, _, rest = body.partition(b"\r\n")
        self.assertTrue(rest.endswith(b"]\n\r\n0\r\n\r\n"))
        self.assertEqual(int(size, 16), len(rest) - len(b"\r\n0\r\n\r\n"))
        old = self.raw("GET /networks HTTP/1.0\r\n\r\n")
        self.assertIn(f"Content-Length: {int(size, 16)}\r\n".encode(), old)

    def test_continue(self) -> None:
        head = f"POST /networks/create HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
        rest = f"Expect: 100-continue\r\nContent-Length: {len(CREATE)}\r\n\r\n{CREATE.decode()}"
        answer = self.raw(head + rest)
        self.assertTrue(answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201"), answer)

    def test_connections_stay_open(self) -> None:
        ping = f"GET /_ping HTTP/1.1\r\n{HOST}\r\n"
        self.assertEqual(2, self.raw(ping + ping).count(b"\r\n\r\nOK"))
        closing = f"GET /_ping HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
        answer = self.raw(closing + ping)
        self.assertEqual(1, answer.count(b"\r\n\r\nOK"))
        self.assertIn(b"Connection: close\r\n", answer)
        old = "GET /_ping HTTP/1.0\r\n\r\n"
        answer = self.raw(old + old)
        self.assertEqual(1, answer.count(b"\r\n\r\nOK"))
        self.assertTrue(answer.startswith(b"HTTP/1.0 200 OK\r\n"), answer)
        absolute = f"GET http://x/_ping HTTP/1.1\r\n{HOST}\r\n"
        self.assertTrue(self.raw(absolute).endswith(b"\r\n\r\nOK"))


class LifeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/docker.sock"

    def ping(self, path: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(path)
            sock.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def test_both_addresses(self) -> None:
        with Engine(unix=self.path, tcp=("127.0.0.1", 0)) as engine:
            self.assertEqual(f"unix://{self.path}", engine.unix_url)
            self.assertTrue(self.ping(self.path).endswith(b"OK"))
            host, _, port = engine.tcp_url.rpartition(":")
            self.assertEqual("tcp://127.0.0.1", host)
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10):
                pass
            engine.start()

    def test_addresses_that_it_does_not_have(self) -> None:
        with self.assertRaises(ValueError):
            Engine()
        with self.assertRaises(ValueError):
            _ = Engine(unix=self.path).tcp_url
        with self.assertRaises(ValueError):
            _ = Engine(tcp=("::1", 0)).unix_url
        self.assertEqual("tcp://[::1]:0", Engine(tcp=("::1", 0)).tcp_url)

    def test_ipv6(self) -> None:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            self.skipTest(f"no IPv6 on this machine's loopback: {error}")
        with Engine(tcp=("::1", 0)) as engine:
            self.assertRegex(engine.tcp_url, r"\Atcp://\[::1\]:[1-9][0-9]*\Z")

    def test_a_stale_socket_is_replaced_and_a_live_one_is_not(self) -> None:
        with Engine(unix=self.path), self.assertRaises(OSError):
            Engine(unix=self.path).start()
        self.assertTrue(os.path.exists(self.path))
        with Engine(unix=self.path):
            self.assertTrue(self.ping(self.path).endswith(b"OK"))
        os.unlink(self.path)
        with open(self.path, "w"), self.assertRaises(OSError):
            Engine(unix=self.path).start()

    def test_a_start_that_fails_leaves_nothing_open(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            engine = Engine(unix=self.path, tcp=("127.0.0.1", taken.getsockname()[1]))
            with self.assertRaises(OSError):
                engine.start()
        with self.assertRaises(OSError):
            self.ping(self.path)
        engine.start()
        self.assertTrue(self.ping(self.path).endswith(b"OK"))
        engine.stop()
        engine.stop()

    def test_no_thread_outlives_it(self) -> None:
        before = threading.active_count()
        with Engine(unix=self.path), socket.socket(socket.AF_UNIX) as sock:
            sock.connect(self.path)
            sock.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
            sock.settimeout(10)
            self.assertTrue(sock.recv(65536))
            self.assertGreater(threading.active_count(), before)
        self.assertEqual(before, threading.active_count())

    def test_a_restart_shows_gateways_and_keeps_the_port(self) -> None:
        with Engine(tcp=("127.0.0.1", 0)) as engine:
            url = engine.tcp_url
            engine.create("n", parent="eth0.112", subnets=["172.16.112.0/24"])
            network = next(d for d in engine.networks() if d["Name"] == "n")
            self.assertEqual([{"Subnet": "172.16.112.0/24"}], network["IPAM"]["Config"])
            engine.restart()
            self.assertEqual(url, engine.tcp_url)
            network = next(d for d in engine.networks() if d["Name"] == "n")
            gateway = {"Subnet": "172.16.112.0/24", "Gateway": "172.16.112.1"}
            self.assertEqual([gateway], network["IPAM"]["Config"])
