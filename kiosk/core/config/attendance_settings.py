"""Settings of hours of presence."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import setting


@dataclass(frozen=True, slots=True)
class AttendanceConfig:
    """Hours of presence, for those who consented to them (``privacy.attendance``)."""

    leaving: bool = setting(
        False,
        "People show themselves on the way out too, so that their times are by turns coming and "
        "leaving; otherwise only comings are known, and no hours",
        "나갈 때도 인증합니다. 한 사람의 기록을 입실과 퇴실로 번갈아 셉니다. 끄면 들어온 "
        "시각만 알 수 있고 시간은 계산하지 않습니다",
    )
    day_begins: int = setting(
        4,
        "Hour at which a day begins, so that a night counts for the day before",
        "하루가 시작되는 시각. 그 전의 밤 시간은 전날로 칩니다",
        unit="h",
        low=0,
        high=12,
    )
    longest_hours: int = setting(
        14,
        "If no one is seen leaving within this time, the time of leaving counts as unknown",
        "이 시간 안에 나가지 않았으면 나갈 때 인증을 잊은 것으로 보고 나간 시각을 비워 둡니다",
        unit="h",
        low=1,
        high=72,
    )
