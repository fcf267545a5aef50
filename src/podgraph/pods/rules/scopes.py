"""Scope revisions: their items, and what a revision changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class RevisedItem:
    """Item of a new scope revision."""

    key: str
    title: str
    priority: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PodScopeItem:
    """Item in the scope of a pod; `key` is stable across revisions."""

    key: str
    title: str
    priority: int
    description: str | None = None

    def __str__(self) -> str:
        described = f": {self.description}" if self.description else ""
        return f"{self.title} (priority {self.priority}){described}"


@dataclass(frozen=True, slots=True)
class ScopeDiffLine:
    """Difference in one item: `op` is added, removed, changed or reordered.

    `before` and `after` are the item as text, or its position in the list if reordered.
    """

    op: str
    key: str
    before: str | None
    after: str | None


def scope_diff(before: Sequence[PodScopeItem], after: Sequence[PodScopeItem]) -> list[ScopeDiffLine]:
    """Differences between two revisions: removed items first, then the others in their new order."""
    old, new = {item.key: item for item in before}, {item.key: item for item in after}
    moved = _moved([key for key in old if key in new], [key for key in new if key in old])
    places = {key: place for place, key in enumerate(old, 1)}
    lines = [ScopeDiffLine("removed", key, str(item), None) for key, item in old.items() if key not in new]
    for place, (key, item) in enumerate(new.items(), 1):
        if key not in old:
            lines.append(ScopeDiffLine("added", key, None, str(item)))
            continue
        if item != old[key]:
            lines.append(ScopeDiffLine("changed", key, str(old[key]), str(item)))
        if key in moved:
            lines.append(ScopeDiffLine("reordered", key, str(places[key]), str(place)))
    return lines


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    # The longest common runs stay in place; only items outside of them have moved.
    runs = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {key for run in runs for key in after[run.b : run.b + run.size]}
