"""Records error codes and events of mutations in tests, and compares them with the declarations.

An undeclared code or event fails its test. A declared one that no test produces fails the run of
the whole suite.
"""

from collections.abc import Iterable

from podgraph.execution import mutations
from podgraph.execution.context import Context
from podgraph.execution.mutations import COMMON_CODES, MUTATIONS, Input, Mutation, Outcome

Seen = set[tuple[str, str]]
"""Mutations, each with an error code that it returned or the type of an event that it emitted."""

ANY = "any mutation"
"""In place of the mutation for codes that are declared for all mutations."""

seen: Seen = set()
"""Codes and events recorded in this process, and in the processes of finished workers."""

_recent: Seen = set()


def watch() -> None:
    """Record the outcome of every mutation from now on."""
    perform = mutations.perform

    async def watched(declared: Mutation, context: Context, given: Input) -> Outcome:
        outcome = await perform(declared, context, given)
        _recent.update((declared.name, str(error.code)) for error in outcome.user_errors)
        _recent.update((declared.name, event.type) for event in outcome.events)
        return outcome

    mutations.perform = watched


def recent() -> Seen:
    """The codes and events recorded since the last call."""
    now = set(_recent)
    _recent.difference_update(now)
    seen.update(now)
    return now


def undeclared(found: Seen) -> Seen:
    """Recorded codes and events that are not declared."""
    known = _declared() if found else set()
    return {(name, kind) for name, kind in found if not {(name, kind), (ANY, kind)} & known}


def unseen(found: Iterable[tuple[str, str]]) -> Seen:
    """Declared codes and events that were not recorded."""
    return _declared() - {one for name, kind in found for one in ((name, kind), (ANY, kind))}


def _declared() -> Seen:
    each = {(one.name, str(kind)) for one in MUTATIONS.values() for kind in (*one.codes, *one.events)}
    return each | {(ANY, str(code)) for code in COMMON_CODES}
