"""Settings of a fleet: several doors and desks that share one list of people."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import Reload, setting
from kiosk.core.fleet_status import WhenStale


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """Several doors and desks with one list of people in PostgreSQL (docs/fleet.md)."""

    url: str = setting(
        "",
        "Address of the fleet's database, postgresql://…, as `fleet login` printed it; empty: this "
        "kiosk stands alone. It holds a password and is never shown",
        "여러 문이 함께 쓰는 데이터베이스 주소(postgresql://…). `fleet login`이 알려 준 주소를 "
        "적어 주세요. 비워 두면 이 키오스크만 씁니다. 비밀번호가 들어 있어 화면에 나오지 않습니다",
        file_only=True,
        secret=True,
        weakens_security="any",
    )
    lease_h: float = setting(
        24.0,
        "How long this door goes on as usual without hearing from another node of the fleet",
        "다른 문이나 관리 PC의 소식 없이 이 문을 평소처럼 쓰는 시간",
        unit="h",
        low=0.083,
        high=720,
        reload=Reload.LIVE,
        weakens_security="up",
    )
    when_stale: str = setting(
        WhenStale.FACES_OFF.value,
        "What the door does after that: compare no faces (those who enter by PIN or card go on), "
        "let nobody in, or go on",
        "그 시간이 지났을 때: 얼굴 확인만 멈추거나(PIN이나 카드로 출입하는 사람은 그대로), 아무도 "
        "들이지 않거나, 평소처럼 계속합니다",
        choices=tuple(choice.value for choice in WhenStale),
        reload=Reload.LIVE,
        weakens_security="any",
    )
    sealed_names: bool = setting(
        True,
        "Seal names and numbers too, so that the database's administrator cannot read them; off: "
        "the site's own reports can",
        "이름과 학번도 암호화해 데이터베이스 관리자가 볼 수 없게 합니다. 끄면 기관에서 만든 "
        "보고서에 쓸 수 있습니다",
        weakens_security="off",
    )
    key_days: int = setting(
        30,
        "This node makes another key for what is sealed for it when the key is older than this, so "
        "that an older backup of the database opens nothing; a door without staff keeps its key",
        "이 기간이 지나면 이 키오스크의 봉인 키를 새로 만들어, 데이터베이스의 오래된 백업으로는 "
        "아무것도 열 수 없게 합니다. 담당자가 없는 문의 키는 바뀌지 않습니다",
        unit="days",
        low=1,
        high=365,
        weakens_security="up",
    )
    allow_remote_opening: bool = setting(
        False,
        "Administrators at another node may open this door once",
        "다른 곳에 있는 관리자가 이 문을 한 번 열 수 있습니다",
        reload=Reload.LIVE,
        weakens_security="up",
    )
