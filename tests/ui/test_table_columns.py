"""The columns of a table: the moment of a row can be read at every width."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QStyleOptionViewItem

from kiosk.ui.screens.log.log_table import actions_model, log_model
from kiosk.ui.theme import theme
from kiosk.ui.widgets.table.paged_table import PagedTable
from tests.ui.test_log import action, entry


@pytest.mark.parametrize("made", ["log", "actions"])
@pytest.mark.parametrize(
    ("glass", "text"),
    [((800, 480), 1.0), ((1024, 600), 1.0), ((1024, 600), 1.5), ((1280, 800), 2.0)],
)
def test_the_time_can_be_read(shown, made, glass, text):
    theme().set_glass(*glass)
    theme().text_scale = text
    model = log_model() if made == "log" else actions_model()
    table = shown(PagedTable("someTable", model, "log.empty"), glass[0] - 200, glass[1])
    model.accept([entry(1) if made == "log" else action(1)], 1, 0)
    table.view.rescale()
    index = model.index(0, 0)
    option = QStyleOptionViewItem()
    table.view.initViewItemOption(option)
    needed = table.view.itemDelegate().sizeHint(option, index).width()
    assert table.view.columnWidth(0) >= needed
    head = table.view.horizontalHeader()
    assert head.length() <= table.view.viewport().width(), "nothing lies beyond the edge"
    assert table.view.columnWidth(1) >= 60
