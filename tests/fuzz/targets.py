"""Every parser that reads what a person can hand in."""

from __future__ import annotations

from tests.fuzz.document_targets import DOCUMENTS
from tests.fuzz.file_targets import FILES
from tests.fuzz.fleet_targets import FLEET
from tests.fuzz.network_targets import NETWORK
from tests.fuzz.target import FuzzTarget

TARGETS: dict[str, FuzzTarget] = {
    target.name: target for target in (*DOCUMENTS, *FILES, *NETWORK, *FLEET)
}
