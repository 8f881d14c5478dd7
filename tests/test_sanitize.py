"""Text from outside, made fit to be shown."""

import pytest
from docker_tor.common.sanitize import counted, harmless, label, printable
from hypothesis import given
from hypothesis import strategies as st

LIVE = ("{{", "{%", "{#", "<%")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("VLAN 112 is there already", "VLAN 112 is there already"),
        ("a\nb\r\n\tc\x00d\x1b[31m", "a b c d [31m"),
        ("{{ st2kv.system.x }} <% ctx() %>", "{ { st2kv.system.x }} < % ctx() %>"),
        ("{% raw %} {# x #} {{{x}}}", "{ % raw %} { # x #} { { {x}}}"),
        ("<!channel> <@U1> @here a@b", "< !channel> < @ U1> @ here a@ b"),
        ("<#C1> <https://evil.example|switch>", "< #C1> < https://evil.example|switch>"),
        ("a```b `c` {~} ``", "a` ` `b `c` { ~} ` `"),
    ],
)
def test_printable_is_plain_text_in_one_line(text, shown):
    assert printable(text) == shown
    assert printable("x" * 6000, 10) == "x" * 9 + "…"


@given(st.text(max_size=3000), st.integers(min_value=1, max_value=200))
def test_printable_is_always_one_bounded_harmless_line(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not [mark for mark in (*LIVE, "\n", "<!", "<@", "``", "{~}") if mark in shown]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *((name, name) for name in ("dockernetwork112", "web_front.end-2", "größe", "a b/c:d")),
        ('<!channel> `x` @here "q" [l](u) *b*', "??channel? ?x? ?here ?q? ?l?(u) ?b?"),
        ("https://evil.example", "https:/?evil.example"),
        ("a///b", "a/??b"),
    ],
)
def test_label_keeps_names_and_forges_nothing(name, shown):
    assert label(name) == shown


@given(st.text(max_size=300))
def test_label_is_always_harmless(name):
    shown = label(name)
    assert len(shown) <= 64
    assert "//" not in shown
    assert not set(shown) & set("<>&`@*{}[]\"'\\|~\n\r\t\x00")


def test_so_many_of_a_thing():
    told = [counted(1, "engine"), counted(0, "engine"), counted(2, "switch", "es")]
    assert told == ["1 engine", "0 engines", "2 switches"]


SECRET = "p@ss{{word"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        # What programs read stays.
        *((text, text) for text in ("a@b: [1]\n\t'x'", 't@sha256:12 <a href="x">', "größe", "")),
        ({"a": [1, None, True, 2.5]}, {"a": [1, None, True, 2.5]}),
        ({"{{a}}": [{"b": "<% x %>\x1b[0m\r\n"}]}, {"{ {a}}": [{"b": "< % x %>[0m\n"}]}),
        # The end says most.
        (["x" * 100 + "end"], ["x" * 57 + "end"]),
        (f"{SECRET} {printable(SECRET)}", "*** ***"),
        ("https://u:t0ken@host/x ssh://u@h", "https://***@host/x ssh://***@h"),
    ],
)
def test_harmless_goes_through_all_there_is(told, shown):
    assert harmless(told, 60, SECRET) == shown


@given(st.text(alphabet="{}%#<> a@:/\x00"), st.text(min_size=1))
def test_harmless_lets_no_live_expression_and_no_secret_by(text, secret):
    shown = harmless(text + secret + text, 1000, secret)
    assert not [mark for mark in (*LIVE, "<#") if mark in shown]
    if secret.strip("*{}%#<> a@:/\x00"):
        assert secret not in shown
