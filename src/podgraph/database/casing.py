"""Letters whatever their case, for all of Unicode and the same in every database.

What databases fold depends on their locale, and SQLite folds ASCII alone. So the text that is looked for
becomes a regular expression that names both cases of each letter, in what Python and PostgreSQL spell alike:

    Maß 1  →  [Mm][Aa](?:[ßẞ]|[Ssſ][Ssſ])\\ 1
"""

import re
from collections import defaultdict
from functools import cache

_CASED = range(0x1F000)
"""No letter beyond has an upper and a lower case."""


def folded(text: str) -> str:
    """The text as it is whatever the case of its letters; a letter may become up to three."""
    # A letter at a time: Greek writes a sigma at the end of a word differently, wherever a search may end.
    return "".join(letter.lower().upper() for letter in text)


@cache
def _spellings() -> dict[str, list[str]]:
    """All letters that are folded to the same, by that."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for letter in map(chr, _CASED):
        spellings[folded(letter)].append(letter)
    return {each: letters for each, letters in spellings.items() if letters != [each]}


def containing(text: str) -> str:
    """The regular expression of what contains the text, upper and lower case alike."""
    rest, parts = folded(text), []
    while rest:
        length = next((n for n in (3, 2) if rest[:n] in _spellings() and len(rest) >= n), 1)
        parts.append(_either(rest[:length]))
        rest = rest[length:]
    return "".join(parts)


def _either(part: str) -> str:
    """All spellings of some folded letters, together or one after the other."""
    letters = _spellings().get(part, [])
    together = f"[{''.join(letters)}]" if letters else ""
    if len(part) == 1:
        return together or re.escape(part)
    apart = (_either(part[:n]) + _either(part[n:]) for n in range(1, len(part)))
    return f"(?:{'|'.join(filter(None, (together, *apart)))})"
