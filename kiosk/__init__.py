"""Munjigi: a face-verification kiosk beside a laboratory's door."""

import os

# Set before NumPy is imported: its second thread spins for a while after each product and takes
# that
# time from the networks and the screen.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.2.0"
