"""On which ports the pack has allowed a VLAN, and what becomes of it when the datastore fails."""

from types import SimpleNamespace

import pytest
from docker_tor.common import datastore
from docker_tor.common.datastore import Keys
from docker_tor.common.errors import DatastoreUnreadable
from docker_tor.config.platforms import NOS
from docker_tor.desired import port_records
from docker_tor.desired.port_records import Change

PORT = "TenGigabitEthernet 21/0/5"


class Service:
    """A datastore as an action sees it, of two items a page."""

    def __init__(self):
        self.values = {}
        self.datastore_service = SimpleNamespace(list_values=self.listed)

    def listed(self, local, prefix, offset):
        assert not local
        names = [name for name in self.values if name.startswith(prefix)]
        return [SimpleNamespace(name=name) for name in names[offset : offset + 2]]

    def set_value(self, name, text, local):
        assert not local
        self.values[name] = text

    def delete_value(self, name, local):
        assert not local
        self.values.pop(name, None)
        return name != "stays"


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def keys(service):
    return datastore.keys(service)


def test_a_key_says_all_and_any_url_takes_it(service, keys):
    port_records.record(keys, "tor1", 112, [PORT], "by hand")
    assert service.values == {"docker_tor.port.tor1.112.TenGigabitEthernet_2021_2F0_2F5": "by hand"}


def test_what_is_recorded_is_found_however_many_pages_it_is(keys):
    ports = [f"TenGigabitEthernet 21/0/{number}" for number in range(1, 6)]
    port_records.record(keys, "tor1", 112, ports, "")
    port_records.record(keys, "tor1", 11, [PORT], "")
    # None of these is what is asked for, though all begin alike.
    for switch in ("tor", "tor1.112", "tor11", "TOR1"):
        port_records.record(keys, switch, 112, [PORT], "")
    assert port_records.recorded(keys, "tor1", NOS) == {112: {*ports}, 11: {PORT}}
    assert port_records.recorded(keys, "tor1", NOS, [11]) == {11: {PORT}}
    assert port_records.recorded(keys, "tor1", NOS, [11, 113]) == {11: {PORT}}
    port_records.forget(keys, "tor1", 112, [*ports, "never recorded"])
    assert port_records.recorded(keys, "tor1", NOS) == {11: {PORT}}


@pytest.mark.parametrize(
    "written",
    [
        *("112", "112.", "x.Port-channel_2010", "0112.Port-channel_2010", "112.port-channel_2010"),
        *("112.Port-channel_2010.9", "112.Port_2Dchannel_2010", "112.Port-channel_20_FF"),
        *("²2.Port-channel_2010", "112.po_2010", "11111.Port-channel_2010"),
    ],
)
def test_a_key_that_somebody_has_written_by_hand_says_nothing(service, keys, written):
    service.values[f"docker_tor.port.tor1.{written}"] = ""
    assert port_records.recorded(keys, "tor1", NOS) == {}


def test_what_a_run_has_changed_is_kept(keys):
    port_records.record(keys, "tor1", 112, [PORT, "Port-channel 9"], "before")
    change = Change(112, ("Port-channel 10",), frozenset({PORT}))
    assert port_records.keep(keys, "tor1", [change], "execution 1") == []
    kept = {"Port-channel 9", "Port-channel 10"}
    assert port_records.recorded(keys, "tor1", NOS) == {112: kept}


def test_what_cannot_be_recorded_is_told_and_what_cannot_be_forgotten_is_not():
    def fails(*_given):
        raise OSError("away")

    keys = Keys(fails, fails, fails)
    change = Change(112, (PORT, "Port-channel 10"), frozenset({"Port-channel 9"}))
    (told,) = port_records.keep(keys, "tor1", [change], "")
    assert (told.vlan, told.ports) == (112, [PORT, "Port-channel 10"])
    assert "VLAN 112 stays allowed on TenGigabitEthernet 21/0/5, Port-channel 10" in str(told)
    with pytest.raises(DatastoreUnreadable, match=r"docker_tor\.port\.tor1\.112\..*: away"):
        port_records.recorded(keys, "tor1", NOS, [112])


def test_a_key_that_the_datastore_keeps_is_an_error(keys):
    with pytest.raises(OSError, match="cannot be deleted"):
        keys.delete("stays")
