"""Who logs in to a switch, and the marks of logins that a switch has denied."""

import pytest
from docker_tor.common.errors import ConfigError
from docker_tor.config import denied_logins, settings
from docker_tor.config.credentials import Login
from docker_tor.config.logins import login

LOGIN = Login("10.0.0.1", 22, "admin", "Pa55", "")
NOW = 1795449840.0
CONFIG = settings.parse(
    {"switches": [{"name": "tor1", "host": "h1", "username": "u", "password": "p", "port": 830}]}
)


def test_parameters_are_completed_by_the_configuration():
    assert login(CONFIG, {"host": "tor1"}) == Login("h1", 830, "u", "p", "")
    given = {"host": "h1", "port": 22, "username": "v", "password": "q"}
    assert login(CONFIG, given) == Login("h1", 22, "v", "q", "")
    assert login(CONFIG, {"host": "h2", "username": "v", "password": 7}) == Login(
        "h2", 22, "v", "7", ""
    )
    with pytest.raises(ConfigError, match="no switch 'h2' is configured, and password not given"):
        login(CONFIG, {"host": "h2", "username": "v"})


def test_a_login_shows_no_password():
    assert "Pa55" not in repr(LOGIN)
    assert str(LOGIN) == "10.0.0.1:22"


def test_a_mark_is_one_logins_on_one_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mark = denied_logins.mark(LOGIN, NOW)
    assert denied_logins.mark(LOGIN, NOW + 1e9) == mark
    changes = [{"password": "Pa56"}, {"username": "root"}, {"port": 830}, {"host_key": "ignore"}]
    others = [denied_logins.mark(LOGIN._replace(**change), NOW) for change in changes]
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "b"))
    assert len({mark, *others, denied_logins.mark(LOGIN, NOW)}) == 6
    # Where no key can be kept, a login is tried once a day.
    tmp_path.chmod(0o777)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mark = denied_logins.mark(LOGIN, NOW)
    assert mark.startswith("day ")
    assert denied_logins.mark(LOGIN._replace(password="other"), NOW + 60) == mark
    assert denied_logins.mark(LOGIN, NOW + 86400) != mark


def test_few_marks_are_kept():
    marks = ()
    for number in range(denied_logins.MOST_MARKS + 5):
        marks = denied_logins.with_mark(marks, str(number))
    assert (len(marks), marks[-1]) == (denied_logins.MOST_MARKS, "20")
    again = denied_logins.with_mark(marks, "10")
    assert (sorted(again), again[-2:]) == (sorted(marks), ("20", "10"))
