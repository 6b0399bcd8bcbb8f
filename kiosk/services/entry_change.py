"""Which ways in a person may be given without enrolling or deleting a face."""

from __future__ import annotations

from kiosk.core.errors import StorageError
from kiosk.core.people import CredentialMode, Person


def check_entry_change(before: Person, entry: CredentialMode) -> None:
    """Raise ``StorageError`` unless ``before`` may be given the way in ``entry``.

    A face that is not used is not kept: it is deleted first, which makes a receipt. A face that is
    to be used is enrolled, with the person's consent.
    """
    if entry is before.entry:
        return
    if entry is CredentialMode.FACE and not before.templates:
        raise StorageError(
            f"{before.number} has no face yet; enrol it, which asks for the consent.",
            key="error.entry_needs_face",
        )
    if before.entry is CredentialMode.FACE and before.templates:
        raise StorageError(
            f"{before.number} has face templates; withdraw the consent first, which deletes them.",
            key="error.entry_has_face",
        )
