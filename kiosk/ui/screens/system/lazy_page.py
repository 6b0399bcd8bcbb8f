"""Pages of the staff area that are built when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar, overload

from kiosk.ui.screens.screen import Screen

PageT = TypeVar("PageT", bound=Screen)
Now = Callable[[], datetime]
"""Returns the time on a clock beside the door."""


class PageHolder(Protocol):
    """Keeps the pages that were built."""

    def built(self, name: str, make: Callable[[Now], PageT]) -> PageT: ...


class LazyPage(Generic[PageT]):
    """An attribute of the staff area: reading it builds the page ``name``, unless it is there.

    ``make``: builds the page; it is given the clock.
    """

    def __init__(self, name: str, make: Callable[[Now], PageT]) -> None:
        self.name = name
        self._make = make

    @overload
    def __get__(self, area: None, owner: type) -> LazyPage[PageT]: ...

    @overload
    def __get__(self, area: PageHolder, owner: type) -> PageT: ...

    def __get__(self, area: PageHolder | None, owner: type) -> LazyPage[PageT] | PageT:
        return self if area is None else area.built(self.name, self._make)
