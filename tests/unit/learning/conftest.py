"""Every test of learning uses one thread, so that the small ones are quick."""

from __future__ import annotations

import pytest
import torch

from kiosk.learning import network
from tests.helpers.textures import small_trunk


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def quick(monkeypatch):
    """A small trunk in the place of MobileNet's."""
    monkeypatch.setattr(network, "_mobilenet", small_trunk)
