"""Settings of the camera, and of which faces are good enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kiosk.core.config.setting_spec import Reload, StartupCheck, setting

_engine_setting = partial(setting, reload=Reload.ENGINE)


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The camera."""

    source: str = setting(
        "auto",
        "auto, an index, a device path, a video file, a folder of pictures, an rtsp:// or "
        "http:// address, or demo",
        "카메라: auto, 번호, 장치 경로, 동영상 파일, 사진 폴더, rtsp:// 또는 http:// 주소, demo",
        startup_check=StartupCheck.CAMERA,
        weakens_security="any",
    )
    width: int = setting(
        640,
        "Width requested from a webcam",
        "웹캠에 요청하는 가로 크기",
        unit="px",
        low=160,
        high=3840,
    )
    height: int = setting(
        480,
        "Height requested from a webcam",
        "웹캠에 요청하는 세로 크기",
        unit="px",
        low=120,
        high=2160,
    )
    fps: float = setting(
        30.0,
        "Frame rate requested from a webcam",
        "웹캠에 요청하는 초당 프레임 수",
        unit="1/s",
        low=1,
        high=120,
    )
    stall_s: float = setting(
        2.0,
        "Without a new frame for this long the camera counts as lost",
        "이만큼 새 영상이 없으면 카메라가 끊긴 것으로 봅니다",
        unit="s",
        low=0.5,
        high=30,
    )
    frozen_s: float = setting(
        5.0,
        "If the picture does not change for this long, the camera counts as lost",
        "이만큼 같은 영상이 이어지면 카메라가 끊긴 것으로 봅니다",
        unit="s",
        low=1,
        high=60,
        weakens_security="up",
    )


@dataclass(frozen=True, slots=True)
class QualityConfig:
    """Which faces are good enough to be compared."""

    min_eye_distance: float = _engine_setting(
        18.0,
        "Smallest distance between the eyes",
        "두 눈 사이의 가장 작은 거리",
        unit="px",
        low=8,
        high=200,
        weakens_security="down",
    )
    max_face_share: float = _engine_setting(
        0.85,
        "Largest face height as a share of the frame",
        "화면에서 얼굴 높이가 차지하는 가장 큰 비율",
        unit="share",
        low=0.2,
        high=1,
    )
    min_sharpness: float = _engine_setting(
        12.0,
        "Smallest variance of the Laplacian of the aligned face",
        "얼굴 사진 선명도의 최솟값(라플라시안 분산)",
        unit="variance",
        low=0,
        high=2000,
        weakens_security="down",
    )
    min_brightness: float = _engine_setting(
        40.0,
        "Smallest mean luminance of the face",
        "쓸 수 있는 가장 어두운 얼굴 밝기(평균)",
        unit="0-255",
        low=0,
        high=255,
        below="max_brightness",
    )
    max_brightness: float = _engine_setting(
        225.0,
        "Largest mean luminance of the face",
        "쓸 수 있는 가장 밝은 얼굴 밝기(평균)",
        unit="0-255",
        low=0,
        high=255,
    )
    max_yaw: float = _engine_setting(
        0.55,
        "How far the head may be turned during verification (about 1 is a profile)",
        "확인할 때 고개를 돌려도 되는 정도(1이면 거의 옆모습)",
        unit="ratio",
        low=0.05,
        high=1,
        weakens_security="up",
    )
    min_probability: float = _engine_setting(
        0.95,
        "Smallest probability, given by the detector, that this is a face",
        "얼굴로 인정하는 검출 확률의 최솟값",
        unit="0-1",
        low=0.5,
        high=1,
        weakens_security="down",
    )
