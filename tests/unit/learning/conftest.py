"""Every test of learning uses one thread, so that the small ones are quick."""

from __future__ import annotations

import importlib.util
import signal

import pytest


@pytest.fixture(autouse=True)
def one_thread():
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def quick(monkeypatch):
    """A small trunk in the place of MobileNet's."""
    from kiosk.learning.networks import siamese
    from tests.helpers.textures import small_trunk

    monkeypatch.setattr(siamese, "_mobilenet", small_trunk)


@pytest.fixture
def stopped(monkeypatch):
    """Trains a distiller that is asked to end, by a signal, in its step of that number."""
    from kiosk.learning.training.distil import Distiller

    def train(distiller, step):
        learn = Distiller._learn
        count = [0]

        def counted(self, rows, epoch):
            count[0] += 1
            if count[0] == step:
                signal.raise_signal(signal.SIGTERM)
            return learn(self, rows, epoch)

        with monkeypatch.context() as patch:
            patch.setattr(Distiller, "_learn", counted)
            with pytest.raises(KeyboardInterrupt):
                distiller.train()

    return train
