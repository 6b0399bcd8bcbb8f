"""``python -m kiosk``: the command ``munjigi`` without its entry point."""

import sys

from kiosk.cli import main

if __name__ == "__main__":
    sys.exit(main())
