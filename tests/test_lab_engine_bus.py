"""The lab engine's event bus by itself: the replay buffer, filters, and readers that stall."""

import threading
import unittest
from typing import Any, List

from lab.engine.events import QUEUE, Bus, Span
from lab.engine.filters import Filters

NANO = 10**9
EVERYTHING = Span(0, None)


class BusTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 1_000 * NANO
        self.bus = Bus(lambda: self.now)

    def publish(self, count: int, kind: str = "network") -> None:
        for _ in range(count):
            self.now += 1
            self.bus.publish({"Type": kind, "Action": "create"})

    def replay(self, filters: str = "", span: Span = EVERYTHING) -> List[int]:
        past, reader = self.bus.subscribe(span, Filters(filters))
        self.bus.unsubscribe(reader)
        return [item.event["timeNano"] for item in past]

    def test_the_last_256_of_all_types_before_filtering(self) -> None:
        self.publish(10)
        self.publish(250, "container")
        self.assertEqual(256, len(self.replay()))
        self.assertEqual(6, len(self.replay('{"type":["network"]}')))
        self.bus.forget()
        self.assertEqual([], self.replay())

    def test_a_time_in_nanoseconds_is_some_other_time(self) -> None:
        # As int64: 10^9 times this is beyond it, and comes out negative or far ahead.
        self.publish(1)
        for since, count in ((1795470527755826637, 0), (1795470533157996348, 1)):
            self.assertEqual(count, len(self.replay(span=Span.parse(str(since), ""))))

    def test_a_reader_that_stalls_loses_events_in_silence(self) -> None:
        _, stalled = self.bus.subscribe(EVERYTHING, Filters())
        _, lively = self.bus.subscribe(EVERYTHING, Filters())
        read = 0
        for _ in range(QUEUE + 5):
            self.publish(1)
            read += lively.next(0) is not None
        self.assertEqual((QUEUE + 5, 0, 5), (read, lively.lost, self.bus.lost))
        self.assertEqual(QUEUE, sum(1 for _ in iter(lambda: stalled.next(0), None)))
        self.publish(1)
        self.assertIsNotNone(stalled.next(0))

    def test_closing_wakes_a_reader(self) -> None:
        _, reader = self.bus.subscribe(EVERYTHING, Filters())
        got: List[Any] = []
        thread = threading.Thread(target=lambda: got.append(reader.next()))
        thread.start()
        self.bus.close_readers()
        thread.join(10)
        self.assertEqual(([None], True), (got, reader.closed))
        self.bus.unsubscribe(reader)

    def test_filters(self) -> None:
        actor = {"ID": "abc123", "Attributes": {"name": "n1", "type": "macvlan", "k": "v"}}
        event = {"Type": "network", "Action": "create", "Actor": actor}
        image = {"Actor": {"ID": "sha", "Attributes": {"name": "tiny"}}, "Type": "image"}
        for text, count in (
            ("", 1),
            ('{"type":["network"]}', 1),
            ('{"type":["container"]}', 0),
            ('{"event":["create","destroy"]}', 1),
            ('{"event":{"destroy":true}}', 0),
            ('{"scope":["local"]}', 1),
            ('{"scope":["swarm"]}', 0),
            ('{"network":["n1"]}', 1),
            ('{"network":["abc"]}', 1),
            ('{"network":["zz"]}', 0),
            ('{"container":["x"]}', 0),
            ('{"label":["k=v"]}', 1),
            ('{"label":["k=w"]}', 0),
            ('{"image":["tiny"]}', 0),
            ('{"nosuch":["x"]}', 1),
        ):
            with self.subTest(text):
                self.bus.forget()
                self.bus.publish(event)
                self.assertEqual(count, len(self.replay(text)))
        self.bus.publish(image)
        self.assertEqual(1, len(self.replay('{"image":["tiny"]}')))
        self.assertEqual(1, len(self.replay('{"image":["sha"]}')))
