"""List the packages for setuptools; everything else is in setup.cfg.

``assets/`` and ``weights/`` lie at the top of the repository and are installed as ``kiosk/assets``
and ``kiosk/weights``. ``find:`` in setup.cfg cannot be combined with packages of other folders.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["kiosk*"]), "kiosk.assets", "kiosk.weights"])
