"""Munjigi: a face-verification kiosk beside a laboratory's door."""

import os

# before numpy is loaded: the second thread of its products spins for a while afterwards, and takes that from the networks and the screen
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
