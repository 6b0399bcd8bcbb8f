"""Settings of what is told to other machines: events, webhook, e-mail, messenger, MQTT."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import setting
from kiosk.core.languages import default_language, language_codes
from kiosk.core.site_events import EventKind

MESSENGERS = ("slack", "mattermost", "discord", "teams", "kakaowork", "naverworks", "custom")
"""The presets of ``notify_messenger.kind``."""


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """What is told to other machines, whatever the channel. Never pictures or templates."""

    site: str = setting(
        "",
        "What messages call this door, such as Lab 301",
        "알림에 쓰는 이 문의 이름. 예: 301호 연구실",
    )
    names: str = setting(
        "masked",
        "How messages name a person: not at all, with most characters hidden, by number, or by "
        "name and number",
        "알림에 사람을 적는 방법: 적지 않음, 대부분 가림, 번호만, 이름과 번호",
        choices=("none", "masked", "number", "full"),
        weakens_security="any",
    )
    language: str = setting(
        default_language(),
        "Language of e-mails and messengers",
        "이메일과 메신저 알림의 언어",
        choices=language_codes(),
    )
    silent: tuple[str, ...] = setting(
        (),
        "Kinds of events that are not told, such as door_held_open; docs/notifications.md lists "
        "them",
        "알리지 않을 사건의 종류. 예: door_held_open. 목록은 docs/notifications.md에 있습니다",
        parts=tuple(kind.value for kind in EventKind),
        weakens_security="any",
    )
    unknown_count: int = setting(
        5,
        "Tell after so many attempts with unknown faces, numbers or cards within the time below",
        "아래 시간 안에 등록되지 않은 얼굴·번호·카드로 이 횟수만큼 시도하면 알립니다",
        unit="attempts",
        low=2,
        high=1000,
    )
    unknown_minutes: int = setting(
        10, "The time in which they are counted", "세는 시간", unit="min", low=1, high=1440
    )
    low_disk_gb: float = setting(
        1.0,
        "Tell when less than this is free on the disk of the data folder; 0: never",
        "데이터 폴더의 디스크에 남은 공간이 이보다 적으면 알립니다. 0이면 알리지 않음",
        unit="GB",
        low=0,
        high=1000,
    )
    repeat_s: float = setting(
        60.0,
        "One kind of event makes one message in this time at most; further ones are counted in it",
        "같은 종류의 사건은 이 시간에 한 번만 보내고, 나머지는 그 알림에 횟수로 적습니다",
        unit="s",
        low=0,
        high=3600,
    )
    keep_hours: int = setting(
        72,
        "Messages that could not be sent for so long are given up",
        "이 시간 동안 보내지 못한 알림은 버립니다",
        unit="h",
        low=1,
        high=720,
    )


@dataclass(frozen=True, slots=True)
class NotifyWebhookConfig:
    """A server that takes signed HTTPS requests (docs/notifications.md)."""

    url: str = setting(
        "",
        "Address that events are posted to, https://; empty: none",
        "사건을 보내는 주소(https://). 비워 두면 없음",
        weakens_security="any",
    )
    allow_http: bool = setting(
        False,
        "Allow http:// to another machine: everybody on the way can read what is told",
        "다른 컴퓨터에도 http://를 허용합니다. 오가는 길에서 누구나 읽을 수 있습니다",
        weakens_security="up",
        file_only=True,
    )
    ca_file: str = setting(
        "",
        "Certificate of the authority that signed the server's; empty takes the system's",
        "서버 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
        file_only=True,
    )
    timeout_s: float = setting(
        10.0, "Longest wait for the answer", "답을 기다리는 시간", unit="s", low=1, high=60
    )


@dataclass(frozen=True, slots=True)
class NotifyEmailConfig:
    """E-mail by a mail server (SMTP)."""

    host: str = setting(
        "",
        "Name of the mail server; empty: none",
        "메일 서버의 이름. 비워 두면 없음",
        weakens_security="any",
    )
    port: int = setting(
        587, "Port of the mail server", "메일 서버의 포트", unit="port", low=1, high=65535
    )
    encryption: str = setting(
        "starttls",
        "Encrypt by STARTTLS (usual on port 587) or from the start (tls, port 465); plain only "
        "for a server on this machine",
        "암호화 방법: STARTTLS(보통 587번 포트), 처음부터 TLS(465번 포트). plain은 이 컴퓨터의 "
        "서버일 때만 쓸 수 있습니다",
        choices=("starttls", "tls", "plain"),
        weakens_security="any",
    )
    ca_file: str = setting(
        "",
        "Certificate of the authority that signed the server's; empty takes the system's",
        "서버 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
        file_only=True,
    )
    user: str = setting(
        "",
        "User name at the mail server; empty: none. The password is a secret "
        "(docs/notifications.md)",
        "메일 서버의 사용자 이름. 비워 두면 없음. 비밀번호는 비밀 값입니다(docs/notifications.md)",
    )
    sender: str = setting(
        "", "Address that e-mails come from", "보내는 사람 주소", weakens_security="any"
    )
    recipients: tuple[str, ...] = setting(
        (), "Addresses that e-mails go to", "받는 사람 주소", weakens_security="any"
    )
    timeout_s: float = setting(
        20.0, "Longest wait for the server", "서버를 기다리는 시간", unit="s", low=1, high=60
    )


@dataclass(frozen=True, slots=True)
class NotifyMessengerConfig:
    """An incoming webhook of a messenger; its address is a secret (docs/notifications.md)."""

    kind: str = setting(
        "off",
        "The messenger, or a template of your own",
        "메신저, 또는 직접 쓴 형식",
        choices=("off", *MESSENGERS),
        weakens_security="any",
    )
    template: str = setting(
        '{"text": "{text}"}',
        "What is posted where the messenger is custom: JSON in which {text}, {title}, {site}, "
        "{time} and {kind} stand for the message",
        "메신저가 custom일 때 보내는 JSON. {text}, {title}, {site}, {time}, {kind} 자리에 알림이 "
        "들어갑니다",
    )
    timeout_s: float = setting(
        10.0, "Longest wait for the answer", "답을 기다리는 시간", unit="s", low=1, high=60
    )


@dataclass(frozen=True, slots=True)
class NotifyMqttConfig:
    """An MQTT broker, with discovery by Home Assistant; it cannot open the door."""

    host: str = setting(
        "",
        "Name or address of the broker; empty: none",
        "브로커의 이름이나 주소. 비워 두면 없음",
        weakens_security="any",
    )
    port: int = setting(8883, "Port of the broker", "브로커의 포트", unit="port", low=1, high=65535)
    tls: bool = setting(
        True,
        "Encrypt the connection; may be false only for a broker on this machine",
        "암호화합니다. 이 컴퓨터의 브로커일 때만 끌 수 있습니다",
        weakens_security="off",
        file_only=True,
    )
    ca_file: str = setting(
        "",
        "Certificate of the authority that signed the broker's; empty takes the system's",
        "브로커 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
        file_only=True,
    )
    user: str = setting(
        "",
        "User name at the broker; empty: none. The password is a secret (docs/notifications.md)",
        "브로커의 사용자 이름. 비워 두면 없음. 비밀번호는 비밀 값입니다(docs/notifications.md)",
    )
    topic: str = setting(
        "munjigi/kiosk", "Prefix of the topics", "토픽의 앞부분", weakens_security="any"
    )
    discovery: str = setting(
        "homeassistant",
        "Prefix under which Home Assistant looks for devices; empty: not announced",
        "Home Assistant가 기기를 찾는 토픽의 앞부분. 비워 두면 알리지 않음",
    )
