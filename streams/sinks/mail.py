"""E-mail over SMTP (RFC 5321), one thread per episode of a case, with `aiosmtplib`."""

import hashlib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Annotated, Any, Literal

import aiohttp
import aiosmtplib
import msgspec
from msgspec import Meta

from scoring.escalation import Status
from streams import hidden
from streams.errors import ConfigError
from streams.sinks.episodes import of_episode, remembered
from streams.sinks.http import TIMEOUT_S, words
from streams.sinks.identity import notice_id
from streams.sinks.mail_message import compose, mailbox
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    Delivered,
    Later,
    Memory,
    Notice,
    Partly,
    Refused,
    named,
    secret,
    settings_of,
)

RATE_PER_S = 1.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_PERMANENT = 500
_OWED = "owed"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[sinks.NAME]` with type "email".

    `security`: "starttls" and "tls" insist on it and check the certificate, against `ca_file`
    where one is named; "none" is for a relay on one's own machine.
    """

    host: Annotated[
        str,
        Meta(
            pattern=r"^([^\s/:@]+|[0-9a-fA-F:]+)$",
            description="a host such as smtp.example.org is wanted, without smtp:// and port",
        ),
    ]
    sender: str
    to: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    ca_file: str = ""
    user: str = ""
    password_env: str = ""
    password_file: str = ""

    def __post_init__(self) -> None:
        for address in (self.sender, *self.to):
            mailbox(address)
        if self.user and self.security == "none":
            raise ValueError("a password is sent over TLS only: set security")
        if self.user:
            named(self, "password")

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"smtp://{self.host}:{self.port or _PORTS[self.security]}"


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> "Mail":
    """The target; the session is not for it. Raises ConfigError."""
    typed = settings_of(Settings, settings)
    try:
        context = ssl.create_default_context(cafile=typed.ca_file or None)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise ConfigError(f"ca_file: {typed.ca_file} cannot be read: {error}") from error
    password = ""
    if typed.user:
        password = secret(typed, "password")
        hidden.remember_login(typed.user, password)
    return Mail(typed, password, context)


class Mail:
    """Keeps in memory: `last` message's id, the `subject` of the thread, `episode` and `level`.

    Between two tries also who is `owed` a message: its id, and digests of addresses.
    """

    def __init__(self, settings: Settings, password: str, context: ssl.SSLContext) -> None:
        self._settings = settings
        self._password = password
        self._context = context

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Sends one message. A second one of the same escalation has the same Message-ID.

        Raises Later for 4xx answers and for no answer, Refused for 5xx ones (RFC 5321, 4.2.1);
        Partly when some recipients are to be asked again, which the others do not notice.
        """
        known = dict(of_episode(notice, memory))
        owed = known.pop(_OWED, "").split()
        known = known if "last" in known else {}
        to = [*map(mailbox, self._settings.to)]
        message = compose(notice, known, mailbox(self._settings.sender), to)
        asked = spread = list(dict.fromkeys(one.addr_spec for one in to))
        if owed and owed[0] == notice_id(notice):
            # settings may have changed meanwhile: who is not among them any more is owed nothing
            asked = [one for one in spread if _digest(one) in owed[1:]]
        answers = await self._sent(message, asked) if asked else {}
        later = [one for one, said in answers.items() if said.code < _PERMANENT]
        if len(answers) == len(asked) == len(spread):
            first = min(answers.values(), key=lambda said: said.code)
            raise _meant(first.code, f"no recipient is taken: {words(first.message)}")
        note = "; ".join(
            f"recipient {spread.index(one) + 1} of {len(spread)} ({one[:1]}…) is refused: "
            f"SMTP {said.code}: {words(said.message)}"
            for one, said in answers.items()
            if one not in later
        )
        subject = known.get("subject") or str(message["Subject"])
        kept = {"last": str(message["Message-ID"]), "subject": subject}
        delivered = Delivered(remembered(notice, **kept), _outcome(notice, known), note)
        if later:
            waiting = " ".join([notice_id(notice), *map(_digest, later)])
            now = {**known, "episode": str(notice.escalation.episode), _OWED: waiting}
            said = answers[later[0]]
            who = f"{len(later)} of {len(spread)} recipients"
            raise Partly(f"SMTP {said.code}: {who}: {words(said.message)}", now, delivered)
        return delivered

    async def _sent(
        self, message: EmailMessage, to: list[str]
    ) -> dict[str, aiosmtplib.SMTPResponse]:
        """What the server says of the recipients that it refuses."""
        wanted = self._settings
        try:
            refused, _ = await aiosmtplib.send(
                message,
                recipients=to,
                hostname=wanted.host,
                port=wanted.port or _PORTS[wanted.security],
                use_tls=wanted.security == "tls",
                start_tls=wanted.security == "starttls",
                tls_context=None if wanted.security == "none" else self._context,
                username=wanted.user or None,
                password=self._password or None,
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return {
                one.recipient: aiosmtplib.SMTPResponse(one.code, one.message)
                for one in error.recipients
            }
        except aiosmtplib.SMTPResponseException as error:
            raise _meant(error.code, words(error.message)) from None
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"the server's certificate: {error.verify_message}") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # the bare class, and this one, say that the server has no STARTTLS or login we know
            if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
                raise Refused(f"the server cannot do it: {words(str(error))}") from None
            raise Later(f"no delivery to {wanted.host}: {type(error).__name__}") from None
        return refused

    async def close(self) -> None:
        """Each message has a connection of its own."""


def _digest(address: str) -> str:
    # A changelog is no place for people's addresses.
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _outcome(notice: Notice, known: Memory) -> str:
    if notice.escalation.status is Status.RESOLVED:
        return RESOLVED
    return notice.changed if known or notice.passes_on else CREATED


def _meant(code: int, what: str) -> Later | Refused:
    reason = f"SMTP {code}: {what}"
    return Refused(reason) if code >= _PERMANENT else Later(reason)
