"""What is installed on the machine at the door; scripts/test_deb.sh tries the package itself."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import default_config, read_config
from kiosk.storage.sticks.stick_finder import FORMATS
from kiosk.storage.sticks.stick_mounting import KIOSK_PLACE

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


class Unit(configparser.RawConfigParser):
    """A systemd unit: keys keep their case and may occur more than once."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            strict=False,
            interpolation=None,
            allow_no_value=True,
            delimiters=("=",),
            comment_prefixes=("#",),
        )
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(file.read_text(encoding="utf-8"))
        self.devices = re.findall(r"^DeviceAllow=(\S+)", file.read_text(encoding="utf-8"), re.M)


@pytest.fixture(params=["munjigi.service", "munjigi-x11.service"])
def unit(request: pytest.FixtureRequest) -> Unit:
    return Unit(DEPLOY / request.param)


def test_the_service_restarts_and_is_watched(unit: Unit):
    service = unit["Service"]
    assert (
        service["Restart"] == "always"
        and service["Type"] == "notify"
        and 30 < int(service["WatchdogSec"]) <= 120
    )
    assert unit["Unit"]["StartLimitIntervalSec"] == "0", "systemd never gives up"
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_the_page_of_faults_agrees_with_the_units(unit: Unit):
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    assert all(
        f"`{key}={unit['Service'][key]}`" in page
        for key in ("Type", "NotifyAccess", "WatchdogSec", "Restart")
    )


def test_the_relay_is_switched_off_however_the_kiosk_ends(unit: Unit):
    assert unit["Service"]["ExecStopPost"] == "-/usr/bin/munjigi lock close"


def test_only_the_kiosks_devices_and_folders_are_accessible(unit: Unit):
    service = unit["Service"]
    assert (
        service["User"] == "munjigi"
        and service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
        and service["ProtectSystem"] == "strict"
    )
    assert service["CapabilityBoundingSet"] == "" and service["DevicePolicy"] == "closed"
    assert set(unit.devices) == {
        "/dev/tty1",
        "char-drm",
        "char-input",
        "char-video4linux",
        "char-media",
        "char-alsa",
        "char-ttyUSB",
        "char-ttyACM",
        "char-gpiochip",
    }


def test_what_the_kiosk_writes_is_private_and_it_leaves_no_dumps(unit: Unit):
    assert unit["Service"]["UMask"] == "0077" and unit["Service"]["LimitCORE"] == "0"


def test_the_kiosk_only_reads_the_settings_of_root(unit: Unit):
    assert unit["Service"]["ReadWritePaths"] == f"-{KIOSK_PLACE}", "and USB sticks"
    launcher = (DEPLOY / "munjigi").read_text(encoding="utf-8")
    assert "MUNJIGI_CONFIG:-/etc/munjigi/config.toml" in launcher


def test_root_gives_away_nothing_but_the_kiosks_own_folders():
    """``tests/attacks/package_attack.py`` tries links with a real dpkg."""
    for name in ("preinst", "postinst", "prerm", "postrm"):
        script = (DEPLOY / "debian" / name).read_text(encoding="utf-8")
        for line in script.splitlines():
            command = line.split("#")[0]
            if re.search(r"\b(chown|chmod|chgrp|ln|mv|cp|rm|touch)\b", command):
                assert "/var/lib/munjigi/" not in command and "*" not in command, line
            assert not re.search(r"chown.* munjigi:", command) and "-R" not in command.split(), line


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
def test_systemd_accepts_the_units(tmp_path: Path):
    for name in ("munjigi.service", "munjigi-x11.service", "munjigi-stick@.service"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"^(Exec\w+=-?)\S+", r"\1/bin/true", text, flags=re.M))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.glob("*.service"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "munjigi" in line] == []


def test_the_installed_settings_are_the_defaults_and_their_examples_are_valid(
    tmp_path: Path,
):
    text = (DEPLOY / "config.toml").read_text(encoding="utf-8")
    assert read_config(DEPLOY / "config.toml") == default_config()
    examples = tmp_path / "config.toml"
    examples.write_text(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.M), encoding="utf-8")
    assert read_config(examples).door.lock == "serial"


def test_scripts_parse_and_are_executable():
    for script in [
        *DEPLOY.glob("debian/p*"),
        DEPLOY / "munjigi",
        DEPLOY / "mount-stick",
        ROOT / "scripts/build_deb.sh",
        ROOT / "scripts/test_deb.sh",
        ROOT / "scripts/setup.sh",
        ROOT / "scripts/lint.sh",
    ]:
        shell = "bash" if "bash" in script.read_text().splitlines()[0] else "sh"
        assert (
            subprocess.run(
                [shell, "-n", str(script)], capture_output=True, timeout=20, check=False
            ).returncode
            == 0
        ), script
        assert script.stat().st_mode & 0o111, f"{script} must be executable"


def test_every_deployed_file_is_installed():
    build = (ROOT / "scripts/build_deb.sh").read_text()
    for name in (
        "munjigi.service",
        "munjigi-x11.service",
        "60-munjigi.rules",
        "90-munjigi-sticks.rules",
        "60-munjigi-polkit.rules",
        "munjigi-stick@.service",
        "mount-stick",
        "munjigi.logrotate",
        "config.toml",
        "deploy/munjigi ",
    ):
        assert name in build, name
    for line in (DEPLOY / "debian/conffiles").read_text().split():
        assert f'"$tree{line}"' in build, line


def test_the_package_depends_on_what_the_set_up_installs():
    listed = re.search(r"^debian=\((.*?)\)", (ROOT / "scripts/setup.sh").read_text(), re.S | re.M)
    assert listed is not None
    control = (DEPLOY / "debian/control").read_text()
    missing = [
        name
        for name in listed[1].split()
        if name != "python3-venv" and not re.search(rf"[ ,]{re.escape(name)}[,\n]", control)
    ]
    assert missing == []


def test_brltty_is_kept_off_relay_boards_before_its_own_rules():
    rules = (DEPLOY / "60-munjigi.rules").read_text(encoding="utf-8")
    kept = [line for line in rules.splitlines() if 'ENV{PRODUCT}="' in line]
    assert len(kept) == 1 and 'ENV{PRODUCT}=="1a86/7523/*"' in kept[0]
    new = re.search(r'ENV\{PRODUCT\}="([^"]+)"', kept[0])
    assert new is not None and not new[1].startswith("1a86/7523/")


def test_sticks_are_mounted_where_the_kiosk_looks_and_run_nothing():
    script = (DEPLOY / "mount-stick").read_text(encoding="utf-8")
    rules = (DEPLOY / "90-munjigi-sticks.rules").read_text(encoding="utf-8")
    unit = Unit(DEPLOY / "munjigi-stick@.service")
    assert f"place={KIOSK_PLACE}/$device" in script and "nosuid,nodev,noexec" in script
    assert all(f"\n{kind})" in script and kind in rules for kind in FORMATS)
    assert "munjigi-stick@%k.service" in rules
    assert unit["Unit"]["BindsTo"] == "dev-%i.device", "a stick that is pulled out is unmounted"


@pytest.mark.parametrize("device", ["", "../sdb1", "sdb1;true", "-l"])
def test_only_names_of_block_devices_are_mounted(device: str):
    done = subprocess.run(
        [DEPLOY / "mount-stick", device], capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 1 and b"no block device" in done.stderr


def test_the_kiosk_may_stop_only_its_own_mounts_and_the_machine():
    rules = (DEPLOY / "60-munjigi-polkit.rules").read_text(encoding="utf-8")
    assert 'subject.user !== "munjigi"' in rules and 'action.lookup("verb") === "stop"' in rules
    pattern = re.search(r"/(\^munjigi-stick.*\$)/", rules)
    assert pattern is not None
    assert re.match(pattern[1], "munjigi-stick@sdb1.service")
    assert not re.match(pattern[1], "munjigi-stick@sdb1.service x.service")
    assert not re.match(pattern[1], "ssh.service")
