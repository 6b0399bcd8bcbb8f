"""Starts Munjigi: ``python run_kiosk.py --help`` shows the commands."""

import sys

from kiosk.cli import main

if __name__ == "__main__":
    sys.exit(main())
