"""Settings of the door, and of cards and badges."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.config.setting_spec import Reload, StartupCheck, setting


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """How the door behaves."""

    name: str = setting(
        "지능형 시스템 연구실",
        "Name shown at the top of the door's screen",
        "문 화면 위쪽에 보이는 이름",
    )
    lock: str = setting(
        "log",
        "Driver of the lock, with a table of its own below; log only shows and records",
        "문을 여는 장치. 장치마다 아래에 설정이 따로 있습니다. log는 보여 주고 기록만 합니다",
        choices=(NO_DRIVER,),
        names_driver=True,
        startup_check=StartupCheck.LOCK,
        weakens_security="any",
    )
    policy: str = setting(
        "",
        "File with the access rules; empty takes policy.toml in the data folder, if it exists "
        "(docs/policy.md)",
        "출입 규칙 파일. 비워 두면 데이터 폴더의 policy.toml을 씁니다(docs/policy.md)",
        file_only=True,
        weakens_security="any",
    )
    open_s: float = setting(
        4.0,
        "How long the door stays open after an accept",
        "허용한 뒤 문을 열어 두는 시간",
        unit="s",
        low=1,
        high=60,
        weakens_security="up",
    )
    open_once_in_lockdown: bool = setting(
        False,
        "Staff may open the door once during a lock-down, two administrators where that rule is on",
        "출입 통제 중에도 담당자가 문을 한 번 열 수 있습니다. 관리자 두 명 규칙을 쓰면 두 명이 "
        "동의해야 합니다",
        reload=Reload.LIVE,
        weakens_security="up",
    )
    lock_timeout_s: float = setting(
        2.0,
        "Longest wait for the lock's answer; without one the door counts as locked",
        "잠금장치의 응답을 기다리는 시간. 응답이 없으면 잠긴 것으로 봅니다",
        unit="s",
        low=0.2,
        high=10,
    )
    held_open_s: float = setting(
        30.0,
        "A door that stands open for longer than this is reported; 0 never reports it",
        "이보다 오래 열려 있으면 알립니다. 0이면 알리지 않습니다",
        unit="s",
        low=0,
        high=3600,
        weakens_security="any",
    )
    relock: bool = setting(
        True,
        "Lock as soon as the door has been opened and closed again (needs a door contact)",
        "문이 열렸다 닫히면 바로 잠급니다(문 접점이 필요합니다)",
        weakens_security="off",
    )
    fire_opens: bool = setting(
        True,
        "Hold the door open while the fire input is active",
        "화재 입력이 켜져 있는 동안 문을 열어 둡니다",
        weakens_security="any",
    )
    reject_s: float = setting(
        3.0,
        "How long a reject is shown",
        "거절을 보여 주는 시간",
        unit="s",
        low=1,
        high=30,
        reload=Reload.ENGINE,
    )
    cooldown_s: float = setting(
        1.5,
        "Pause before the next attempt",
        "다음 시도까지 쉬는 시간",
        unit="s",
        low=0,
        high=30,
        reload=Reload.ENGINE,
        weakens_security="down",
    )
    max_failures: int = setting(
        5,
        "Rejects in a row before faces alone have to wait; numbers and badges are taken meanwhile",
        "연속으로 이 횟수만큼 거절되면 얼굴 확인을 잠시 멈춥니다. 학번과 출입 QR은 그대로 받습니다",
        unit="attempts",
        low=1,
        high=100,
        reload=Reload.ENGINE,
        weakens_security="up",
    )
    lockout_s: float = setting(
        10.0,
        "How long faces alone wait then; it doubles each time, to a minute at most or this time",
        "그때 얼굴 확인을 멈추는 시간. 두 배씩 늘어나며, 최대 1분 또는 이 시간까지입니다",
        unit="s",
        low=5,
        high=3600,
        reload=Reload.ENGINE,
        weakens_security="down",
    )
    pin_for: str = setting(
        "look_alikes",
        "Who is asked for student number and PIN before the face: look_alikes (people whom "
        "another enrolled person resembles), or everybody",
        "얼굴보다 먼저 학번과 PIN을 확인할 대상: 닮은 출입자가 있는 출입자만, 또는 모두",
        choices=("look_alikes", "everybody"),
        weakens_security="any",
    )
    dwell_s: float = setting(
        0.7,
        "How long a person without a card or PIN must stand at the door and face the camera, so "
        "that the door does not open for people who walk past",
        "카드나 PIN 없이 출입하려면 문 앞에 서서 이 시간 동안 카메라를 봐야 합니다. "
        "지나가는 사람에게 문이 열리지 않게 합니다",
        unit="s",
        low=0,
        high=5,
        reload=Reload.ENGINE,
        weakens_security="down",
    )
    min_eye_share: float = setting(
        0.03,
        "Smallest distance between the eyes that opens the door, as a share of the picture's "
        "width; 0.03 is about two metres with a usual webcam",
        "문을 열어 줄 가장 작은 두 눈 사이 거리(화면 너비 가운데 비율). 0.03이면 보통 웹캠에서 "
        "2미터쯤입니다",
        unit="share",
        low=0,
        high=0.3,
        reload=Reload.ENGINE,
        weakens_security="down",
    )
    claim_s: float = setting(
        20.0,
        "How long the door waits for a face after a student number was typed",
        "입력한 학번이 얼굴을 기다리는 시간",
        unit="s",
        low=5,
        high=120,
        reload=Reload.ENGINE,
    )


@dataclass(frozen=True, slots=True)
class CardsConfig:
    """Badges held to the camera, and card readers that type like a keyboard."""

    camera: bool = setting(
        True,
        "Read badges (QR codes) held to the camera",
        "카메라에 보여 주는 출입 QR을 읽습니다",
        reload=Reload.ENGINE,
    )
    bar_codes: bool = setting(
        False,
        "Also read bar codes (EAN, UPC, Code 128, Code 39); a registered one counts like a typed "
        "student number",
        "바코드(EAN, UPC, Code 128, Code 39)도 읽습니다. 등록한 바코드는 입력한 학번과 같습니다",
        reload=Reload.ENGINE,
        weakens_security="any",
    )
    interval_s: float = setting(
        0.25,
        "Time between two searches for codes",
        "코드를 찾는 간격",
        unit="s",
        low=0.05,
        high=5,
        reload=Reload.ENGINE,
    )
    search_ms: float = setting(
        120.0,
        "Processor time after which the search for codes in one picture is given up",
        "사진 한 장에서 코드를 찾는 데 쓰는 가장 긴 처리 시간. 넘으면 그만둡니다",
        unit="ms",
        low=20,
        high=2000,
        reload=Reload.ENGINE,
    )
    reader: bool = setting(
        True,
        "Take fast bursts of keys that end with Enter, Tab or a line feed for a card",
        "빠르게 이어지고 Enter, Tab, 줄 바꿈으로 끝나는 입력을 카드로 봅니다",
        reload=Reload.LIVE,
    )
    needs_end: bool = setting(
        True,
        "Wait for the end of a card's code; off: a pause ends it too, for readers that send no end",
        "카드 번호의 끝(Enter, Tab, 줄 바꿈)을 기다립니다. 끝을 보내지 않는 리더라면 꺼 주세요",
        reload=Reload.LIVE,
    )
    gap_ms: float = setting(
        55.0,
        "Longest usual time between two keys of a card reader; some may take four times that",
        "카드 리더의 글자가 보통 이어지는 시간. 몇 글자는 네 배까지 늦어도 됩니다",
        unit="ms",
        low=2,
        high=100,
        reload=Reload.LIVE,
    )
    min_length: int = setting(
        6,
        "Length of the shortest card code",
        "카드 번호의 가장 짧은 길이",
        unit="characters",
        low=4,
        high=32,
        renamed_from="cards.least",
        reload=Reload.LIVE,
    )
