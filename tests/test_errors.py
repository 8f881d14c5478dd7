"""What errors say, as text and as results, and what the datastore's trouble becomes."""

import pytest
from docker_tor.common import datastore, errors
from docker_tor.common.errors import DatastoreUnreadable, PermanentError, SwitchBusy


def test_an_error_says_what_where_and_what_to_do():
    error = SwitchBusy("locked {{ x }}.", where="tor1\n", remedy="Wait.")
    assert str(error) == "tor1: locked { { x }}. Wait."
    assert error.at("elsewhere").where == "tor1"
    assert SwitchBusy("locked").at("tor2").where == "tor2"
    result = {"error": str(error), "family": "transient", "kind": "SwitchBusy"}
    assert error.as_result() == {**result, "where": "tor1", "remedy": "Wait."}


@pytest.mark.parametrize("error", [SwitchBusy("x", where="w", remedy="R."), SwitchBusy("x")])
def test_an_error_is_told_again_from_its_result(error):
    again = errors.from_result(error.as_result())
    assert (again.where, again.remedy, str(again)) == (error.where, error.remedy, str(error))
    assert type(again) is PermanentError
    assert str(errors.from_result({})) == "the action ended without a result."


def test_what_nobody_foresaw_is_a_mistake_of_the_pack():
    error = SwitchBusy("x")
    assert errors.known(error) is error
    told = str(errors.known(KeyError("a")))
    assert told.startswith("unexpected KeyError: 'a'. This is a mistake in")


def test_a_datastore_that_cannot_be_read_or_written():
    def fails(*_given):
        raise OSError("away")

    written = {}
    datastore.put(written.__setitem__, "docker.x", "7")
    assert datastore.value(written.get, "docker.x", int) == 7
    with pytest.raises(DatastoreUnreadable, match=r"datastore: no docker\.x can be read: away"):
        datastore.value(fails, "docker.x", int)
    with pytest.raises(DatastoreUnreadable, match=r"docker\.x cannot be written: away"):
        datastore.put(fails, "docker.x", "7")
