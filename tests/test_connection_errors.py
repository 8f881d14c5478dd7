"""Every way in which TLS, a socket or a port keeps the sensor out, with real handshakes."""

import os
import socket
import ssl

import pytest
from docker_api import DockerApi, Refusal
from docker_tor.common.errors import EngineDenied, EngineUnreachable
from docker_tor.config import settings
from docker_tor.engine import connection_errors
from docker_tor.engine.api import Engine
from tls import DAY, NOW, Authority


def ask(url, ca="", cert="", key=""):
    tls = {"tls": {"ca": ca, "cert": cert, "key": key}} if ca else {}
    (found,) = settings.parse({"engines": [{"url": url, **tls}]}).engines
    return Engine(found).networks()


def listening(*tls, reply=b"[]"):
    return DockerApi({"GET /networks": reply}).serving(*tls)


@pytest.fixture
def ours(tmp_path):
    return Authority(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path):
    return Authority(tmp_path / "theirs")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environments_ca_does_not_override_the_configured_one(ours, theirs, monkeypatch, name):
    with listening(ours.pair("server"), ours.ca) as api:
        monkeypatch.setenv(name, theirs.ca)
        assert ask(api.url, ours.ca, *ours.pair("client")) == []
        monkeypatch.setenv(name, ours.ca)
        with pytest.raises(EngineDenied, match=r"the configured CA\. Correct the engine"):
            ask(api.url, theirs.ca)


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ({"until": NOW - DAY}, r"the engine's certificate has expired\. Renew"),
        ({"host": "127.0.0.9"}, "the engine's certificate is for another name"),
        (None, "speaks plain HTTP on that port, and tls is configured"),
    ],
)
def test_the_engines_certificate(ours, server, why):
    tls = [] if server is None else [ours.pair("server", **server)]
    with listening(*tls) as api, pytest.raises(EngineDenied, match=why):
        ask(api.url, ours.ca)


@pytest.mark.parametrize("client", ["none", "expired", "of another CA"])
def test_the_client_certificate(ours, theirs, client):
    pairs = {"expired": (ours, NOW - DAY), "of another CA": (theirs, NOW + DAY)}
    pair = []
    if client in pairs:
        authority, until = pairs[client]
        pair = authority.pair("client", until=until)
    with listening(ours.pair("server"), ours.ca) as api:
        # The engine says so in an alert and hangs up at once. A client that is still writing may
        # find the connection reset before it has read the alert.
        for _ in range(20):
            with pytest.raises((EngineDenied, EngineUnreachable)) as caught:
                ask(api.url, ours.ca, *pair)
            if isinstance(caught.value, EngineDenied):
                break
    assert "client certificate" in str(caught.value)
    assert "tls.cert and tls.key" in str(caught.value)


def test_plain_http_to_a_tls_port():
    # Go's net/http.
    refused = Refusal(400, "Client sent an HTTP request to an HTTPS server.")
    why = "the engine wants TLS on that port"
    with listening(reply=refused) as api, pytest.raises(EngineDenied, match=why):
        ask(api.url)


@pytest.mark.parametrize("missing", ["ca", "cert", "key"])
def test_a_file_that_is_not_there(ours, missing):
    cert, key = ours.pair("client")
    paths = {"ca": ours.ca, "cert": cert, "key": key, missing: "/nonexistent.pem"}
    why = "a file of the engine's tls configuration cannot be read"
    with pytest.raises(EngineDenied, match=why):
        ask("tcp://127.0.0.1:1", **paths)


def test_what_is_no_certificate_and_what_is_no_socket(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("none")
    with pytest.raises(EngineDenied, match="TLS with the engine failed"):
        ask("tcp://127.0.0.1:1", str(path))
    with pytest.raises(EngineUnreachable, match="there is no such socket"):
        ask(f"unix://{tmp_path}/docker.sock")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every socket")
def test_a_socket_that_this_user_may_not_open(tmp_path):
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0)
        with pytest.raises(EngineDenied, match="this user may not open the engine's socket"):
            ask(f"unix://{path}")


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        (PermissionError(13, "Permission denied"), "Add the user that runs the sensors to the gro"),
        (ssl.SSLError(1, "no shared cipher"), "TLS with the engine failed"),
        (ssl.SSLError(1, "no shared cipher"), "no shared cipher"),
    ],
)
def test_what_an_error_wraps_is_what_is_told(cause, says):
    wrapping = OSError("Connection aborted.", cause)
    wrapping.__cause__ = cause
    error = connection_errors.explain(wrapping, "tcp://h:2376")
    assert isinstance(error, EngineDenied)
    assert says in str(error)
