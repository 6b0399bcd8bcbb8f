"""Install, upgrade and purge the package in a small root, with links that the kiosk's user planted.

``python -m tests.attacks.package_trial FOLDER TRIES``, in mounts of its own and as root, prints
which attacks succeeded. The package has the maintainers' scripts and system files of ``deploy/``,
and no program.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAMS = Path("/usr")
"""The system's programs, which every trial sees read-only."""

SECRETS = ("etc/shadow", "root/secret", "etc/cron.d/job")
"""Files of root that nobody else may change, read or own."""


def make_root(root: Path) -> None:
    """Make a root with the system's programs and folders of its own."""
    for name in (
        "etc",
        "var/lib",
        "var/log",
        "root",
        "tmp",
        "dev",
        "usr",
        "run",
        "var/lib/logrotate",
    ):
        (root / name).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    subprocess.run(["mount", "--bind", str(PROGRAMS), str(root / "usr")], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(root / "usr")], check=True)
    (root / "dev/null").touch()
    subprocess.run(["mount", "--bind", "/dev/null", str(root / "dev/null")], check=True)
    for name in ("etc/alternatives", "etc/adduser.conf", "etc/deluser.conf", "etc/login.defs"):
        source = Path("/") / name
        if source.is_dir():
            shutil.copytree(source, root / name, symlinks=True)
        elif source.exists():
            shutil.copy(source, root / name)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nvideo:x:44:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\n")
    dpkg = root / "var/lib/dpkg"
    for name in ("info", "updates", "triggers", "alternatives"):
        (dpkg / name).mkdir(parents=True)
    (dpkg / "status").touch()
    (root / "etc/cron.d").mkdir()
    for name in SECRETS:
        (root / name).write_text("root:*:1:0:99999:7:::\n")
        (root / name).chmod(0o600)


def package(folder: Path, version: str) -> Path:
    """Build the package without its programs."""
    tree = folder / f"tree-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    for name in ("preinst", "postinst", "prerm", "postrm", "conffiles"):
        if (DEPLOY / "debian" / name).exists():
            shutil.copy(DEPLOY / "debian" / name, tree / "DEBIAN" / name)
    (tree / "DEBIAN/control").write_text(
        f"Package: munjigi\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: nobody <nobody@localhost>\nDescription: trial\n"
    )
    for source, target in (
        ("config.toml", "etc/munjigi/config.toml"),
        ("munjigi.logrotate", "etc/logrotate.d/munjigi"),
        ("munjigi.service", "usr/lib/systemd/system/munjigi.service"),
    ):
        if not target.startswith("usr"):  # which is the system's own here, and not writable
            (tree / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(DEPLOY / source, tree / target)
    # a changed default, so that dpkg has something to write
    with (tree / "etc/munjigi/config.toml").open("a") as file:
        file.write(f"# {version}\n")
    deb = folder / f"munjigi-{version}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(deb)],
        check=True,
        capture_output=True,
    )
    return deb


class Trial:
    """One root, in which things are tried."""

    def __init__(self, folder: Path, name: str) -> None:
        self.root = folder / name
        make_root(self.root)

    def run(self, *words: str, check: bool = True) -> int:
        """Run a command in the root."""
        done = subprocess.run(
            ["chroot", str(self.root), *words],
            env={"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done.returncode

    def dpkg(self, *words: str, check: bool = True) -> int:
        """Run dpkg as an administrator who takes the package's answers."""
        return self.run("dpkg", "--force-depends", "--force-confnew", *words, check=check)

    def install(self, deb: Path, check: bool = True) -> int:
        """Install or upgrade; then the folder of logs is there, which systemd makes."""
        shutil.copy(deb, self.root / "tmp/new.deb")
        code = self.dpkg("--install", "/tmp/new.deb", check=check)
        self.run("install", "-d", "-o", "munjigi", "-g", "munjigi", "/var/log/munjigi", check=check)
        return code

    def as_kiosk(self, script: str) -> None:
        """Run a script as the kiosk's user; it may fail: it tries what must not be possible."""
        user = ("--reuid=munjigi", "--regid=munjigi", "--clear-groups")
        self.run("setpriv", *user, "sh", "-c", script, check=False)

    def rotate_logs(self) -> None:
        """Rotate the kiosk's logs as the system does every day, where logrotate is installed."""
        if (self.root / "usr/sbin/logrotate").exists():
            self.run("logrotate", "--force", "/etc/logrotate.d/munjigi", check=False)

    @property
    def broken(self) -> bool:
        """Whether a file of root was changed, given away or opened to others."""
        for name in SECRETS:
            path = self.root / name
            about = path.lstat() if path.exists() else None
            if about is None or not stat.S_ISREG(about.st_mode):
                return True
            if about.st_uid or about.st_gid or stat.S_IMODE(about.st_mode) & 0o077:
                return True
            lines = [line for line in path.read_text().splitlines() if line[:8] != "munjigi:"]
            if lines != ["root:*:1:0:99999:7:::"]:  # adduser adds a line for the kiosk's user
                return True
        links = [path for path in (self.root / "etc/munjigi").glob("*") if path.is_symlink()]
        if any(path.lstat().st_uid and path.suffix != ".refused" for path in links):
            return True  # root edits it one day
        return any(path.name != "job" for path in (self.root / "etc/cron.d").iterdir())


PLANTS = {
    "link for the settings": (
        "rm -f /etc/munjigi/config.toml; ln -s /etc/shadow /etc/munjigi/config.toml"
    ),
    "link for other settings": "ln -s /etc/shadow /etc/munjigi/policy.toml",
    "link for new settings": "ln -s /etc/shadow /etc/munjigi/config.toml.dpkg-new",
    "link in the data": (
        "rm -f /var/lib/munjigi/config.toml; ln -s /etc/shadow /var/lib/munjigi/config.toml"
    ),
    "link to a folder in the data": (
        "rm -f /var/lib/munjigi/config.toml; ln -s /etc/cron.d /var/lib/munjigi/config.toml;"
        " ln -s /etc /var/lib/munjigi/exports"
    ),
    "link for the log": (
        "ln -s /etc/shadow /var/log/munjigi/munjigi.log; ln -s /root /var/log/munjigi/x"
    ),
    "links everywhere": (
        "for name in munjigi.db backups imports exports set-aside munjigi.log; do"
        " rm -rf /var/lib/munjigi/$name; ln -s /root /var/lib/munjigi/$name; done;"
        " ln -s /etc/shadow /var/lib/munjigi-keys/master.key"
    ),
}
"""What the kiosk's user does before an upgrade."""


def older(trial: Trial) -> None:
    """Give the folder of settings to the kiosk's user, as older packages did."""
    trial.run("chown", "munjigi:munjigi", "/etc/munjigi", "/etc/munjigi/config.toml")
    trial.run("chmod", "0750", "/etc/munjigi")


def main() -> None:
    """Print which attacks succeeded, of about as many as are asked for."""
    folder, tries = Path(sys.argv[1]), int(sys.argv[2])
    os.umask(0o022)  # commands that ran before in the same process make everything private
    old, new = package(folder, "1.0"), package(folder, "2.0")
    found: dict[str, bool] = {}
    for number, (name, script) in enumerate(PLANTS.items()):
        for state in ("older", "now"):
            if len(found) >= tries:
                break
            trial = Trial(folder, f"root-{number}-{state}")
            trial.install(old)
            if state == "older":
                older(trial)
            trial.as_kiosk(script)
            trial.install(new, check=False)
            found[f"upgrade, {name}, {state}"] = trial.broken
            trial.as_kiosk(script)
            trial.rotate_logs()
            trial.dpkg("--purge", "munjigi", check=False)
            found[f"purge, {name}, {state}"] = trial.broken or _left(trial)
    if len(found) < tries:
        found |= _second_name(folder, old, new)
    print(json.dumps(found, ensure_ascii=False))


def _second_name(folder: Path, old: Path, new: Path) -> dict[str, bool]:
    """Upgrade with a hard link in place of the settings; then look at whose they are."""
    trial = Trial(folder, "root-hard")
    trial.install(old)
    older(trial)
    (trial.root / "etc/munjigi/config.toml").unlink()
    os.link(trial.root / "etc/shadow", trial.root / "etc/munjigi/config.toml")
    trial.install(new, check=False)
    found = {"upgrade, second name of a file of root": trial.broken}
    trial = Trial(folder, "root-clean")
    trial.install(old)
    trial.install(new)
    about = (trial.root / "etc/munjigi").stat()
    settings = (trial.root / "etc/munjigi/config.toml").stat()
    found["the settings are not root's"] = bool(about.st_uid or settings.st_uid)
    found["the settings are everybody's"] = stat.S_IMODE(settings.st_mode) != 0o640
    return found


def _left(trial: Trial) -> bool:
    """Return whether a purge left data."""
    places = ("var/lib/munjigi", "var/lib/munjigi-keys", "etc/munjigi")
    return any(os.path.lexists(trial.root / place) for place in places)


if __name__ == "__main__":
    main()
