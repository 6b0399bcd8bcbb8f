"""Prints the requirements of setup.cfg, one a line: ``requirements.py run,test`` (run = the kiosk itself)."""

import configparser
import sys

BY_HAND = ("torchvision",)  # installed without its dependencies by setup.sh


def requirements(extras: list[str]) -> list[str]:
    """Requirement lines of the kiosk and of the named extras."""
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    lines = config["options"]["install_requires"].splitlines()
    for extra in extras:
        if extra != "run":
            lines += config["options.extras_require"][extra].splitlines()
    return [line for line in lines if line.strip() and not line.startswith(BY_HAND)]


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1].split(","))))
