"""Certificates of a CA that tests make up, and a server that asks for them."""

import contextlib
import datetime
import http.server
import ipaddress
import ssl
import threading

import pytest

pytest.importorskip("cryptography", reason="the certificates of these tests are made with it")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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

    status = 200
    body = b"[]\n"

    def do_GET(self):  # the name that http.server calls
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

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
