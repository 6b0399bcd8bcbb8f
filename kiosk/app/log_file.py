"""The program's own log file."""

from __future__ import annotations

import logging
import logging.handlers
import os
from contextlib import suppress
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_file(data_dir: Path) -> None:
    """Log to ``munjigi.log`` in ``data_dir``: two files of at most a megabyte.

    In the folder that systemd provides for logs, if any, logrotate rotates the file.
    """
    folder = os.environ.get("LOGS_DIRECTORY", "")
    handler: logging.FileHandler
    if folder:
        handler = logging.handlers.WatchedFileHandler(
            Path(folder) / "munjigi.log", encoding="utf-8", errors="backslashreplace"
        )
    else:
        handler = logging.handlers.RotatingFileHandler(
            data_dir / "munjigi.log",
            maxBytes=1_000_000,
            backupCount=1,
            encoding="utf-8",
            errors="backslashreplace",  # names of files may be no text
        )
    _make_private(Path(handler.baseFilename))
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.getLogger("kiosk").addHandler(handler)
    logging.getLogger("kiosk").setLevel(logging.INFO)


def log_files(data_dir: Path) -> tuple[Path, ...]:
    """Return where ``log_to_file`` logs to, the newest file first; they may be missing."""
    folder = os.environ.get("LOGS_DIRECTORY", "")
    log = (Path(folder) if folder else data_dir) / "munjigi.log"
    return log, log.with_name("munjigi.log.1")


def _make_private(path: Path) -> None:
    """Also for the file of an older program, which others could read."""
    with suppress(OSError):  # another user's file: it could be opened, which is enough
        path.chmod(0o600)
