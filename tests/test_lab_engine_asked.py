"""What the lab's engine reads as Go does: create requests, numbers, times."""

import unittest

from lab.engine import asked, golang

NANO = 10**9


class BodyTest(unittest.TestCase):
    def test_what_is_no_request(self) -> None:
        field = "json: cannot unmarshal {} into Go struct field {} of type {}"
        for body, message in {
            b"": "got EOF while reading request body",
            b"{": "unexpected EOF",
            b'{"Name":"x': "unexpected EOF",
            b"[]": "json: cannot unmarshal array into Go value of type types.NetworkCreateRequest",
            b'"x"': "json: cannot unmarshal string into Go value of type "
            "types.NetworkCreateRequest",
            b'{"Name":5}': field.format("number", "NetworkCreateRequest.Name", "string"),
            b'{"EnableIPv6":1}': field.format("number", "NetworkCreateRequest.EnableIPv6", "bool"),
            b'{"IPAM":[]}': field.format("array", "NetworkCreateRequest.IPAM", "network.IPAM"),
            b'{"Options":{"a":1}}': field.format(
                "number", "NetworkCreateRequest.Options", "string"
            ),
            b'{"Labels":["a"]}': field.format(
                "array", "NetworkCreateRequest.Labels", "map[string]string"
            ),
            b'{"IPAM":{"Config":{}}}': field.format(
                "object", "IPAM.IPAM.Config", "[]network.IPAMConfig"
            ),
            b'{"IPAM":{"Config":[{"Subnet":5}]}}': field.format(
                "number", "IPAMConfig.IPAM.Config.Subnet", "string"
            ),
            b"\xff": "invalid character 'ÿ' looking for beginning of value",
            b"\xc3\xa9": "invalid character 'Ã' looking for beginning of value",
            b"NaN": "invalid character 'N' looking for beginning of value",
            b'{"a":"x\ny"}': "invalid character '\\n' in string literal",
            b"{a:1}": "invalid character 'a' looking for beginning of object key string",
            b"[" * 100_000: "exceeded max depth",
        }.items():
            with self.subTest(body[:40]), self.assertRaises(golang.GoError) as caught:
                asked.read(body)
            self.assertEqual(message, str(caught.exception))

    def test_what_go_reads(self) -> None:
        self.assertEqual(asked.Asked(), asked.read(b"null"))
        read = asked.read(
            b'{"nAME":"a\\ud800\xe2\x98","X":1,"driver":null,"Labels":{"k":null},'
            b'"ConfigFrom":{"network":"c"},"IPAM":{"Config":[null]}} trailing'
        )
        self.assertEqual(
            ("a\ufffd\ufffd\ufffd", "", {"k": ""}), (read.name, read.driver, read.labels)
        )
        self.assertEqual(("c", (asked.PoolConfig(),)), (read.config_from, read.ipam.config))


class GoTest(unittest.TestCase):
    def test_times_of_prune(self) -> None:
        now = 1_000_000 * NANO
        for text, expected in (
            ("1h", now - 3600 * NANO),
            ("1h30m", now - 5400 * NANO),
            ("1.5h", now - 5400 * NANO),
            ("-1s", now + NANO),
            ("100", 100 * NANO),
            ("100.5", 100 * NANO + NANO // 2),
            ("1970-01-02", 86400 * NANO),
            ("1970-01-01T00:00:01", NANO),
            ("1970-01-01T00:00:01Z", NANO),
            ("1970-01-01T02:00:01.500+02:00", NANO + NANO // 2),
        ):
            self.assertEqual(expected, golang.prune_time(text, now), text)
        for text in ("zz", "", "1x"):
            with self.assertRaises(golang.GoError):
                golang.prune_time(text, now)

    def test_times_that_are_told(self) -> None:
        for nanoseconds, text in (
            (0, "1970-01-01T00:00:00Z"),
            (1795449850248473410, "2026-11-23T16:04:10.24847341Z"),
            (1795449850000000001, "2026-11-23T16:04:10.000000001Z"),
        ):
            self.assertEqual(text, golang.rfc3339(nanoseconds))

    def test_truths(self) -> None:
        self.assertTrue(golang.parse_bool("T"))
        self.assertFalse(golang.parse_bool("false"))
        with self.assertRaises(golang.GoError):
            golang.parse_bool("yes")
