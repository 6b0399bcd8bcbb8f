"""Settings of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import Reload, setting
from kiosk.core.languages import default_language, language_codes


@dataclass(frozen=True, slots=True)
class UiConfig:
    """What people see and hear."""

    language: str = setting(
        default_language(), "Language at start-up", "시작할 때의 언어", choices=language_codes()
    )
    theme: str = setting(
        "dark", "Colours at start-up", "시작할 때의 테마", choices=("dark", "light")
    )
    windowed: bool = setting(
        False,
        "Run in a window instead of full screen",
        "전체 화면 대신 창으로 실행합니다",
        weakens_security="up",
    )
    sound: bool = setting(
        True,
        "Play a tone on accept and reject",
        "허용과 거절을 소리로 알립니다",
        reload=Reload.LIVE,
    )
    volume: int = setting(
        100,
        "Volume of the kiosk's own tones and speech; 0: silent",
        "키오스크가 내는 소리와 말의 크기. 0이면 소리를 내지 않습니다",
        unit="percent",
        low=0,
        high=100,
        reload=Reload.LIVE,
    )
    idle_s: float = setting(
        20.0,
        "The screen dims to a clock after this long without anybody there",
        "이 시간 동안 아무도 없으면 시계 화면으로 바뀝니다",
        unit="s",
        low=5,
        high=3600,
        reload=Reload.LIVE,
    )
    sign_out_s: float = setting(
        120.0,
        "Staff are signed out after this long without a touch",
        "이 시간 동안 조작하지 않으면 로그아웃합니다",
        unit="s",
        low=15,
        high=3600,
        reload=Reload.LIVE,
        weakens_security="up",
    )
    reduced_motion: bool = setting(
        False, "No animations", "움직이는 효과를 쓰지 않습니다", reload=Reload.LIVE
    )
    speech: bool = setting(
        False,
        "Say aloud what the door's screen shows (needs espeak-ng)",
        "문 화면의 안내를 말로 합니다(espeak-ng가 필요합니다)",
    )
    low_controls: bool = setting(
        False,
        "Place all controls of the door's screen in its lower half, for people who sit",
        "앉아서 사용하는 사람을 위해 출입 화면의 버튼을 모두 아래쪽에 둡니다",
        renamed_from="ui.low",
    )
    text_scale: float = setting(
        1.0,
        "Enlarges all text",
        "글자 크기의 배율",
        unit="factor",
        low=1,
        high=2,
    )
    time_factor: float = setting(
        1.0,
        "Lengthens the time for rejects, typed numbers, PINs, turns of the head, the second of "
        "two people, and staff screens",
        "거절 안내, 학번과 PIN 입력, 고개 돌리기, 두 사람 중 둘째 사람, 관리 화면이 이 배율만큼 더 "
        "오래 기다립니다",
        unit="factor",
        low=1,
        high=10,
        weakens_security="up",
    )
    on_screen_keyboard: str = setting(
        "auto",
        "When the on-screen keyboard appears beside a text field; auto shows it while no real "
        "keyboard is plugged in, and otherwise a button in the text field brings it (mouse "
        "receivers and card readers that type count as keyboards)",
        "글을 입력할 때 나오는 화면 키보드. auto는 연결된 키보드가 없을 때 표시하고, 있으면 입력란 "
        "안의 버튼으로 엽니다(마우스 수신기나 글자를 입력하는 카드 리더도 키보드로 봅니다)",
        choices=("auto", "always", "never"),
    )
    door_details: bool = setting(
        False,
        "Show runner-up, votes, the last seconds and times on the door's screen without a touch "
        "on Details; the demo always does",
        "문 화면에서 ‘자세히’를 누르지 않아도 2순위, 일치 횟수, 최근 몇 초, 처리 시간을 "
        "보여 줍니다. 데모에서는 늘 보여 줍니다",
        reload=Reload.LIVE,
    )
    keypad_s: float = setting(
        20.0,
        "A keypad, the help or the details at the door that nobody touches give way to the face "
        "after this long",
        "문 화면의 키패드, 도움말, 자세히를 만지지 않으면 얼굴 확인으로 돌아가는 시간",
        unit="s",
        low=5,
        high=120,
        reload=Reload.LIVE,
    )
    contact_name: str = setting(
        "",
        "Who helps when the door does not open, as its screen says; empty: staff",
        "문이 열리지 않을 때 도와줄 담당자의 이름. 비워 두면 담당자라고만 표시합니다",
        reload=Reload.LIVE,
    )
    contact_phone: str = setting(
        "",
        "That person's telephone number",
        "담당자의 전화번호",
        reload=Reload.LIVE,
    )
