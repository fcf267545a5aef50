"""Scope revisions: their items, and what a revision changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class RevisedItem:
    """One thing that a pod is to be responsible for, as a revision is written."""

    key: str
    title: str
    priority: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PodScopeItem:
    """One thing a pod is responsible for; `key` stays the same through all revisions."""

    key: str
    title: str
    priority: int
    description: str | None = None

    def __str__(self) -> str:
        described = f": {self.description}" if self.description else ""
        return f"{self.title} (priority {self.priority}){described}"


@dataclass(frozen=True, slots=True)
class ScopeDiffLine:
    """What a revision did to one item: `op` is added, removed, changed or reordered.

    `before` and `after` are the item in words, or its place in the list for a reordered one.
    """

    op: str
    key: str
    before: str | None
    after: str | None


def scope_diff(before: Sequence[PodScopeItem], after: Sequence[PodScopeItem]) -> list[ScopeDiffLine]:
    """What changed between two revisions: the removed items first, then the others in their new order."""
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
    # The longest runs that both have in common stayed; only what jumped over them has moved.
    runs = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {key for run in runs for key in after[run.b : run.b + run.size]}
