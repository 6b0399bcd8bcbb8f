"""Settings of keys, stored data, backups and monitoring."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.config.setting_spec import Reload, StartupCheck, setting


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """Where the secret keys are stored, and whether some actions need two administrators."""

    key_store: str = setting(
        "file",
        "Where the secret keys are stored: in files that only this user can read, or in the "
        "system's keyring",
        "비밀 키를 두는 곳: 이 사용자만 읽는 파일, 또는 시스템 키링",
        choices=("file", "keyring"),
        file_only=True,
        weakens_security="any",
    )
    two_admins: bool = setting(
        False,
        "Require two administrators to delete rows of the log, restore a backup, make a recovery "
        "code or another master key, make an administrator, choose another account's PIN, or "
        "weaken security otherwise; kept in the database, so that only two can switch it off",
        "기록을 삭제하거나, 백업을 복원하거나, 복구 코드나 새 마스터 키를 만들거나, 관리자를 "
        "추가하거나, 다른 계정의 PIN을 정하거나, 그 밖에 보안을 약하게 하려면 관리자 두 명이 "
        "필요합니다. 데이터베이스에 남아 있어 두 명이 함께 꺼야 꺼집니다",
        reload=Reload.LIVE,
        weakens_security="off",
    )
    recovery_code_resets_pin: bool = setting(
        True,
        "An administrator who forgot the PIN may choose another one on the sign-in screen with the "
        "recovery code; never while two administrators are required, except for an only one",
        "PIN을 잊은 관리자가 로그인 화면에서 복구 코드로 새 PIN을 정할 수 있습니다. 관리자 두 명이 "
        "필요한 동안에는 관리자가 한 명뿐일 때만 됩니다",
        reload=Reload.LIVE,
        weakens_security="up",
    )
    key_folder: str = setting(
        "",
        "Folder of the key files; empty is $MUNJIGI_KEYS, else a folder beside the data folder",
        "키 파일 폴더. 비워 두면 $MUNJIGI_KEYS, 그것도 없으면 데이터 폴더 옆의 폴더",
        file_only=True,
        weakens_security="any",
    )


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """What the texts of consent state, and retention periods."""

    controller: str = setting(
        "",
        "Who is responsible for the personal data, as the texts of consent name them: university, "
        "department, laboratory",
        "동의문에 적는 개인정보처리자: 대학, 학과, 연구실",
        reload=Reload.LIVE,
    )
    contact: str = setting(
        "",
        "Whom to ask about personal data, as the texts of consent name them: name, telephone, "
        "e-mail; empty: the contact that the door shows (ui.contact_name, ui.contact_phone)",
        "동의문에 적는 개인정보 문의처: 이름, 전화번호, 이메일. 비워 두면 문 화면의 담당자"
        "(ui.contact_name, ui.contact_phone)",
        reload=Reload.LIVE,
    )
    consent_text: str = setting(
        "",
        "TOML file with the site's own texts of consent; empty: the kiosk's own "
        "(docs/data-protection.md)",
        "기관에서 정한 동의문 TOML 파일. 비워 두면 키오스크의 동의문을 씁니다",
        file_only=True,
    )
    signature: bool = setting(
        False,
        "Ask for a signature with a finger under the consents; it is sealed with the person's key "
        "and deleted with them",
        "동의문 아래에 손가락으로 서명을 받습니다. 본인의 키로 암호화하며 등록을 삭제하면 함께 "
        "지웁니다",
    )
    attendance: bool = setting(
        False,
        "Ask at enrolment for a further, optional consent: to work out hours of presence from the "
        "access log",
        "등록할 때 출입 기록으로 재실 시간을 집계하는 데 대한 선택 동의도 받습니다",
    )

    keep_log_days: int = setting(
        90,
        "Rows of the access log and of the log of staff actions, and files in exports and imports, "
        "are deleted after this many days",
        "이 기간이 지난 출입 기록과 관리 작업 기록, exports와 imports 폴더의 파일을 삭제합니다",
        unit="days",
        low=1,
        high=3650,
        weakens_security="down",
    )
    keep_staff_log_days: int = setting(
        730,
        "What staff and administrators did is kept for this many days, after keep_log_days in "
        "signed files; Korea's standard on safety measures asks for two years where sensitive data "
        "is processed",
        "관리 작업 기록의 보관 기간. keep_log_days가 지나면 서명된 파일로 보관합니다. 민감정보를 "
        "처리하면 안전성 확보조치 기준에 따라 2년 이상 보관해야 합니다",
        unit="days",
        low=1,
        high=3650,
        weakens_security="down",
    )


@dataclass(frozen=True, slots=True)
class BackupConfig:
    """Encrypted copies of the database."""

    every_hours: int = setting(
        24,
        "A backup is made when the newest one is older than this",
        "가장 새로운 백업이 이보다 오래되면 백업을 만듭니다",
        unit="h",
        low=1,
        high=720,
    )
    keep: int = setting(
        14,
        "Number of backups that are kept; the oldest are deleted first",
        "보관할 백업 수. 오래된 것부터 삭제합니다",
        unit="backups",
        low=1,
        high=1000,
    )
    folder: str = setting(
        "",
        "Folder of the backups, best on another disk; empty is backups in the data folder",
        "백업 폴더(다른 디스크도 좋습니다). 비워 두면 데이터 폴더의 backups",
        startup_check=StartupCheck.BACKUPS,
    )


@dataclass(frozen=True, slots=True)
class HealthConfig:
    """Monitoring by other programs on this machine: /healthz, and /metrics for Prometheus."""

    port: int = setting(
        0,
        "Port on 127.0.0.1 that answers; 0: none",
        "127.0.0.1에서 상태를 알려 주는 포트. 0이면 없음",
        unit="port",
        low=0,
        high=65535,
        startup_check=StartupCheck.PORT,
    )


@dataclass(frozen=True, slots=True)
class ExportsConfig:
    """Exported files offered on the local network."""

    download: bool = setting(
        False,
        "Administrators may offer an exported file on the local network: by a code on the screen, "
        "over HTTPS, once, for five minutes",
        "관리자가 내보낸 파일을 연구실 네트워크에서 내려받게 할 수 있습니다. 화면의 코드로, "
        "HTTPS로, 한 번만, 5분 동안 받을 수 있습니다",
        reload=Reload.LIVE,
        weakens_security="up",
    )
    address: str = setting(
        "",
        "IP address of this machine on which downloads are offered; empty: that of the local "
        "network",
        "내려받기에 쓰는 이 컴퓨터의 IP 주소. 비워 두면 연구실 네트워크의 주소를 씁니다",
        file_only=True,
        weakens_security="any",
    )
    port: int = setting(
        0,
        "Port of downloads, for a firewall that lets one through; 0: any that is free",
        "내려받기에 쓰는 포트. 방화벽에서 하나만 열어 둘 때 정합니다. 0이면 비어 있는 포트를 "
        "씁니다",
        unit="port",
        low=0,
        high=65535,
    )
