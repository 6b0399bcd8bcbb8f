"""Receipts of any kiosk are verified anywhere."""

from __future__ import annotations

import json

import pytest

from kiosk.core.errors import StorageError
from kiosk.storage.people.deletion_receipts import verified
from tests.helpers.hostile_documents import STATEMENTS, forged


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_statements_that_anybody_signed_are_no_receipts(statement):
    with pytest.raises(StorageError, match="not a receipt"):
        verified(json.loads(forged("deletion receipt", statement)))
