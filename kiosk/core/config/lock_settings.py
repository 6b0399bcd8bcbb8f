"""Settings of the lock drivers, one table each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kiosk.core.config.setting_spec import StartupCheck, setting

_lock_setting = partial(setting, startup_check=StartupCheck.LOCK)
_pin_setting = partial(_lock_setting, unit="BCM", high=27, weakens_security="any")


@dataclass(frozen=True, slots=True)
class GpioConfig:
    """A relay and inputs on the pins of a Raspberry Pi (door.lock = "gpio").

    Pins are BCM numbers; an input closes to ground.
    """

    pin: int = _pin_setting(17, "Pin of the relay", "릴레이 핀", low=0)
    active_high: bool = _lock_setting(
        True,
        "The relay switches on with a high pin; false for boards that switch on with a low one",
        "핀이 높을 때 릴레이가 켜집니다. 낮을 때 켜지는 보드라면 끕니다",
        weakens_security="any",
    )
    contact_pin: int = _pin_setting(
        -1, "Pin of the door contact; -1: none", "문 접점 핀. -1: 없음", low=-1
    )
    exit_pin: int = _pin_setting(
        -1, "Pin of the exit button; -1: none", "나가기 버튼 핀. -1: 없음", low=-1
    )
    tamper_pin: int = _pin_setting(
        -1, "Pin of the tamper contact; -1: none", "훼손 감지 핀. -1: 없음", low=-1
    )
    fire_pin: int = _pin_setting(
        -1, "Pin of the fire alarm's contact; -1: none", "화재 경보 접점 핀. -1: 없음", low=-1
    )
    other_door_pin: int = _pin_setting(
        -1,
        "Pin that reports that the other door of an interlock is open; -1: none",
        "이중문의 다른 문이 열려 있음을 알리는 핀. -1: 없음",
        low=-1,
    )
    active_open: tuple[str, ...] = _lock_setting(
        ("contact", "tamper"),
        "Inputs that are active while their contact is open: contact, exit, tamper, fire, "
        "other_door",
        "접점이 열려 있을 때 켜진 것으로 보는 입력: contact, exit, tamper, fire, other_door",
        weakens_security="any",
    )


@dataclass(frozen=True, slots=True)
class SerialConfig:
    """A USB relay board of the LCUS family (door.lock = "serial")."""

    port: str = _lock_setting(
        "auto",
        "Device such as /dev/ttyUSB0 or COM3; auto finds it by its USB id",
        "/dev/ttyUSB0이나 COM3 같은 장치. auto는 usb로 찾습니다",
        weakens_security="any",
    )
    usb: str = _lock_setting(
        "1a86:7523",
        "USB vendor and product id of the board's converter, in hexadecimal (CH340)",
        "보드의 USB 변환기 제조사와 제품 번호(16진수, CH340)",
        weakens_security="any",
    )
    channel: int = _lock_setting(
        1,
        "Channel of the relay",
        "릴레이 채널",
        unit="channel",
        low=1,
        high=16,
        weakens_security="any",
    )
    answers: bool = _lock_setting(
        True,
        "The board reports its channels when asked; false for boards with one channel, which do "
        "not answer",
        "물으면 채널 상태를 답하는 보드입니다. 채널이 하나인 보드는 답하지 않으니 끕니다",
    )
    answer_s: float = _lock_setting(
        0.5,
        "Longest wait for the board's answer",
        "보드의 답을 기다리는 시간",
        unit="s",
        low=0.1,
        high=5,
    )


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """A door controller behind an MQTT broker (door.lock = "mqtt")."""

    host: str = _lock_setting(
        "localhost",
        "Name or address of the broker",
        "브로커의 이름이나 주소",
        weakens_security="any",
    )
    port: int = _lock_setting(
        8883,
        "Port of the broker",
        "브로커의 포트",
        unit="port",
        low=1,
        high=65535,
        weakens_security="any",
    )
    tls: bool = _lock_setting(
        True,
        "Encrypt the connection; may be false only for a broker on this machine",
        "암호화합니다. 이 컴퓨터의 브로커일 때만 끌 수 있습니다",
        weakens_security="off",
    )
    ca_file: str = _lock_setting(
        "",
        "Certificate of the authority that signed the broker's; empty takes the system's",
        "브로커 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
    )
    user: str = _lock_setting(
        "", "User name at the broker; empty: none", "브로커의 사용자 이름. 비워 두면 없음"
    )
    password_file: str = _lock_setting(
        "", "File with the user's password", "사용자 비밀번호가 든 파일"
    )
    secret_file: str = _lock_setting(
        "",
        "File with a secret shared with the door controller, with which both sign their messages; "
        "empty: no signatures, and exit and fire inputs are ignored",
        "문 제어기와 나눠 가진 비밀이 든 파일. 서로 보내는 말마다 서명합니다. 비워 두면 서명이 "
        "없고, 나가기 버튼과 화재 신호를 받지 않습니다",
        weakens_security="any",
    )
    topic: str = _lock_setting(
        "munjigi/door",
        "Prefix of the topics: commands go to TOPIC/command, answers come on TOPIC/ack, inputs on "
        "TOPIC/inputs",
        "토픽의 앞부분: 명령은 TOPIC/command, 답은 TOPIC/ack, 입력은 TOPIC/inputs",
        weakens_security="any",
    )
    ack_s: float = _lock_setting(
        1.5,
        "Longest wait for the controller's answer; the command expires after that",
        "제어기의 답을 기다리는 시간. 그 뒤의 명령은 무효입니다",
        unit="s",
        low=0.2,
        high=10,
    )


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """A door controller that takes signed HTTP requests (door.lock = "http")."""

    url: str = _lock_setting(
        "",
        "Address that commands are posted to; https:// unless it is this machine",
        "명령을 보내는 주소. 이 컴퓨터가 아니면 https://",
        weakens_security="any",
    )
    secret_file: str = _lock_setting(
        "",
        "File with the secret that signs each request (HMAC-SHA-256)",
        "요청마다 서명하는 비밀이 든 파일(HMAC-SHA-256)",
        weakens_security="any",
    )
    ca_file: str = _lock_setting(
        "",
        "Certificate of the authority that signed the controller's; empty takes the system's",
        "제어기 인증서를 서명한 기관의 인증서. 비워 두면 시스템의 것",
        weakens_security="any",
    )
    try_s: float = _lock_setting(
        0.6,
        "Longest wait for one try",
        "한 번 시도할 때 기다리는 시간",
        unit="s",
        low=0.1,
        high=5,
    )
    tries: int = _lock_setting(
        3,
        "How often a command is sent, with the same id, until it is answered",
        "답이 올 때까지 같은 명령을 이만큼 보냅니다",
        unit="tries",
        low=1,
        high=5,
    )


@dataclass(frozen=True, slots=True)
class CommandConfig:
    """Your own program that opens and locks (door.lock = "command").

    It runs without a shell: each list is a program and its arguments.
    """

    open: tuple[str, ...] = _lock_setting(
        (),
        'Opens the door, for example ["/usr/local/bin/door", "open", "{seconds}"]; exit code 0 '
        "means that the door is open",
        '여는 프로그램, 예: ["/usr/local/bin/door", "open", "{seconds}"]. 종료 코드 0이면 열린 '
        "것입니다",
        weakens_security="any",
    )
    close: tuple[str, ...] = _lock_setting(
        (),
        "Locks the door; runs when the time is over, and at start-up",
        "잠그는 프로그램. 시간이 지나면, 그리고 시작할 때 실행합니다",
        weakens_security="any",
    )
    limit_s: float = _lock_setting(
        1.5,
        "A program that takes longer than this is stopped and counts as failed",
        "이보다 오래 걸리는 프로그램은 멈추고 실패로 봅니다",
        unit="s",
        low=0.1,
        high=10,
    )
