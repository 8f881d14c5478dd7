"""That a missing real part skips a test, and fails it where nothing may be skipped."""

import pytest

from .parts import REQUIRE, need


def test_a_missing_part_skips_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no engine; no root"):
        need(["no engine", "no root"])


def test_a_missing_part_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="no engine"):
        need(["no engine"])


def test_with_nothing_missing_the_test_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRE, "1")
    need([])
