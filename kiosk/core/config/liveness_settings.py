"""Settings of presentation attack detection."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import StartupCheck, setting


@dataclass(frozen=True, slots=True)
class LivenessConfig:
    """Detection of photographs and screens held to the camera (docs/liveness.md)."""

    enabled: bool = setting(
        True,
        "Check that a real person is there; without this a photograph opens the door",
        "실제 사람인지 확인할지 여부. 끄면 사진으로도 문이 열립니다",
        weakens_security="off",
    )
    challenge: str = setting(
        "when_needed",
        "Who is asked to turn the head: nobody (people whose natural motion shows too little "
        "depth are refused), people whose natural motion shows too little depth in time, or "
        "everybody",
        "고개를 돌려 달라고 할 사람: 아무에게도 하지 않음(자연스러운 움직임으로 보이지 않으면 "
        "거절), 제때 보이지 않은 사람, 모든 사람",
        choices=("never", "when_needed", "always"),
        weakens_security="any",
    )
    parallax_deg: float = setting(
        1.8,
        "How far the head must be seen to turn in depth; large faces need less",
        "고개가 입체로 돌아간 것이 보여야 하는 각도(얼굴이 크게 보이면 더 작아도 됩니다)",
        unit="deg",
        low=1,
        high=20,
        weakens_security="down",
        renamed_from="liveness.relief_deg",
    )
    max_background_change: float = setting(
        0.08,
        "Largest share of the background beside the head that may differ from the empty view",
        "머리 옆 배경 가운데 빈 배경과 달라도 되는 최대 비율",
        unit="share",
        low=0.01,
        high=0.5,
        weakens_security="up",
        renamed_from="liveness.foreign_share",
    )
    max_background_change_turned: float = setting(
        0.2,
        "The same share for a person who turned the head as asked, where the empty view is known",
        "고개를 돌린 사람에게 적용하는 같은 비율(배경을 아는 경우)",
        unit="share",
        low=0.01,
        high=1,
        weakens_security="up",
        renamed_from="liveness.foreign_share_turned",
    )
    min_scene_match: float = setting(
        0.8,
        "Smallest share of the rest of the frame that must be unchanged",
        "나머지 화면 가운데 예전 그대로여야 하는 최소 비율",
        unit="share",
        low=0.5,
        high=1,
        weakens_security="down",
        renamed_from="liveness.known_share",
    )
    eyes_open: bool = setting(
        True,
        "Ask people whose eyes look shut to turn their head, so that the door does not open for a "
        "sleeping person",
        "눈을 감은 것으로 보이면 고개를 돌려 달라고 합니다. 잠든 사람의 얼굴로 문이 열리지 않게 "
        "합니다",
        startup_check=StartupCheck.WEIGHTS,
        weakens_security="off",
    )
    challenge_after_s: float = setting(
        0.8,
        "How long after recognition to wait for natural motion before asking for a turn",
        "인식한 뒤 고개를 돌려 달라고 하기 전에 자연스러운 움직임을 기다리는 시간",
        unit="s",
        low=0.1,
        high=5,
        weakens_security="up",
        renamed_from="liveness.wait_s",
    )
    challenge_after_pictures: int = setting(
        12,
        "How many pictures to compare after recognition before asking for a turn, however slowly "
        "they come",
        "인식한 뒤 고개를 돌려 달라고 하기 전에 비교할 최소 프레임 수(영상이 느리게 와도 그때까지 "
        "기다립니다)",
        unit="pictures",
        low=0,
        high=60,
        weakens_security="up",
    )
    turns: int = setting(
        2,
        "Number of turns asked for, in random order",
        "무작위 순서로 고개를 돌려 달라고 하는 횟수",
        unit="turns",
        low=1,
        high=3,
        weakens_security="down",
    )
    spare_turns: int = setting(
        1,
        "How many turns that were not seen in time are replaced by a new random one",
        "시간 안에 보이지 않은 동작을 그때 새로 뽑은 다른 동작으로 바꿔 주는 횟수",
        unit="turns",
        low=0,
        high=2,
        weakens_security="up",
    )
    turn_s: float = setting(
        3.5,
        "Time for each turn",
        "한 번 돌리는 데 주는 시간",
        unit="s",
        low=1,
        high=15,
        weakens_security="up",
    )
    min_turn: float = setting(
        0.16,
        "How far the nose must move between eyes and mouth in a turn (about 1 is a profile)",
        "돌릴 때 코가 눈과 입 사이에서 움직여야 하는 정도(1이면 거의 옆모습)",
        unit="ratio",
        low=0.05,
        high=0.5,
        weakens_security="down",
        renamed_from="liveness.turn",
    )
    turn_parallax_deg: float = setting(
        2.0,
        "How far a turn must be seen in depth",
        "돌릴 때 입체로 보여야 하는 각도",
        unit="deg",
        low=0.5,
        high=15,
        weakens_security="down",
        renamed_from="liveness.turn_relief_deg",
    )
    appearance: str = setting(
        "off",
        "What happens if a small network takes a face for a print or a screen: nothing, the person "
        "is asked to turn the head, or the person is refused",
        "소형 인식 모델이 얼굴을 인쇄물이나 화면으로 판단하면 할 일: 아무것도 하지 않음, 고개를 "
        "돌려 달라고 함, 거절함",
        choices=("off", "challenge", "refuse"),
        startup_check=StartupCheck.WEIGHTS,
        weakens_security="any",
    )
