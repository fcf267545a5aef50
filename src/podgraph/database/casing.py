"""Case-insensitive search in all of Unicode, the same in every database.

Case folding in PostgreSQL depends on the locale, and SQLite folds only ASCII. A search text is translated to a
regular expression that lists the cases of each letter, in the syntax common to Python and PostgreSQL:

    Maß 1  →  [Mm][Aa](?:[ßẞ]|[Ssſ][Ssſ])\\ 1
"""

import re
from collections import defaultdict
from functools import cache

_CASED = range(0x1F000)
"""Code points of all letters that have case."""


def fold_case(text: str) -> str:
    """The case-fold_case text; a letter folds to at most three letters."""
    # Each letter on its own: `lower` of a whole text depends on whether a sigma ends a Greek word.
    return "".join(letter.lower().upper() for letter in text)


@cache
def _case_variants() -> dict[str, list[str]]:
    """Letters by their case-fold_case form, where more than one letter has the same form."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for letter in map(chr, _CASED):
        spellings[fold_case(letter)].append(letter)
    return {each: letters for each, letters in spellings.items() if letters != [each]}


def containing_pattern(text: str) -> str:
    """Regular expression for texts that contain `text`, case-insensitive."""
    rest, parts = fold_case(text), []
    while rest:
        length = next((n for n in (3, 2) if rest[:n] in _case_variants() and len(rest) >= n), 1)
        parts.append(_pattern_of(rest[:length]))
        rest = rest[length:]
    return "".join(parts)


def _pattern_of(part: str) -> str:
    """Regular expression for some fold_case letters: as one letter, or as several."""
    letters = _case_variants().get(part, [])
    together = f"[{''.join(letters)}]" if letters else ""
    if len(part) == 1:
        return together or re.escape(part)
    apart = (_pattern_of(part[:n]) + _pattern_of(part[n:]) for n in range(1, len(part)))
    return f"(?:{'|'.join(filter(None, (together, *apart)))})"
