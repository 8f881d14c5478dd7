"""Every way in which TLS, a socket or a port keeps the sensor out, with real handshakes."""

import contextlib
import datetime
import http.server
import os
import ssl
import threading

import pytest

pytest.importorskip("cryptography", reason="the certificates of these tests are made with it")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from docker_tor.common.errors import EngineDenied, EngineUnreachable
from docker_tor.config import settings
from docker_tor.engine import api

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


class Authority:
    """A CA that signs whatever a test needs, as PEM files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        folder.mkdir()
        self.ca = self._write("ca", self._sign(self.name, self.key, [], NOW + DAY, ca=True))

    def pair(self, name, host="127.0.0.1", until=NOW + DAY):
        """Paths of a certificate and its key."""
        import ipaddress

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternatives = [x509.IPAddress(ipaddress.ip_address(host))]
        cert = self._write(name, self._sign(subject, key, alternatives, until))
        path = self.folder / f"{name}.key"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return cert, str(path)

    def _sign(self, subject, key, alternatives, until, ca=False):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 3 * DAY)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name, certificate):
        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)


class Handler(http.server.BaseHTTPRequestHandler):
    """A Docker Engine without networks."""

    def do_GET(self):  # the name that http.server calls
        body = b"[]\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Keeps what goes wrong with a client's handshake to itself, as dockerd does."""

    def handle_error(self, *_args):
        pass


@contextlib.contextmanager
def listening(pair=None, client_ca=None, handler=Handler):
    """A server on loopback: plain, or with TLS, asking for client certificates if it is given a
    CA."""
    with Server(("127.0.0.1", 0), handler) as server:
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def ask(url, ca="", cert="", key=""):
    tls = {"tls": {"ca": ca, "cert": cert, "key": key}} if ca else {}
    (found,) = settings.parse({"engines": [{"url": url, **tls}]}).engines
    return api.Engine(found).networks()


def ask_until_told(url, *tls):
    """What the engine says of the client certificate.

    It says so in an alert and hangs up at once; a client that is still writing may find the
    connection reset before it has read the alert, and learns more at its next try.
    """
    for _ in range(20):
        with pytest.raises((EngineDenied, EngineUnreachable)) as caught:
            ask(url, *tls)
        if isinstance(caught.value, EngineDenied):
            break
    return str(caught.value)


@pytest.fixture
def ours(tmp_path):
    return Authority(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path):
    return Authority(tmp_path / "theirs")


def test_tls_with_client_certificates(ours):
    with listening(ours.pair("server"), ours.ca) as url:
        assert ask(url, ours.ca, *ours.pair("client")) == []


def test_the_environments_ca_does_not_override_the_configured_one(ours, theirs, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, theirs.ca)
    with listening(ours.pair("server")) as url:
        assert ask(url, ours.ca) == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ours.ca)
    with listening(ours.pair("server2")) as url:
        with pytest.raises(EngineDenied, match="not signed by the configured CA"):
            ask(url, theirs.ca)


def test_the_wrong_ca(ours, theirs):
    with listening(ours.pair("server")) as url, pytest.raises(
        EngineDenied, match=r"not signed by the configured CA\. Correct the engine's tls"
    ):
        ask(url, theirs.ca)


def test_an_engine_whose_certificate_has_expired(ours):
    with listening(ours.pair("server", until=NOW - DAY)) as url:
        with pytest.raises(EngineDenied, match=r"the engine's certificate has expired\. Renew"):
            ask(url, ours.ca)


def test_an_engine_whose_certificate_is_for_another_name(ours):
    with listening(ours.pair("server", host="127.0.0.9")) as url:
        with pytest.raises(EngineDenied, match="the engine's certificate is for another name"):
            ask(url, ours.ca)


def test_no_client_certificate(ours):
    with listening(ours.pair("server"), ours.ca) as url:
        told = ask_until_told(url, ours.ca)
    assert "client certificate" in told
    assert "tls.cert and tls.key" in told


def test_a_client_certificate_that_has_expired(ours):
    with listening(ours.pair("server"), ours.ca) as url:
        told = ask_until_told(url, ours.ca, *ours.pair("client", until=NOW - DAY))
    assert "client certificate" in told


def test_a_client_certificate_of_another_ca(ours, theirs):
    with listening(ours.pair("server"), ours.ca) as url:
        told = ask_until_told(url, ours.ca, *theirs.pair("client"))
    assert "client certificate" in told


def test_tls_to_a_plain_port(ours):
    with listening() as url, pytest.raises(
        EngineDenied, match="speaks plain HTTP on that port, and tls is configured"
    ):
        ask(url, ours.ca)


def test_plain_http_to_a_tls_port():
    from docker_tor.engine import connection_errors

    class Daemon(Handler):
        """What dockerd answers on its TLS port to plain HTTP (Go's net/http)."""

        def do_GET(self):  # the name that http.server calls
            body = b"Client sent an HTTP request to an HTTPS server.\n"
            assert connection_errors.WANTS_TLS.signs[0].encode() in body
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(handler=Daemon) as url:
        with pytest.raises(EngineDenied, match="the engine wants TLS on that port"):
            ask(url)


@pytest.mark.parametrize("missing", ["ca", "cert", "key"])
def test_a_file_that_is_not_there(ours, missing):
    cert, key = ours.pair("client")
    paths = {"ca": ours.ca, "cert": cert, "key": key, missing: "/nonexistent.pem"}
    with listening(ours.pair("server"), ours.ca) as url, pytest.raises(
        EngineDenied, match="a file of the engine's tls configuration is not there"
    ):
        ask(url, **paths)


def test_a_socket_that_is_not_there(tmp_path):
    with pytest.raises(EngineUnreachable, match="there is no such socket"):
        ask(f"unix://{tmp_path}/docker.sock")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every socket")
def test_a_socket_that_this_user_may_not_open(tmp_path):
    import socket

    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0)
        with pytest.raises(EngineDenied, match="this user may not open the engine's socket"):
            ask(f"unix://{path}")


def test_a_socket_that_may_not_be_opened_is_told_by_its_error():
    from docker_tor.engine import connection_errors

    wrapped = OSError("Connection aborted.", PermissionError(13, "Permission denied"))
    error = connection_errors.explain(wrapped, "unix:///s")
    assert "Add the user that runs the sensors to the group docker" in str(error)


def test_other_troubles_of_tls_name_what_openssl_saw():
    from docker_tor.engine import connection_errors

    error = connection_errors.explain(
        OSError("x", ssl.SSLError(1, "no shared cipher")), "tcp://h:2376"
    )
    assert isinstance(error, EngineDenied)
    assert "TLS with the engine failed" in str(error)
    assert "no shared cipher" in str(error)
