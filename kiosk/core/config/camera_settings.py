"""Settings of the camera, and of which faces are good enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kiosk.core.config.setting_spec import Reload, StartupCheck, setting

_camera_setting = partial(setting, reload=Reload.LIVE)
_engine_setting = partial(setting, reload=Reload.ENGINE)


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """The camera."""

    source: str = _camera_setting(
        "auto",
        "auto, an index, a device path, a video file, a folder of pictures, an rtsp:// or "
        "http:// address, or demo, which takes effect after a restart; a path below "
        "/dev/v4l/by-id stays the same when a webcam is plugged in elsewhere",
        "카메라: auto, 번호, 장치 경로, 동영상 파일, 사진 폴더, rtsp:// 또는 http:// 주소, "
        "demo(다시 시작한 뒤 적용). /dev/v4l/by-id 아래의 경로는 웹캠을 다른 곳에 꽂아도 "
        "바뀌지 않습니다",
        startup_check=StartupCheck.CAMERA,
        weakens_security="any",
    )
    width: int = _camera_setting(
        640,
        "Width requested from a webcam; the nearest size that it gives fast enough is used",
        "웹캠에 요청하는 가로 크기. 충분히 빠르게 나오는 가장 가까운 크기를 사용합니다",
        unit="px",
        low=160,
        high=3840,
    )
    height: int = _camera_setting(
        480,
        "Height requested from a webcam",
        "웹캠에 요청하는 세로 크기",
        unit="px",
        low=120,
        high=2160,
    )
    fps: float = _camera_setting(
        30.0,
        "Frame rate requested from a webcam",
        "웹캠에 요청하는 초당 프레임 수",
        unit="1/s",
        low=1,
        high=120,
    )
    turned: int = _engine_setting(
        0,
        "How far the picture is turned clockwise before it is used: for a camera that hangs on "
        "its side or upside down; the camera's set-up page finds it",
        "사용하기 전에 영상을 시계 방향으로 돌리는 각도. 카메라가 옆으로 또는 거꾸로 달려 있을 때 "
        "씁니다. 카메라 설정 화면이 찾아 줍니다",
        unit="deg",
        low=0,
        high=270,
        step=90,
    )
    mirrored: bool = _engine_setting(
        False,
        "The camera mirrors its picture by itself; it is mirrored back after it was turned",
        "카메라가 영상의 좌우를 반전해 보냅니다. 회전한 뒤에 다시 반전해 바로잡습니다",
    )
    stall_s: float = setting(
        2.0,
        "Without a new frame for this long the camera counts as lost",
        "이 시간 동안 새 영상이 없으면 카메라가 끊긴 것으로 봅니다",
        unit="s",
        low=0.5,
        high=30,
    )
    frozen_s: float = setting(
        1.5,
        "If the picture is frozen or black for this long, the camera counts as lost; a still scene "
        "from a camera that removes noise, or from a stream, is not frozen",
        "이 시간 동안 영상이 멈추거나 검게 나오면 카메라가 끊긴 것으로 봅니다. 잡음을 없애는 "
        "카메라나 스트림의 움직임 없는 장면은 멈춘 것으로 보지 않습니다",
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
    max_roll: float = _engine_setting(
        40.0,
        "How far the head may be tilted to a shoulder; photographs must be upright besides",
        "고개를 어깨 쪽으로 기울여도 되는 각도(사진은 바로 선 것만 등록)",
        unit="deg",
        low=10,
        high=90,
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
