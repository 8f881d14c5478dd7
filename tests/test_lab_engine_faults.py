"""What can be made to go wrong with the lab's engine does go wrong, and ends."""

import contextlib
import http.client
import json
import socket
import tempfile
import threading
import unittest
from typing import Iterator, Tuple

from lab.engine import Engine, EngineFaults

STREAM = b"GET /events HTTP/1.1\r\nHost: d\r\n\r\n"
CHUNK = b'e4\r\n{"Type":"network","Action":"create"'


class FaultsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/docker.sock"
        self.engine = Engine(unix=self.path, tcp=("127.0.0.1", 0))
        self.engine.start()
        self.addCleanup(self.engine.stop)
        self.names: Iterator[int] = iter(range(1, 100))

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.settimeout(10)
        sock.connect(self.path)
        return sock

    def get(self, path: str = "/networks") -> Tuple[int, bytes]:
        host, _, port = self.engine.tcp_url[len("tcp://") :].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def stream(self) -> socket.socket:
        sock = self.connect()
        sock.sendall(STREAM)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        self.assertTrue(self.engine.wait_for_readers(1))
        return sock

    def create(self) -> str:
        number = next(self.names)
        return self.engine.create(f"n{number}", parent=f"eth0.{number}")

    def test_nothing_is_wrong_at_first(self) -> None:
        self.assertEqual(EngineFaults(), self.engine.faults)
        self.assertEqual(200, self.get()[0])

    def test_status(self) -> None:
        self.engine.faults = EngineFaults(status=500)
        status, body = self.get()
        self.assertEqual((500, {"message": "out of order"}), (status, json.loads(body)))
        self.assertEqual(500, self.get("/events")[0])
        self.engine.faults = EngineFaults()
        self.assertEqual(200, self.get()[0])

    def test_only_some_paths_and_only_so_often(self) -> None:
        self.engine.faults = EngineFaults(status=503, paths=("/networks",), times=2)
        statuses = [self.get(path)[0] for path in ("/_ping", "/networks", "/v1.41/networks/host")]
        self.assertEqual([200, 503, 503], statuses)
        self.assertEqual(200, self.get()[0])

    def test_garble(self) -> None:
        stream = self.stream()
        self.engine.faults = EngineFaults(garble=b"<html>")
        self.assertEqual((200, b"<html>"), self.get())
        self.create()
        self.assertEqual(b"6\r\n<html>\r\n", stream.recv(65536))

    def test_garble_leaves_an_answer_without_a_body_alone(self) -> None:
        self.create()
        self.engine.faults = EngineFaults(garble=b"<html>")
        sock = self.connect()
        sock.sendall(b"DELETE /networks/n1 HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
        self.assertTrue(answer.startswith(b"HTTP/1.0 204"), answer)
        self.assertTrue(answer.endswith(b"\r\n\r\n"), answer)

    def test_a_body_is_cut(self) -> None:
        self.engine.faults = EngineFaults(cut=10)
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.get()
        self.assertEqual(10, len(caught.exception.partial))

    def test_an_event_is_cut(self) -> None:
        stream = self.stream()
        self.engine.faults = EngineFaults(cut=len(CHUNK))
        self.create()
        self.assertEqual(CHUNK, b"".join(iter(lambda: stream.recv(65536), b"")))
        self.assertTrue(self.engine.wait_for_readers(0))

    def test_past_events_are_cut_too(self) -> None:
        self.create()
        self.engine.faults = EngineFaults(cut=len(CHUNK))
        sock = self.connect()
        sock.sendall(STREAM.replace(b"/events", b"/events?since=0"))
        self.assertTrue(b"".join(iter(lambda: sock.recv(65536), b"")).endswith(CHUNK))

    def test_a_stalled_stream_is_silent_and_open(self) -> None:
        stream = self.stream()
        self.engine.faults = EngineFaults(stall=True)
        lost = self.create()
        self.assertTrue(self.engine.wait_for_lost_events(1))
        self.engine.faults = EngineFaults()
        told = self.create()
        received = stream.recv(65536)
        self.assertIn(told.encode(), received)
        self.assertNotIn(lost.encode(), received)
        self.assertFalse(self.engine.wait_for_lost_events(2, timeout=0))

    def test_a_stalled_stream_does_not_end_either(self) -> None:
        lost = self.create()
        self.engine.faults = EngineFaults(stall=True)
        sock = self.connect()
        sock.sendall(STREAM.replace(b"/events", b"/events?since=0&until=0"))
        sock.sendall(STREAM.replace(b"/events", b"/events?since=0&until=0"))
        self.assertTrue(self.engine.wait_for_lost_events(1))
        self.assertEqual(1, self.engine.readers)
        self.engine.faults = EngineFaults()
        received = b""
        while received.count(b"0\r\n\r\n") < 2:
            received += sock.recv(65536)
        self.assertEqual(1, received.count(lost.encode()))

    def test_drip(self) -> None:
        self.engine.faults = EngineFaults(drip=0.0)
        self.assertEqual((200, b"OK"), self.get("/_ping"))
        stream = self.stream()
        self.create()
        received = b""
        while not received.endswith(b"}\n\r\n"):
            received += stream.recv(1)
        self.assertTrue(received.startswith(CHUNK), received)

    def test_delay_ends_with_the_engine(self) -> None:
        self.engine.faults = EngineFaults(delay=0.001)
        self.assertEqual(200, self.get()[0])
        sock = self.connect()
        ping = b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
        sock.sendall(ping)
        self.assertTrue(sock.recv(65536).endswith(b"OK"))
        self.engine.faults = EngineFaults(delay=1e9)
        sock.sendall(ping)
        self.engine.stop()
        received = b""
        with contextlib.suppress(ConnectionResetError):
            received = sock.recv(65536)
        self.assertEqual(b"", received)

    def test_refused_connections(self) -> None:
        stream = self.stream()
        self.engine.faults = EngineFaults(refuse=True)
        for _ in range(2):
            with self.assertRaises(ConnectionRefusedError):
                self.connect()
            with self.assertRaises(ConnectionRefusedError):
                self.get()
        # What was open lives on.
        self.create()
        self.assertTrue(stream.recv(65536))
        self.engine.faults = EngineFaults()
        self.assertEqual(200, self.get()[0])
        self.connect()

    def test_refused_from_the_start(self) -> None:
        self.engine.stop()
        self.engine.faults = EngineFaults(refuse=True)
        self.engine.start()
        with self.assertRaises(ConnectionRefusedError):
            self.get()
        self.engine.faults = EngineFaults()
        self.assertEqual(200, self.get()[0])

    def test_a_reader_that_stops_reading_stops_nobody(self) -> None:
        stream = self.stream()
        for _ in range(6000):
            self.engine.emit({"Type": "container", "Action": "exec_start", "pad": "x" * 200})
        self.assertGreater(self.engine.lost_events, 1000)
        self.assertEqual(200, self.get()[0])
        stream.close()
        self.assertTrue(self.engine.wait_for_readers(0))

    def test_faults_may_be_set_from_any_thread(self) -> None:
        thread = threading.Thread(
            target=setattr, args=(self.engine, "faults", EngineFaults(status=502))
        )
        thread.start()
        thread.join(10)
        self.assertEqual(502, self.get()[0])
