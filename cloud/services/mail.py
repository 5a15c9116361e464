"""Mail by SMTP (RFC 5321), with STARTTLS unless the server stands in the same building.

Gives: one mail for each accepted try, recognisable by its Message-ID. Does not give: once only; if the
connection breaks after the text and before the answer, the retry is a second mail with the same Message-ID.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

from cloud.services.messages import Message
from cloud.services.service import accepted, refused, retry
from cloud.settings import MailSettings
from gateway.alerts.notifier import Delivery, Notice

ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[A-Za-z0-9.-]+")
"""One mailbox, and nothing that could begin another header or a second recipient."""


class Mail:
    """Sends one mail over one connection; ``now_ms`` is for the Date header."""

    def __init__(self, settings: MailSettings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._password = settings.password()
        self._now_ms = now_ms
        self._tls = ssl.create_default_context(cafile=settings.ca_file) if settings.starttls else None

    def send(self, message: Message, notice: Notice) -> Delivery:
        try:
            mail = self._mail(message, notice)
        except (ValueError, MessageError):
            return refused("mail: the contact's address is not a mail address")
        try:
            self._hand_over(mail)
        except (smtplib.SMTPException, OSError) as error:
            return _trouble(error)
        return accepted()

    def _mail(self, message: Message, notice: Notice) -> EmailMessage:
        """Raises ValueError or MessageError for an address that is none."""
        if not ADDRESS.fullmatch(notice.address):
            raise ValueError("not one mail address")
        local, _, domain = notice.address.rpartition("@")
        # In two parts: given whole, the old addresses of Japanese telephones ("a..b@...") would be refused.
        recipient = Address(username=local, domain=domain)
        sender = Address(addr_spec=self._settings.sender)
        mail = EmailMessage(policy.SMTP)
        mail["From"] = sender
        mail["To"] = recipient
        mail["Subject"] = message.subject
        mail["Date"] = datetime.fromtimestamp(self._now_ms() / 1000, UTC)
        # The same for every try, so that a mail program or a person recognises a second copy.
        mail["Message-ID"] = f"<{notice.retry_key}@{sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in return
        mail.set_content(message.text + "\n")
        return mail

    def _hand_over(self, mail: EmailMessage) -> None:
        settings = self._settings
        # Named by us: the library would ask the DNS for this machine's name, and wait for it without a limit.
        name = settings.sender.rpartition("@")[2]
        with smtplib.SMTP(settings.host, settings.port, name, settings.timeout_s) as server:
            if self._tls is not None:
                server.starttls(context=self._tls)
            if settings.username is not None and self._password is not None:
                server.login(settings.username, self._password)
            server.send_message(mail)


def _trouble(error: smtplib.SMTPException | OSError) -> Delivery:
    if isinstance(error, ssl.SSLCertVerificationError):
        return refused("mail: the server's certificate is not trusted (services.mail.ca_file)")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return refused("mail: the server offers no STARTTLS, sign-in or UTF-8 address")
    status = _status(error)
    if status is not None and 500 <= status < 600:
        return refused(f"mail: {status}")
    return retry(f"mail: {status}" if status else f"mail: {type(error).__name__}")


def _status(error: Exception) -> int | None:
    """The server's reply code, if it replied; its text is left out, it may repeat the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((reply[0] for reply in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
