"""Any file or typed text gives a value or one clear sentence, never a traceback."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.config import Config, config_from, load_config
from kiosk.core.errors import ConfigError, KioskError, StorageError
from kiosk.storage.audit.export_proof import proof_of, verify_export
from kiosk.storage.backup import backup_file
from kiosk.storage.backup.recovery_code import key_of
from kiosk.storage.crypto.key_store import FileKeys, fetch_key
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people import deletion_receipts
from kiosk.storage.people.normalise import clean_name, clean_number
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.person_rows import PersonRows
from kiosk.vision.camera.sources import read_pictures

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
DEFAULTS = default_config()
SECTIONS = [*DEFAULTS.tables, "locks"]
KEYS = sorted({item.name for _, item in DEFAULTS.fields()})


def sentence(error: KioskError) -> None:
    """One line that begins with a capital, a quote or a path, and ends with a full stop."""
    assert str(error).endswith(".") and "\n" not in str(error).strip().replace("\\n", ""), str(
        error
    )


@given(st.binary(max_size=200))
def test_any_bytes_as_settings(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        with contextlib.suppress(ConfigError):
            assert isinstance(load_config(path, DEFAULTS), Config)


@given(
    st.dictionaries(
        st.sampled_from([*SECTIONS, "x"]),
        st.dictionaries(st.sampled_from([*KEYS, "x"]), JSON, max_size=3) | JSON,
        max_size=3,
    )
)
def test_any_tables_as_settings(tables: dict) -> None:
    try:
        config = config_from(tables, template=DEFAULTS)
    except ConfigError as error:
        assert str(error).endswith(".")
    else:
        assert isinstance(config, Config)


@given(JSON, st.binary(max_size=60))
def test_any_json_as_a_receipt_and_as_a_proof(document: object, content: bytes) -> None:
    with pytest.raises(StorageError):
        deletion_receipts.verified(document)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_bytes(content)
        proof_of(path).write_text(json.dumps(document))
        assert verify_export(path).finding


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_as_a_backup(content: bytes, headed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.mjb"
        path.write_bytes(backup_file.MAGIC + content if headed else content)
        with pytest.raises(StorageError) as caught:
            backup_file.header(path)
        sentence(caught.value)


@given(st.binary(max_size=100))
def test_any_bytes_as_a_key(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FileKeys(Path(folder))
        (Path(folder) / "master-0123456789abcdef.key").write_bytes(content)
        with pytest.raises(StorageError) as caught:
            fetch_key(store, "master", "0123456789abcdef")
        sentence(caught.value)


@given(st.text(max_size=40))
def test_any_text_as_a_code_a_number_and_a_name(text: str) -> None:
    for read in (key_of, clean_number, clean_name):
        try:
            assert read(text)
        except StorageError as error:
            sentence(error)


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=30)
def test_any_wedge_of_a_card_reader_is_somebody_or_nobody(typed: str, other: str) -> None:
    class Answers:
        """A database without anybody in it."""

        def call(self, work: object, *values: object) -> None:
            return None

    rows = PersonRows(Answers(), None, None, local_now)  # type: ignore[arg-type]
    store = PeopleStore(Answers(), rows, None, None, local_now)  # type: ignore[arg-type]
    assert store.by_number(typed) is None and store.by_typed_number(other) is None


def _picture(kind: str) -> bytes:
    return cv2.imencode(kind, np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3))[
        1
    ].tobytes()


@given(st.sampled_from([".png", ".jpg", ".bmp", ".webp"]), st.data())
@settings(max_examples=40)
def test_any_picture_file(kind: str, data: st.DataObject) -> None:
    content = bytearray(_picture(kind))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"a{kind}").write_bytes(content)
        try:
            for image in read_pictures(Path(folder)):
                assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8
        except KioskError as error:
            sentence(error)


@given(st.binary(max_size=300))
@settings(max_examples=15)
def test_any_bytes_as_a_video(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        path.write_bytes(content)
        with pytest.raises(KioskError) as caught:
            list(read_pictures(path))
        sentence(caught.value)
