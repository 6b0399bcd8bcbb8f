"""What a species of visits is: who or what comes to the door, and whether it should open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kiosk.learning.attacks.subjects import Subject
from kiosk.learning.attacks.victims import Victim

Maker = Callable[[Victim, np.random.Generator], Subject]


@dataclass(frozen=True, slots=True)
class Species:
    """A kind of attack, or of visit that should not open the door.

    ``name`` in tables, ``title`` for people. ``stopped``: whether the checks are meant to stop it;
    the others are listed as open. ``stranger``: whether a person who is not enrolled takes part
    (``Victim.stranger``). ``opens``: whether the door should open, because the member is really
    there: what counts is then who else was noticed.
    """

    name: str
    title: str
    make: Maker
    stopped: bool = True
    stranger: bool = False
    opens: bool = False
