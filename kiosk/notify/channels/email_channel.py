"""E-mail over SMTP, encrypted with a verified certificate unless the server is this machine."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage
from email.utils import format_datetime

from kiosk.core.config import NotifyEmailConfig
from kiosk.notify.http_post import LOCAL, tls_context
from kiosk.notify.message import DeliveryError, Message, NotifySettingError, SecretOf, Words


class EmailChannel:
    """Sends each message by a connection of its own; ``Message-ID`` is made of the event's id."""

    def __init__(self, config: NotifyEmailConfig, secret_of: SecretOf, words: Words) -> None:
        _check(config)
        self._config = config
        self._secret_of = secret_of
        self._words = words
        self._context = (
            None
            if config.encryption == "plain"
            else tls_context(config.ca_file, "notify_email.ca_file")
        )

    def send(self, message: Message) -> None:
        """Return once the server has taken the message for at least one recipient."""
        mail = self._mail(message)
        password = self._secret_of("email") if self._config.user else ""
        timer = threading.Timer(2 * self._config.timeout_s, _hang_up)
        timer.daemon = True  # a server that answers byte by byte meets no time-out of the socket
        try:
            with self._connected() as server:
                timer.args = [server]
                timer.start()
                if self._config.encryption == "starttls":
                    server.starttls(context=self._context)
                if self._config.user:
                    server.login(self._config.user, password)
                server.send_message(mail)
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(
                f"The certificate of {self._config.host} is not trusted ({error.verify_message}).",
                key="error.delivery_tls",
                host=self._config.host,
            ) from error
        except smtplib.SMTPException as error:
            raise _explained(error) from error
        except (OSError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise DeliveryError(
                f"The mail server {self._config.host} did not take the message ({why}).",
                key="error.delivery_unreachable",
                host=self._config.host,
            ) from error
        finally:
            timer.cancel()

    def close(self) -> None:
        """Do nothing: each message has a connection of its own."""

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        if config.encryption == "tls":
            return smtplib.SMTP_SSL(
                config.host, config.port, timeout=config.timeout_s, context=self._context
            )
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout_s)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = _line(message.title(self._words))
        mail["From"] = self._config.sender
        mail["To"] = ", ".join(self._config.recipients)
        mail["Date"] = format_datetime(message.event.at)
        domain = self._config.sender.rpartition("@")[2]
        mail["Message-ID"] = f"<{message.event.id}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        at = message.event.at.isoformat(sep=" ", timespec="seconds")
        mail.set_content(f"{message.text(self._words)}\n\n{_line(message.site)} {at}\n")
        return mail


def _explained(error: smtplib.SMTPException) -> DeliveryError:
    """Return what to say of a refusal; answers of 5xx to this message will hardly change."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        return DeliveryError(
            f"The mail server refuses every recipient (status {max(codes)}); check"
            " notify_email.recipients.",
            refused=min(codes) >= 500,
            key="error.delivery_recipients",
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError(
            f"The mail server refuses user or password (status {error.smtp_code}); check"
            " notify_email.user and set the secret again.",
            key="error.delivery_login",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryError(
            f"The mail server cannot do what the settings ask ({error}); check"
            " notify_email.encryption and port.",
            key="error.delivery_encryption",
        )
    if isinstance(error, smtplib.SMTPResponseException):
        refused = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        return DeliveryError(
            f"The mail server answered with status {error.smtp_code}.",
            refused=refused,
            key="error.delivery_status",
            status=error.smtp_code,
        )
    return DeliveryError(f"The mail server did not take the message ({error}).")


def _check(config: NotifyEmailConfig) -> None:
    if config.encryption == "plain" and config.host not in LOCAL:
        raise NotifySettingError(
            "notify_email.encryption must be starttls or tls for a server on another machine.",
            key="error.notify_plain",
        )
    if not config.recipients:
        raise NotifySettingError(
            "notify_email.recipients is empty; name at least one address.",
            key="error.notify_recipients",
        )
    for address in (config.sender, *config.recipients):
        name, at, domain = address.rpartition("@")
        plain = all("!" <= sign <= "~" and sign not in '<>,;:"()[]\\' for sign in address)
        if not (name and at and domain and plain):
            raise NotifySettingError(
                f"{address!r} is not an e-mail address; correct notify_email.sender and "
                "recipients.",
                key="error.notify_mail_address",
                address=address[:60],
            )


def _line(text: str) -> str:
    """Return ``text`` as one line: a site's name may hold anything."""
    return " ".join(text.split())


def _hang_up(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with contextlib.suppress(OSError):  # already closed
            server.sock.shutdown(socket.SHUT_RDWR)
