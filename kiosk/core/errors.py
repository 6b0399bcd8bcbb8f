"""Expected errors.

A ``KioskError`` is expected: bad input, a missing file, a disconnected camera. Its text is one
sentence that says what to do; its ``key`` names the translated sentence for the screens. Any other
exception is a bug: it is logged, and the door stays locked.
"""

from __future__ import annotations


class KioskError(Exception):
    """An expected error.

    ``message``: English sentence that a command prints. ``key``: message key for the screens, with
    ``values`` for its placeholders.
    """

    key = "error.generic"

    def __init__(self, message: str, *, key: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.key = key or type(self).key
        self.values = values


class ConfigError(KioskError):
    """A configuration file or a command-line value cannot be used."""

    key = "error.config"


class CameraError(KioskError):
    """A camera, video, folder or stream cannot be opened, or stopped delivering frames."""

    key = "error.camera"


class WeightsError(KioskError):
    """A network file is missing, damaged, or differs from the manifest."""

    key = "error.weights"


class StorageError(KioskError):
    """The database cannot be opened, read or written, or a record is refused."""

    key = "error.storage"


class GalleryError(KioskError):
    """Templates cannot be compared: another embedder's, another dimension, or not finite."""

    key = "error.gallery"


class LockError(KioskError):
    """The door's lock did not answer or refused; the door counts as locked."""

    key = "error.lock"


class SignInError(KioskError):
    """A PIN was wrong, or sign-in is paused after too many wrong ones."""

    key = "error.sign_in"


class EnrolError(KioskError):
    """An enrolment cannot start or be saved."""

    key = "error.enrol"


class CostlyInputError(KioskError):
    """Reading a file took more memory or time than any file may take, or broke its reader."""

    key = "error.costly_input"


class LearningError(KioskError):
    """Pictures, lists or a network cannot be used for training or evaluation."""

    key = "error.learning"


class FleetError(KioskError):
    """The fleet's database or another node cannot be used; a person must mend it."""

    key = "error.fleet"


class CentreAway(FleetError):
    """The fleet's database cannot be reached just now; the node goes on alone."""

    key = "error.centre_away"
