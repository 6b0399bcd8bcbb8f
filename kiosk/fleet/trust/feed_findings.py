"""What can be wrong with a line of the feed."""

from __future__ import annotations

from enum import StrEnum

from kiosk.core.errors import FleetError


class Finding(StrEnum):
    """Why a line is not believed. The value is the end of a message key and of a sentence."""

    MISSING = "missing"
    REPEATED = "repeated"
    UNLINKED = "unlinked"
    SHAPE = "shape"
    BODY = "body"
    FOUNDER = "founder"
    STRANGER = "stranger"
    REVOKED = "revoked"
    NO_RIGHT = "no_right"
    SIGNATURE = "signature"
    VERSION = "version"
    DELETED = "deleted"
    NODE = "node"


_SENTENCES = {
    Finding.MISSING: "a line before it is missing",
    Finding.REPEATED: "it comes again or out of order",
    Finding.UNLINKED: "it does not follow the line before it",
    Finding.SHAPE: "a part of it is longer than any node writes",
    Finding.BODY: "its body is not the one that was signed",
    Finding.FOUNDER: "it is not the founding node's document",
    Finding.STRANGER: "its writer was not admitted before it",
    Finding.REVOKED: "its writer was revoked before it",
    Finding.NO_RIGHT: "its writer may not write such an entry",
    Finding.SIGNATURE: "its signature is not the writer's",
    Finding.VERSION: "it is not the next version",
    Finding.DELETED: "its person was deleted before it",
    Finding.NODE: "what it says of a node is not allowed",
}


class FeedBroken(FleetError):
    """A line of the feed is not believed: this node stays at the line before, and its lease ends.

    ``number``: of the line, or of the one that was expected.
    """

    key = "error.feed_broken"

    def __init__(self, finding: Finding, number: int) -> None:
        super().__init__(
            f"Line {number} of the fleet's feed is not believed because {_SENTENCES[finding]};"
            " run `munjigi fleet verify`, and restore the fleet's database.",
            number=number,
        )
        self.finding = finding
        self.number = number
