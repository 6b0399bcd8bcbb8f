"""The network against presentation attacks is loaded, verified and missed only where it is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.app.bootstrap import pipeline_factory
from kiosk.app.bootstrap.pipeline_factory import build_appearance, check_weights
from kiosk.core import paths
from kiosk.core.config import Config, LivenessConfig
from kiosk.core.errors import WeightsError
from kiosk.vision.liveness.appearance_network import NETWORK
from kiosk.vision.liveness.eye_openness import NETWORK as EYE_NETWORK
from kiosk.vision.models.manifest import Manifest


def config(appearance: str, *, enabled: bool = True, eyes_open: bool = False) -> Config:
    own = LivenessConfig(enabled=enabled, appearance=appearance, eyes_open=eyes_open)
    return replace(Config(), liveness=own)


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest's networks of liveness lie elsewhere, with other bytes."""
    whole = Manifest.load(paths.MANIFEST)
    ours = (NETWORK, EYE_NETWORK)
    for name in ours:
        (tmp_path / whole.entry(name).file).write_bytes(b"another network")
    entries = tuple(
        replace(entry, root=tmp_path) if entry.id in ours else entry for entry in whole.entries
    )

    class Elsewhere(Manifest):
        @classmethod
        def load(cls, path: Path) -> Manifest:
            return Manifest(entries)

    monkeypatch.setattr(pipeline_factory, "Manifest", Elsewhere)


def test_the_shipped_network_judges_faces_where_the_settings_ask_for_it() -> None:
    network = build_appearance(config("challenge"))
    assert network is not None and 0 < network.threshold < 1
    assert build_appearance(config("off")) is None
    assert build_appearance(config("refuse", enabled=False)) is None


@pytest.mark.usefixtures("damaged")
def test_a_damaged_network_stops_the_start_only_where_it_is_used() -> None:
    check_weights(config("off"))
    check_weights(config("off", enabled=False, eyes_open=True))
    with pytest.raises(WeightsError, match="checksum"):
        check_weights(config("challenge"))
    with pytest.raises(WeightsError, match="checksum"):
        check_weights(config("off", eyes_open=True))
