"""Keep what the program writes from other users of the machine."""

from __future__ import annotations

import errno
import logging
import os
import resource
import stat
from pathlib import Path

UMASK = 0o077
"""New files and folders are this user's alone."""

OTHERS = 0o077
"""Permission bits of the group and of all other users."""

log = logging.getLogger(__name__)


def keep_to_this_user() -> None:
    """Make everything that this process writes private, and let it leave no memory dumps.

    A dump would hold keys, templates and pictures. Programs that the process starts inherit both.
    """
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make_private(path: Path) -> None:
    """Take away what other users may do with the secret ``path``, and say so in the log.

    Another user's file may be readable by a group, as root's file for the kiosk's user is. Raise
    ``OSError`` if anybody else may use it and that cannot be changed, or if there is no such file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        about = os.fstat(handle)
        mode = stat.S_IMODE(about.st_mode)
        if about.st_uid == os.geteuid() and mode & OTHERS:
            os.fchmod(handle, mode & ~OTHERS)
            log.warning("%s could be used by other users; their access is removed", path)
        elif mode & stat.S_IRWXO:
            raise PermissionError(
                errno.EACCES, "other users may use it; let its owner run chmod o-rwx on it"
            )
    finally:
        os.close(handle)


def make_data_folder_private(folder: Path, known: Path) -> None:
    """Make the folder of a site's data private, unless it may hold anything else.

    ``known``: a file that only a data folder has. A folder that is neither empty nor known, such
    as a home folder named by mistake, is only reported.
    """
    try:
        about = folder.stat()
        mode = stat.S_IMODE(about.st_mode)
        if not mode & OTHERS or about.st_uid != os.geteuid():
            return
        if mode & stat.S_ISVTX or not (known.exists() or not any(folder.iterdir())):
            log.warning("other users may look into %s; give the data a folder of its own", folder)
            return
        folder.chmod(mode & ~OTHERS)
        log.warning("other users could look into %s; their access is removed", folder)
    except OSError as error:  # the database says what cannot be used
        log.warning("%s cannot be made private (%s)", folder, error)


def make_public_folder(folder: Path) -> None:
    """Create a folder, with its parents, for files that are no secret, such as networks."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        made.chmod(0o755)
