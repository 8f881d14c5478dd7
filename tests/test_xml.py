"""XML that a switch sent: what no XML may hold costs no more than itself."""

import re

import pytest
from docker_tor.common.errors import MalformedReply
from docker_tor.netconf import xml
from hypothesis import given
from hypothesis import strategies as st

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@given(st.binary(max_size=40).filter(lambda typed: not set(typed) & set(b"<>&")))
def test_whatever_bytes_somebody_has_typed(typed):
    root = xml.parse(b"<a><b>" + typed + b"</b><c>next</c></a>")
    shown = typed.decode(errors="replace")
    assert root.findtext("c") == "next"
    assert (root.findtext("b") or "") == FORBIDDEN.sub("\ufffd", re.sub("\r\n?", "\n", shown))


@given(st.integers(0, 1 << 40), st.booleans(), st.integers(0, 9))
def test_whatever_number_a_character_has(number, decimal, zeros):
    digits = "0" * zeros + (f"{number}" if decimal else f"{number:X}")
    root = xml.parse(f"<a>x&#{'' if decimal else 'x'}{digits};y</a>")
    known = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    one = chr(number) if known and not FORBIDDEN.match(chr(number)) else "\ufffd"
    assert root.text == f"x{one}y"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<a>\xe9</a>', "\ufffd"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "é"),
        # A declaration that lies.
        (b'<?xml version="1.0" encoding="ascii"?><a>\xe9</a>', "\ufffd"),
        (b"<a>&#1;&#65;\xf0\x9f\x92\xa5</a>", "\ufffdA\U0001f4a5"),
        (b"<a>1<!-- 1 -->1<?x 1?>2</a>", "112"),
        (b"<a>" + b"\xff&#1;" * 100_000 + b"</a>", "\ufffd" * 200_000),
    ],
    ids=["UTF-8", "ISO-8859-1", "ascii", "numbers", "comments", "much of it"],
)
def test_what_is_repaired(sent, text):
    assert xml.parse(sent).text == text


@pytest.mark.parametrize(
    "hopeless",
    [b"", b"<a>", b"<a>&x;</a>", b"<!DOCTYPE a><a>\xff</a>", b"<a>" * 300 + b"</a>" * 300],
)
def test_what_is_not_well_formed_is_refused(hopeless):
    with pytest.raises(MalformedReply):
        xml.parse(hopeless)


def test_nothing_is_fetched():
    with pytest.raises(MalformedReply, match="declares a document type"):
        xml.parse('<!DOCTYPE a SYSTEM "file:///none"><a/>')
