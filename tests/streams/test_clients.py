"""Client arguments: TLS that really verifies, logins in each library's own words."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faust
import pytest

from streams.config import Settings, load
from streams.errors import BrokerError, ConfigError
from streams.kafka import clients, security


class Certificate:
    """A self-signed certificate for `localhost`, made by openssl."""

    def __init__(self, folder: Path, key_password: str = "") -> None:
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        secret = ["-passout", f"pass:{key_password}"] if key_password else ["-nodes"]
        files = ["-keyout", str(self.key), "-out", str(self.cert)]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", *subject, *secret, *files],
            check=True,
            capture_output=True,
        )


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return Certificate(tmp_path)


@contextmanager
def listening(server: Certificate, *, mutual: bool = False) -> Iterator[int]:
    """The loopback port of a TLS server that serves one connection, with one byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.cert, server.key)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(server.cert)

    def serve(listener: socket.socket) -> None:
        raw, _ = listener.accept()
        try:
            with raw, context.wrap_socket(raw, server_side=True) as connection:
                connection.sendall(b"k")
        except (ssl.SSLError, ConnectionError):
            pass  # the client sees it, and the test with it

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def shake_hands(server: Certificate, client: ssl.SSLContext, name: str, *, mutual: bool) -> None:
    """A TLS handshake over loopback; raises what the client sees."""
    with (
        listening(server, mutual=mutual) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        client.wrap_socket(raw, server_hostname=name) as connection,
    ):
        assert connection.recv(1) == b"k"


def tls(certificate: Certificate | None = None, **variables: str) -> Settings:
    given = {"TOCSIN_SECURITY_PROTOCOL": "SSL"} | variables
    if certificate:
        given["TOCSIN_SSL_CAFILE"] = str(certificate.cert)
    return load(given)


def context_of(settings: Settings) -> ssl.SSLContext:
    context = security.ssl_context(settings)
    assert context is not None
    return context


def test_trusted_certificate_is_accepted_and_its_name_checked(certificate: Certificate) -> None:
    context = context_of(tls(certificate))
    shake_hands(certificate, context, "localhost", mutual=False)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(certificate, context, "other.example", mutual=False)


def test_name_check_can_be_waived_but_not_the_trust(certificate: Certificate) -> None:
    waived = tls(certificate, TOCSIN_SSL_CHECK_HOSTNAME="false")
    shake_hands(certificate, context_of(waived), "other.example", mutual=False)
    stranger = tls(TOCSIN_SSL_CHECK_HOSTNAME="false")
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        shake_hands(certificate, context_of(stranger), "localhost", mutual=False)


def test_own_certificate_is_presented(certificate: Certificate) -> None:
    bare = context_of(tls(certificate))
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        shake_hands(certificate, bare, "localhost", mutual=True)
    own = tls(
        certificate,
        TOCSIN_SSL_CERTFILE=str(certificate.cert),
        TOCSIN_SSL_KEYFILE=str(certificate.key),
    )
    shake_hands(certificate, context_of(own), "localhost", mutual=True)


def test_files_that_cannot_be_used_are_named(certificate: Certificate, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"TOCSIN_SSL_CAFILE is '/nowhere/ca.pem'"):
        security.ssl_context(tls(TOCSIN_SSL_CAFILE="/nowhere/ca.pem"))
    no_key = tls(certificate, TOCSIN_SSL_CERTFILE=str(certificate.cert))
    with pytest.raises(ConfigError, match="TOCSIN_SSL_CERTFILE"):
        security.ssl_context(no_key)
    locked_folder = tmp_path / "locked"
    locked_folder.mkdir()
    locked = Certificate(locked_folder, key_password="hunter2")
    with_locked = tls(
        certificate, TOCSIN_SSL_CERTFILE=str(locked.cert), TOCSIN_SSL_KEYFILE=str(locked.key)
    )
    with pytest.raises(ConfigError, match="TOCSIN_SSL_KEYFILE"):
        security.ssl_context(with_locked)


def test_login_in_the_words_of_each_library(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("päss word \n", "utf-8")
    settings = load(
        {
            "TOCSIN_BROKER": "a:9092,b:9092",
            "TOCSIN_SECURITY_PROTOCOL": "SASL_SSL",
            "TOCSIN_SASL_MECHANISM": "scram-sha-512",
            "TOCSIN_SASL_USERNAME": "reader",
            "TOCSIN_SASL_PASSWORD_FILE": str(secret),
        }
    )
    for arguments in (clients.kafka_python(settings), clients.aiokafka(settings)):
        assert arguments["bootstrap_servers"] == ["a:9092", "b:9092"]
        assert arguments["security_protocol"] == "SASL_SSL"
        assert arguments["sasl_mechanism"] == "SCRAM-SHA-512"
        assert arguments["sasl_plain_username"] == "reader"
        assert arguments["sasl_plain_password"] == "päss word "
        assert arguments["ssl_context"].verify_mode is ssl.CERT_REQUIRED

    credentials = clients.faust_credentials(settings)
    assert isinstance(credentials, faust.SASLCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert (credentials.username, credentials.password) == ("reader", "päss word ")
    assert clients.faust_broker(settings) == "kafka://a:9092;kafka://b:9092"


def test_faust_credentials_for_the_other_protocols(certificate: Certificate) -> None:
    assert clients.faust_credentials(Settings()) is None
    encrypted = clients.faust_credentials(tls(certificate))
    assert encrypted is not None
    assert encrypted.protocol.value == "SSL"
    plain = clients.faust_credentials(
        Settings(security_protocol="SASL_PLAINTEXT", sasl_username="u", sasl_password="p")
    )
    assert isinstance(plain, faust.SASLCredentials)
    assert plain.protocol.value == "SASL_PLAINTEXT"
    assert plain.ssl_context is None


def test_plain_text_asks_for_nothing() -> None:
    arguments = clients.kafka_python(Settings(), timeout_s=2)
    assert arguments["bootstrap_timeout_ms"] == 2000
    assert not [name for name in arguments if name.startswith(("ssl", "sasl"))]


def test_password_file_that_is_missing_is_named() -> None:
    settings = Settings(
        security_protocol="SASL_PLAINTEXT", sasl_username="u", sasl_password_file=Path("/nowhere")
    )
    with pytest.raises(ConfigError, match="TOCSIN_SASL_PASSWORD_FILE is '/nowhere'"):
        clients.kafka_python(settings)


def test_broker_out_of_reach_is_one_error_that_says_what_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = {
        f"127.0.0.1:{port}": r"cannot be reached .* set TOCSIN_BROKER",
        "no-such-host.invalid:9092": r"no address is known for no-such-host\.invalid: .*TOCSIN",
    }
    for broker, message in said.items():
        with pytest.raises(BrokerError, match=message):
            clients.check_broker(Settings(broker=broker), timeout_s=0.5)


def test_broker_that_speaks_no_tls_is_an_error(broker: str, certificate: Certificate) -> None:
    settings = tls(certificate, TOCSIN_BROKER=broker)
    with pytest.raises(BrokerError, match=r"TLS handshake .* TOCSIN_SECURITY_PROTOCOL"):
        clients.check_broker(settings, timeout_s=1)


def test_broker_with_a_strange_certificate_is_an_error(certificate: Certificate) -> None:
    with listening(certificate) as port:
        settings = tls(TOCSIN_BROKER=f"localhost:{port}")
        with pytest.raises(BrokerError, match=r"not trusted .* set TOCSIN_SSL_CAFILE"):
            clients.check_broker(settings, timeout_s=2)


def test_broker_that_does_not_let_in_is_told_from_one_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BrokerError, match=r"is there .* set TOCSIN_SECURITY_PROTOCOL"):
            clients.check_broker(Settings(broker=broker), timeout_s=0.5)
        login = Settings(
            broker=broker,
            security_protocol="SASL_PLAINTEXT",
            sasl_username="reader",
            sasl_password="hunter2",
        )
        with pytest.raises(BrokerError, match=r"user 'reader' .* TOCSIN_SASL_") as caught:
            clients.check_broker(login, timeout_s=0.5)
        assert "hunter2" not in str(caught.value)
