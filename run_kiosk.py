"""Start Munjigi from its source tree: ``python run_kiosk.py --help`` lists the commands."""

from kiosk.cli import main

raise SystemExit(main())
