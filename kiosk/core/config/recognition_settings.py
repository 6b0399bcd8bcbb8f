"""Settings of recognition and enrolment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kiosk.core.config.setting_spec import Reload, StartupCheck, setting
from kiosk.core.passes import MONTH_AND_DAY

_engine_setting = partial(setting, reload=Reload.ENGINE)


@dataclass(frozen=True, slots=True)
class RecognitionConfig:
    """How a face is recognised."""

    embedder: str = _engine_setting(
        "auto",
        "Name of the network in weights/MANIFEST.toml; auto takes the most accurate one that is "
        "installed",
        "weights/MANIFEST.toml에 있는 인식 모델 이름. auto는 있는 것 가운데 가장 정확한 모델을 "
        "씁니다",
        startup_check=StartupCheck.WEIGHTS,
        weakens_security="any",
    )
    threshold: float = _engine_setting(
        0.0,
        "Largest distance that still counts as the same person; 0 derives it from "
        "max_false_accepts",
        "같은 사람으로 보는 가장 먼 거리. 0이면 max_false_accepts에서 구합니다",
        unit="distance",
        low=0,
        high=2,
        weakens_security="any",
    )
    max_false_accepts: float = _engine_setting(
        1.0,
        "How many of 10,000 attempts by strangers may be accepted",
        "미등록자의 시도 10,000회 중 허용할 최대 통과 횟수",
        unit="of 10,000",
        low=0.01,
        high=1000,
        weakens_security="up",
        renamed_from="recognition.target_strangers",
    )
    margin: float = _engine_setting(
        0.05,
        "How much farther away the second nearest person must be",
        "2순위 출입자가 더 멀어야 하는 최소 거리",
        unit="distance",
        low=0,
        high=1,
        weakens_security="down",
    )
    votes: int = _engine_setting(
        4,
        "Frames of one track that must agree before the door decides",
        "판정하려면 한 얼굴의 프레임 중 일치해야 하는 수",
        unit="frames",
        low=2,
        high=30,
        weakens_security="down",
    )
    window_s: float = _engine_setting(
        1.0,
        "Votes are counted over the frames compared in this time",
        "이 시간 안에 비교한 프레임에서 일치한 수를 셉니다",
        unit="s",
        low=0.3,
        high=5,
        weakens_security="up",
    )
    agreement: float = _engine_setting(
        0.7,
        "Share of those frames that must agree",
        "그 프레임 가운데 일치해야 하는 비율",
        unit="share",
        low=0.5,
        high=1,
        weakens_security="down",
    )
    min_span_s: float = _engine_setting(
        0.25,
        "The votes must span at least this time",
        "일치한 프레임이 적어도 이 시간에 걸쳐 있어야 합니다",
        unit="s",
        low=0,
        high=5,
        at_most="window_s",
        weakens_security="down",
    )
    unknown_after_s: float = _engine_setting(
        4.0,
        "Without agreement for this long the person is reported as unknown",
        "이 시간이 지나도 일치하지 않으면 미등록자로 판정합니다",
        unit="s",
        low=1,
        high=30,
        renamed_from="recognition.patience_s",
    )
    idle_interval_s: float = _engine_setting(
        0.2,
        "Longest time between two detections while nobody is there",
        "아무도 없을 때 얼굴을 찾는 가장 긴 간격",
        unit="s",
        low=0.02,
        high=2,
    )
    local_search_frames: int = _engine_setting(
        4,
        "For this many frames in a row a face is searched only near its last position; then "
        "the whole frame is searched again",
        "찾은 얼굴을 있던 자리에서만 찾는 프레임 수. 그다음에는 화면 전체에서 찾습니다",
        unit="frames",
        low=0,
        high=30,
        renamed_from="recognition.follow_frames",
    )
    threads: int = _engine_setting(
        0,
        "Threads for the networks; 0 takes up to four and leaves one core to the screen where "
        "there are more than two",
        "인식에 쓰는 스레드 수. 0이면 최대 4개이고, 코어가 셋 이상이면 하나는 화면에 남깁니다",
        unit="threads",
        low=0,
        high=64,
    )


@dataclass(frozen=True, slots=True)
class EnrolmentConfig:
    """How people are enrolled."""

    duplicate_factor: float = _engine_setting(
        1.0,
        "A face nearer to another person than the threshold times this counts as already enrolled",
        "기준 거리에 이 값을 곱한 것보다 가까우면 이미 등록된 출입자로 봅니다",
        unit="factor",
        low=0.5,
        high=1.5,
        weakens_security="down",
    )
    pose_timeout_s: float = _engine_setting(
        60.0,
        "A guided capture stops after this long without progress",
        "이 시간 동안 진행되지 않으면 촬영을 멈춥니다",
        unit="s",
        low=10,
        high=600,
    )
    ask_looks: bool = _engine_setting(
        True,
        "Ask a new member at the door, after a sure accept, whether to keep that day's look too; "
        "nothing is kept without a yes, and never while liveness.enabled is off",
        "등록한 지 얼마 안 된 사람에게 문 앞에서 그날 얼굴도 더해 둘지 묻습니다. 확실히 알아봤을 "
        "때만 묻고, 본인이 예를 눌러야 저장합니다. liveness.enabled가 꺼져 있으면 묻지 않습니다",
        weakens_security="up",
    )
    looks_most: int = _engine_setting(
        3,
        "Looks kept of one member besides the enrolment; one more replaces the oldest that "
        "resembles it",
        "등록할 때 말고 한 사람이 더 둘 수 있는 얼굴 수. 다 차면 가장 비슷한 것 가운데 오래된 것을 "
        "바꿉니다",
        unit="looks",
        low=1,
        high=8,
        weakens_security="up",
    )
    looks_days: int = _engine_setting(
        60,
        "Days after the enrolment in which a member is asked, once a day at most",
        "등록한 뒤 이 기간 동안 하루에 최대 한 번 묻습니다",
        unit="days",
        low=1,
        high=365,
        weakens_security="up",
    )
    looks_pause_days: int = _engine_setting(
        7,
        "Days without a question after a member said no or nothing, after one of their looks was "
        "removed, and between two questions once there are looks_most",
        "아니요를 누르거나 답하지 않거나 더한 얼굴을 지우고 나면, 그리고 looks_most만큼 차고 나면 "
        "이 기간 동안 묻지 않습니다",
        unit="days",
        low=1,
        high=365,
    )
    semester_ends: tuple[str, ...] = setting(
        ("02-29", "08-31"),
        "Last days of the semesters, as month-day, which a touch fills in as the end of a period; "
        "a day past the end of its month is the month's last day",
        "학기의 마지막 날(월-일). 출입 종료일에 ‘학기 말’을 누르면 이 날짜를 넣습니다. 그달에 없는 "
        "날이면 그달의 마지막 날입니다",
        pattern=MONTH_AND_DAY,
        example="08-31",
    )
    expiry_notice_days: int = setting(
        14,
        "Staff are told of people whose last day is among this many from today on",
        "출입 기간이 이 기간 안에 끝나는 출입자를 관리 화면에 알립니다",
        unit="days",
        low=1,
        high=90,
    )
