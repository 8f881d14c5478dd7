"""The lab engine's events: what is told, replayed, filtered and lost."""

import contextlib
import json
import socket
import tempfile
import unittest
from typing import Any, Dict, Iterator, List, Optional

from lab.engine import Engine, Refused
from lab.engine.events import Span

NANO = 10**9


class Stream:
    """A reader of /events over a raw socket."""

    def __init__(self, path: str, query: str = "", version: str = "1.1") -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(path)
        self.sock.sendall(f"GET /events{query} HTTP/{version}\r\nHost: d\r\n\r\n".encode())
        self.file = self.sock.makefile("rb")

    def head(self) -> List[bytes]:
        return list(iter(lambda: self.file.readline(), b"\r\n"))

    def chunk(self) -> Optional[bytes]:
        """One chunk; None where the stream ends without the last one."""
        size = self.file.readline()
        if not size:
            return None
        data = self.file.read(int(size, 16) + 2)
        assert data.endswith(b"\r\n")
        return data[:-2]

    def events(self) -> List[Dict[str, Any]]:
        """Every event up to the last chunk."""
        self.head()
        return [json.loads(data) for data in iter(lambda: self.chunk() or b"", b"")]

    def close(self) -> None:
        self.file.close()
        self.sock.close()


class EventsCase(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/docker.sock"
        self.now = 1_000 * NANO
        self.engine = Engine(unix=self.path, clock=self.clock)
        self.engine.start()
        self.addCleanup(self.engine.stop)

    def clock(self) -> int:
        """No two events at one moment, as in life."""
        self.now += 7
        return self.now

    @contextlib.contextmanager
    def stream(self, query: str = "", version: str = "1.1") -> Iterator[Stream]:
        stream = Stream(self.path, query, version)
        try:
            yield stream
        finally:
            stream.close()

    def told(self, query: str) -> List[Dict[str, Any]]:
        with self.stream(query) as stream:
            return stream.events()


class LiveTest(EventsCase):
    def test_headers_come_at_once_and_events_as_chunks(self) -> None:
        with self.stream() as stream:
            self.assertEqual(b"Transfer-Encoding: chunked\r\n", stream.head()[-1])
            self.assertTrue(self.engine.wait_for_readers(1))
            network = self.engine.create("n", parent="eth0.112")
            line = stream.chunk() or b""
            event = json.loads(line)
            self.assertTrue(line.endswith(b"}\n"))
            self.assertEqual(["Type", "Action", "Actor", "scope", "time", "timeNano"], list(event))
            attributes = {"name": "n", "type": "macvlan"}
            self.assertEqual({"ID": network, "Attributes": attributes}, event["Actor"])
            self.assertEqual(event["time"], event["timeNano"] // NANO)
            self.engine.remove(network)
            self.assertEqual("destroy", json.loads(stream.chunk() or b"")["Action"])

    def test_http_1_0_gets_bare_lines(self) -> None:
        with self.stream(version="1.0") as stream:
            head = stream.head()
            self.assertFalse([line for line in head if line.startswith(b"Transfer-Encoding")])
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.create("n", parent="eth0.112")
            self.assertEqual("create", json.loads(stream.file.readline())["Action"])

    def test_a_failed_create_tells_nothing(self) -> None:
        with self.stream() as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            with self.assertRaises(Refused):
                self.engine.create("n", parent="eth0.0")
            self.engine.create("m", parent="eth0.1")
            self.assertEqual("m", json.loads(stream.chunk() or b"")["Actor"]["Attributes"]["name"])

    def test_hostile_names_stay_in_their_line(self) -> None:
        name = '<b>&"\n\u2028\u2029\b\f\x7f\\b]]>é' + "n" * 6000
        with self.stream() as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.create(name, parent="eth0.112")
            line = stream.chunk() or b""
        self.assertEqual(name, json.loads(line)["Actor"]["Attributes"]["name"])
        self.assertEqual(1, line.count(b"\n"))
        escaped = rb"\u003cb\u003e\u0026\"\n\u2028\u2029\u0008\u000c" + b"\x7f" + rb"\\b]]\u003e"
        self.assertIn(escaped + "é".encode(), line)

    def test_events_of_ones_own(self) -> None:
        with self.stream() as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.emit({"Action": "start", "Type": "container", "odd": 1, "status": "start"})
            event = json.loads(stream.chunk() or b"")
            self.assertEqual(
                ["status", "Type", "Action", "scope", "time", "timeNano", "odd"], list(event)
            )
            self.engine.emit_line(b"no event\n")
            self.assertEqual(b"no event\n", stream.chunk())

    def test_a_reader_that_goes_is_forgotten(self) -> None:
        with self.stream() as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
        self.assertTrue(self.engine.wait_for_readers(0))

    def test_waiting_for_readers_ends(self) -> None:
        self.assertFalse(self.engine.wait_for_readers(1, timeout=0))


class EndTest(EventsCase):
    def test_dropped_streams_end_without_the_last_chunk(self) -> None:
        with self.stream() as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.drop_streams()
            self.assertIsNone(stream.chunk())
            self.assertEqual(0, self.engine.readers)
        # The daemon lives on, and remembers.
        self.engine.create("n", parent="eth0.112")
        with self.stream("?since=0") as stream:
            stream.head()
            self.assertEqual("create", json.loads(stream.chunk() or b"")["Action"])

    def test_a_restart_ends_streams_and_forgets(self) -> None:
        self.engine.create("n", parent="eth0.112")
        with self.stream("?since=0") as stream:
            stream.head()
            self.assertIsNotNone(stream.chunk())
            self.engine.restart()
            self.assertIsNone(stream.chunk())
        with self.stream("?since=0") as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.remove("n")
            self.assertEqual("destroy", json.loads(stream.chunk() or b"")["Action"])

    def test_until_ends_a_stream_in_good_order(self) -> None:
        with self.stream("?until=1003") as stream:
            stream.head()
            self.assertTrue(self.engine.wait_for_readers(1))
            self.engine.create("n", parent="eth0.112")
            self.assertTrue(stream.chunk())
            self.now = 1003 * NANO
            self.assertEqual(b"", stream.chunk())
            stream.sock.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
            self.assertEqual(b"HTTP/1.1 200 OK\r\n", stream.file.readline())

    def test_until_ends_http_1_0_too(self) -> None:
        with self.stream("?until=1003", "1.0") as stream:
            stream.head()
            self.now = 1003 * NANO
            self.assertEqual(b"", stream.file.read())


class SpanTest(EventsCase):
    def test_since_and_until_are_inclusive_to_the_nanosecond(self) -> None:
        for number in (1, 2, 3):
            self.engine.create(f"n{number}", parent=f"eth0.{number}")
        first, second, third = (e["timeNano"] for e in self.told("?since=0&until=0"))

        def names(since: int, until: int) -> List[str]:
            text = [f"{at // NANO}.{at % NANO:09d}" for at in (since, until)]
            events = self.told(f"?since={text[0]}&until={text[1]}")
            return [event["Actor"]["Attributes"]["name"] for event in events]

        self.assertEqual(["n1", "n2", "n3"], names(first, third))
        self.assertEqual(["n2"], names(first + 1, third - 1))
        self.assertEqual(["n2"], names(second, second))
        self.assertEqual([], names(second + 1, third - 1))

    def test_nothing_is_replayed_unless_asked(self) -> None:
        self.engine.create("n", parent="eth0.1")
        self.assertEqual([], self.told("?until=1"))
        self.now = 1100 * NANO
        self.assertEqual(1, len(self.told("?until=1100")))

    def test_refused(self) -> None:
        parse = "strconv.ParseInt: parsing {}: invalid syntax"
        for since, until, status, message in (
            ("2026-11-23T16:04:00Z", "", 500, parse.format('"2026-11-23T16:04:00Z"')),
            ("1h", "", 500, parse.format('"1h"')),
            ("1.x", "", 500, parse.format('"x"')),
            ("1.", "", 500, parse.format('""')),
            ("", "zz", 500, parse.format('"zz"')),
            ("9" * 20, "", 500, f'strconv.ParseInt: parsing "{"9" * 20}": value out of range'),
            ("9" * 5000, "", 500, f'strconv.ParseInt: parsing "{"9" * 5000}": value out of range'),
            ("2", "1.5", 400, "`since` time (2) cannot be after `until` time (1.5)"),
            (
                "1795469214090873364",
                "1795469217",
                400,
                "`since` time (1795469214090873364) cannot be after `until` time (1795469217)",
            ),
        ):
            with self.subTest(since=since[:30], until=until):
                with self.assertRaises(Refused) as caught:
                    Span.parse(since, until)
                refused = caught.exception
                self.assertEqual((status, message), (refused.status, refused.message))

    def test_what_is_taken(self) -> None:
        for text, expected in (
            ("", None),
            ("-1", None),
            ("5", 5 * NANO),
            ("5.5", 5 * NANO + NANO // 2),
            ("+5.000000001", 5 * NANO + 1),
            ("1795469214.090873364", 1795469214090873364),
        ):
            self.assertEqual(Span(expected, None), Span.parse(text, ""))

    def test_refusals_over_the_wire(self) -> None:
        for query, status in (
            ("?since=zz&filters=zz", 500),
            ("?filters=zz", 500),
            ("?since=2&until=1", 400),
        ):
            with self.stream(query) as stream:
                self.assertEqual(f"HTTP/1.1 {status} ".encode(), stream.head()[0][:13])
        self.assertEqual(0, self.engine.readers)
