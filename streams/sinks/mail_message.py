"""A notice as an e-mail: plain text and HTML, in a thread (RFC 5322, 3.6.4), marked automatic."""

import hashlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime

from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import html, render
from streams.sinks.identity import notice_id
from streams.sinks.target import Memory, Notice

_MOST_SUBJECT = 200
_POLICY = SMTP.clone(max_line_length=78)


def mailbox(text: str) -> Address:
    """`Ann <ann@example.com>` or the bare address. Raises ValueError."""
    name, _, spec = text.strip().rpartition("<")
    spec = spec.removesuffix(">") if name else spec
    try:
        if render.one_line(text) != text.strip():
            raise ValueError
        address = Address(name.strip().strip('"'), addr_spec=spec.strip())
    except (ValueError, IndexError, AttributeError) as error:
        raise ValueError(f"{text!r} is no e-mail address") from error
    if not address.username or not address.domain:
        raise ValueError(f"{text!r} is no e-mail address")
    return address


def compose(
    notice: Notice, known: Memory, sender: Address, recipients: Sequence[Address]
) -> EmailMessage:
    """The message; headers hold one line each, whatever strangers wrote.

    Every message of an episode answers its first, whose id follows from the case: a thread stays
    one even where the memory is lost. The subject stays the first one's, since some programs
    (Gmail's) begin another thread with another; the body says the level first. It is kept for as
    long as the case, hence quotes nobody.
    """
    said = notice.escalation
    root = _id(f"{said.case_id}\0{said.episode}", sender)
    first = not known and said.status is Status.OPEN and not notice.passes_on
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = recipients
    message["Date"] = localtime()
    message["Message-ID"] = root if first else _id(notice_id(notice), sender)
    subject = known.get("subject") or render.subject(notice, _MOST_SUBJECT)
    message["Subject"] = subject if first else f"Re: {subject}"
    if not first:
        last = known.get("last", root)
        message["In-Reply-To"] = last
        message["References"] = root if last == root else f"{root} {last}"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers it
    if said.level is Level.CRISIS and said.status is not Status.RESOLVED:
        message["Importance"] = "high"
    message["X-Tocsin-Case"] = _header(said.case_id)
    message["X-Tocsin-Level"] = str(said.level)
    message["X-Tocsin-Status"] = notice.changed if notice.passes_on else str(said.status)
    summary = render.summary(notice)
    message.set_content(f"{summary}\n\n{render.plain(notice)}", cte="quoted-printable")
    page = f"<p><b>{html.text(summary)}</b></p>\n{html.body(notice)}"
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message


def _id(name: str, sender: Address) -> str:
    return f"<tocsin.{hashlib.sha256(name.encode()).hexdigest()[:32]}@{sender.domain}>"


def _header(text: str) -> str:
    return render.short(render.one_line(text), _MOST_SUBJECT)
