"""What mutations are seen to refuse and to tell, compared with what they declare.

What is not declared fails the test that shows it. What is declared, and shown by no test, fails the run of
the whole suite.
"""

from collections.abc import Iterable

from podgraph.execution import mutations
from podgraph.execution.context import Context
from podgraph.execution.mutations import COMMON_CODES, MUTATIONS, Input, Mutation, Outcome

Seen = set[tuple[str, str]]
"""Mutations, each with a code that it refused with, or the type of an event that it told."""

ANY = "any mutation"
"""Stands for the mutation of the codes that are declared for all of them at once."""

seen: Seen = set()
"""What was seen in this process, and in those that it has heard from."""

_recent: Seen = set()


def watch() -> None:
    """Look at the outcome of every mutation from now on."""
    perform = mutations.perform

    async def watched(declared: Mutation, context: Context, given: Input) -> Outcome:
        outcome = await perform(declared, context, given)
        _recent.update((declared.name, str(error.code)) for error in outcome.user_errors)
        _recent.update((declared.name, event.type) for event in outcome.events)
        return outcome

    mutations.perform = watched


def recent() -> Seen:
    """What was seen since this was asked for the last time."""
    now = set(_recent)
    _recent.difference_update(now)
    seen.update(now)
    return now


def undeclared(found: Seen) -> Seen:
    """What was seen and is not declared."""
    known = _declared()
    return {(name, told) for name, told in found if not {(name, told), (ANY, told)} & known}


def unseen(found: Iterable[tuple[str, str]]) -> Seen:
    """What is declared and was not seen."""
    return _declared() - {one for name, told in found for one in ((name, told), (ANY, told))}


def _declared() -> Seen:
    each = {(one.name, str(told)) for one in MUTATIONS.values() for told in (*one.codes, *one.events)}
    return each | {(ANY, str(code)) for code in COMMON_CODES}
