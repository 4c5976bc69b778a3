"""Texts that people wrote reach store staff as they were, without what no printer and no screen should get."""

from __future__ import annotations

import pytest

from connector.mapping.order_text import MOST_OF_A_MESSAGE, clean


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("bell\a, null\0, escape\x1b[31m", "bell, null, escape[31m"),
        ("right\u202eleft\u200b", "rightleft"),
        ("👩\u200d👧 ❤\ufe0f \U0001f1f8\U0001f1ea", "👩\u200d👧 ❤\ufe0f \U0001f1f8\U0001f1ea"),
        ("  tab\there  \n\n", "tab here"),
        ("half \ud83d pair", "half  pair"),
        ("x" * MOST_OF_A_MESSAGE, "x" * MOST_OF_A_MESSAGE),
        ("x" * (MOST_OF_A_MESSAGE + 1), "x" * (MOST_OF_A_MESSAGE - 1) + "…"),
    ],
)
def test_texts_keep_what_people_wrote_and_nothing_else(given: str, kept: str) -> None:
    assert clean(given) == kept
