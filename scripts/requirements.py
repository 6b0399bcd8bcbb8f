"""Print the requirements of setup.cfg, one per line.

Usage: requirements.py run,test [--without torch]. ``run`` stands for the kiosk without extras.
"""

import argparse
import configparser
import re

INSTALLED_BY_SETUP = {"torchvision"}
"""Installed by setup.sh itself, without their dependencies."""


def requirements(extras: list[str], without: set[str] = INSTALLED_BY_SETUP) -> list[str]:
    """Return the requirement lines of the kiosk and of ``extras``, but not of ``without``."""
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    for extra in extras:
        if extra != "run":
            lines += config["options.extras_require"][extra].splitlines()
    names = {line: re.split("[=<>! ]", line)[0] for line in lines if line.strip()}
    return [line for line, name in names.items() if name not in without]


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("extras")
    arguments.add_argument("--without", nargs="*", default=[])
    given = arguments.parse_args()
    print("\n".join(requirements(given.extras.split(","), INSTALLED_BY_SETUP | {*given.without})))
