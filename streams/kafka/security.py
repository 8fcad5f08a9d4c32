"""TLS and logins: from settings to contexts and arguments, and why a handshake fails."""

import socket
import ssl
from typing import Any

from streams import hidden
from streams.config import Settings
from streams.environment import PREFIX, variable
from streams.errors import BrokerError, ConfigError


def password(settings: Settings) -> str | None:
    """The SASL password, from its variable or its file (less a last line end)."""
    path = settings.sasl_password_file
    if path is None:
        hidden.remember(settings.sasl_password)
        return settings.sasl_password
    try:
        found = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable("sasl_password_file", path, error) from error
    hidden.remember(found)
    return found


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context, None when the protocol is not encrypted. Raises ConfigError.

    Certificates are always verified; `ssl_check_hostname` only waives the name in them.
    """
    if not settings.encrypted:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
    except OSError as error:
        raise _unreadable("ssl_cafile", settings.ssl_cafile, error) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = settings.ssl_check_hostname
    if settings.ssl_certfile:
        try:
            # An encrypted key would make OpenSSL ask on the terminal; an empty password fails.
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password="")
        except OSError as error:
            wrong = "ssl_keyfile" if settings.ssl_certfile.is_file() else "ssl_certfile"
            wrong = wrong if settings.ssl_keyfile else "ssl_certfile"
            raise _unreadable(wrong, getattr(settings, wrong), error) from error
    return context


def arguments(settings: Settings) -> dict[str, Any]:
    """What kafka-python and aiokafka alike take. Raises ConfigError."""
    found: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.encrypted:
        found["ssl_context"] = ssl_context(settings)
    if settings.authenticated:
        found["sasl_mechanism"] = settings.sasl_mechanism
        found["sasl_plain_username"] = settings.sasl_username
        found["sasl_plain_password"] = password(settings)
    return found


def probe(settings: Settings, timeout_s: float) -> None:
    """Tries a TLS handshake with the brokers, in turn; nothing to do without TLS.

    The clients report a refused certificate as a broker out of reach, and their time-out does not
    cover a handshake that never ends. Raises BrokerError; a broker that is not there is left to
    the client to report.
    """
    context = ssl_context(settings)
    if context is None:
        return
    for broker in settings.brokers:
        host, port = _address(broker)
        try:
            connection = socket.create_connection((host, port), timeout_s)
        except OSError:
            continue
        try:
            with connection, context.wrap_socket(connection, server_hostname=host):
                return
        except ssl.SSLCertVerificationError as error:
            message = error.verify_message.rstrip(".")
            mend = f"set {variable('ssl_cafile')}"
            if "mismatch" in message:
                mend = f"name it in {variable('broker')} as its certificate does"
            raise BrokerError(
                f"broker {broker} shows a certificate that is not trusted ({message}): {mend}"
            ) from error
        except OSError as error:
            raise BrokerError(
                f"broker {broker} does not complete a TLS handshake ({error}): does that port "
                f"speak TLS? see {variable('security_protocol')}"
            ) from error


def silence(settings: Settings) -> str:
    """Why the brokers may not have answered, and which setting mends it.

    kafka-python says no more than that it timed out, be it the address, the protocol or the login.
    """
    protocol = settings.security_protocol
    if not any(_listens(broker) for broker in settings.brokers):
        if unknown := [host for host, _ in map(_address, settings.brokers) if not _known(host)]:
            return (
                f"broker {settings.broker}: no address is known for {unknown[0]}: is the name "
                f"right, and can this machine resolve it? see {variable('broker')}"
            )
        return (
            f"broker {settings.broker} cannot be reached over {protocol}: is it running? "
            f"set {variable('broker')} to where it is"
        )
    if not settings.authenticated:
        return (
            f"broker {settings.broker} is there but does not answer over {protocol}: "
            f"set {variable('security_protocol')} to what it speaks, or see whether it hangs"
        )
    return (
        f"broker {settings.broker} is there but does not answer user {settings.sasl_username!r} "
        f"over {protocol} with {settings.sasl_mechanism}: are protocol, mechanism, name and "
        f"password right? see the {PREFIX}SASL_* settings"
    )


def _address(broker: str) -> tuple[str, int]:
    host, _, port = broker.rpartition(":")
    return host.strip("[]"), int(port)


def _listens(broker: str) -> bool:
    try:
        socket.create_connection(_address(broker), timeout=1).close()
    except OSError:
        return False
    return True


def _known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _unreadable(name: str, path: object, error: Exception) -> ConfigError:
    return ConfigError(f"{variable(name)} is {str(path)!r}, which cannot be used: {error}")
