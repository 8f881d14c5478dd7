"""The marks of logins that a switch has denied."""

from docker_tor.config import denied_logins
from docker_tor.config.credentials import Login

LOGIN = Login("10.0.0.1", 22, "admin", "Pa55", "")
NOW = 1795449840.0


def test_a_mark_is_one_logins_on_one_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mark = denied_logins.mark(LOGIN, NOW)
    assert denied_logins.mark(LOGIN, NOW + 1e9) == mark
    others = [
        LOGIN._replace(password="Pa56"),
        LOGIN._replace(username="root"),
        LOGIN._replace(host="10.0.0.2"),
        LOGIN._replace(port=830),
        LOGIN._replace(host_key="ignore"),
    ]
    assert len({mark, *(denied_logins.mark(other, NOW) for other in others)}) == 6
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "b"))
    assert denied_logins.mark(LOGIN, NOW) != mark


def test_where_no_key_can_be_kept_a_login_is_tried_once_a_day(monkeypatch, tmp_path):
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
    assert len(marks) == denied_logins.MOST_MARKS
    assert denied_logins.with_mark(marks, marks[0]) == (*marks[1:], marks[0])
