"""What goes wrong, and what a person is told about it.

A ``KioskError`` is expected: bad input, a missing file, a camera that went away. Its text is one
sentence that says what to do; its ``key`` names the translated sentence of the screens. Any other
exception is a defect of ours: it is logged, and the door stays locked.
"""

from __future__ import annotations


class KioskError(Exception):
    """An expected failure with one clear sentence for the person in front of it.

    ``message`` is the English sentence that a command prints; ``key`` is looked up in the
    translation catalogues by the screens, with ``values`` as its placeholders.
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
    """A camera, video, folder or stream cannot be opened or stopped giving pictures."""

    key = "error.camera"


class WeightsError(KioskError):
    """A network's file is missing, damaged, or not what the manifest describes."""

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


class LearningError(KioskError):
    """Pictures, lists or a network cannot be used for training or measuring."""

    key = "error.learning"
