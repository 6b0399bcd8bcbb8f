"""E-mail to a server on loopback: encrypted, with a password, refused, hanging."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from kiosk.core.config import NotifyEmailConfig
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.notify.channels.email_channel import EmailChannel
from kiosk.notify.message import DeliveryError, Message, NotifySettingError
from kiosk.ui.catalogue import tr_in
from tests.helpers.mail_server import MailServer, serving_mail

EVENT = SiteEvent(
    EventKind.EXPIRING,
    datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    {"n": 2, "days": 7, "people": "김*수"},
    "b" * 32,
)
MESSAGE = Message(EVENT, "301호\nBcc: all@example.org", more=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with serving_mail(tmp_path) as made:
        yield made


def channel(server: MailServer, **values: object) -> EmailChannel:
    usual: dict[str, object] = {
        "host": "127.0.0.1",
        "port": server.port,
        "ca_file": str(server.secure),
        "user": "kiosk",
        "sender": "kiosk@example.org",
        "recipients": ("staff@example.org", "lab@example.org"),
    }
    config = NotifyEmailConfig(**(usual | values))  # type: ignore[arg-type]
    return EmailChannel(config, lambda name: "the password", partial(tr_in, "ko"))


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_mail_is_encrypted_and_says_what_happened(server: MailServer, encryption: str):
    server.tls_first = encryption == "tls"
    channel(server, encryption=encryption).send(MESSAGE)
    [(recipients, text, encrypted)] = server.mails
    assert encrypted
    assert server.logins == ["\0kiosk\0the password"]
    assert recipients == ["staff@example.org", "lab@example.org"]
    mail = email.message_from_string(text, policy=email.policy.default)
    assert mail["Subject"] == "[301호 Bcc: all@example.org] 출입 기간 종료 예정"
    assert mail["Bcc"] is None, "a site's name adds no header"
    assert mail["Message-ID"] == f"<{'b' * 32}@example.org>"
    body = mail.get_content()
    assert "2명" in body and "김*수" in body and "1건 더" in body and "2026-03-02" in body


def test_nothing_is_sent_unencrypted(server: MailServer):
    server.starttls = False
    with pytest.raises(DeliveryError, match="encryption and port"):
        channel(server).send(MESSAGE)
    assert not server.mails and not server.logins


def test_a_certificate_that_nobody_trusts_is_refused(server: MailServer):
    with pytest.raises(DeliveryError, match="not trusted"):
        channel(server, ca_file="").send(MESSAGE)
    assert not server.mails and not server.logins


@pytest.mark.parametrize(
    ("replies", "refused", "said"),
    [
        ({"greeting": "421 busy"}, False, "status 421"),
        ({"AUTH": "535 wrong"}, False, "user or password"),
        ({"RCPT": "550 unknown"}, True, "every recipient"),
        ({"RCPT": "450 later"}, False, "every recipient"),
        ({"END": "554 spam"}, True, "status 554"),
        ({"END": "451 later"}, False, "status 451"),
        ({"DATA": "hang"}, False, "did not take"),
    ],
    ids=str,
)
def test_refusals_say_what_to_check(
    server: MailServer, replies: dict[str, str], refused: bool, said: str
):
    server.replies = replies
    with pytest.raises(DeliveryError, match=said) as failed:
        channel(server, timeout_s=0.5).send(MESSAGE)
    assert failed.value.refused == refused


@pytest.mark.parametrize(
    "values",
    [
        {"encryption": "plain", "host": "mail.example.org"},
        {"recipients": ()},
        {"recipients": ("staff@example.org\nBcc: x@example.org",)},
        {"recipients": ("Staff <staff@example.org>",)},
        {"sender": ""},
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_refused(server: MailServer, values: dict[str, object]):
    with pytest.raises(NotifySettingError):
        channel(server, **values)
