"""The doctor: every invariant that can be read from the data, recomputed from it.

What the database refuses on its own is recomputed too, where an import, a restored dump or a hand
in the database could have gone around it.
"""

from podgraph.accounts import repository as accounts
from podgraph.capacity import repository as capacity
from podgraph.database.read_model import Reader
from podgraph.doctor.capacity import (
    compare_charges,
    compare_committed,
    last_weeks,
    orphans,
    other_per_week,
    other_utilisation,
    pool_bounds,
    pool_charges,
    weeks,
)
from podgraph.doctor.check import LINE, REQUEST, Check, Finding
from podgraph.doctor.events import event_counters, gaps, id_counters
from podgraph.doctor.outcomes import (
    compare_releases,
    ends,
    history_missing,
    live_scopes,
    open_counts,
    open_remediations,
    prices,
    voids,
)
from podgraph.doctor.pods import (
    compare_compliance,
    compare_metrics,
    compare_revisions,
    metrics_missing,
    misjudged_metrics,
    misjudged_reports,
    sla_missing,
    team_sizes,
    verdicts,
)
from podgraph.doctor.service_lines import PODS, SCOPES, of_source
from podgraph.doctor.tenancy import (
    broken_rules,
    copies,
    foreign_currencies,
    foreign_references,
    foreign_sources,
    foreign_subjects,
    strange_words,
)
from podgraph.outcomes import repository as scopes
from podgraph.outcomes.lifecycle import PaymentTrigger, ScopeStatus
from podgraph.pods import repository as pods
from podgraph.service_lines import repository as lines
from podgraph.writes import event_log as events

SLICES = (accounts, events, lines, capacity, pods, scopes)
"""Whose relations tell which table an id belongs to by its prefix."""


async def examine(reader: Reader) -> list[Finding]:
    """Everything that is broken, in the order of the checks, as of the reader's one snapshot."""
    return [
        Finding(
            check.invariant,
            check.sentence,
            row.organization_id,
            row.id,
            check.detail.format_map(row._mapping),
        )
        for check in CHECKS
        for row in check.judge(await reader.rows(check.broken))
    ]


# -- capacity --------------------------------------------------------------------------------------------


# -- sources of service lines: pods and scopes -----------------------------------------------------------


# -- managed services ------------------------------------------------------------------------------------


# -- outcomes --------------------------------------------------------------------------------------------


# -- events and ids --------------------------------------------------------------------------------------


# -- organizations ---------------------------------------------------------------------------------------


# -- what the tables say of a single row -----------------------------------------------------------------


CHECKS = (
    Check(
        "I1",
        "A pool has allocated no less than nothing and no more than it has.",
        pool_bounds(),
        "{allocated} of {total} are allocated.",
    ),
    Check(
        "I2",
        "A pool has allocated what its open allocations charge.",
        pool_charges(),
        "{allocated} are allocated where {charged} are charged.",
    ),
    Check(
        "I2",
        "An open allocation charges the larger of what is committed and what is scheduled.",
        compare_charges(),
        "It charges {charge} instead of {held}.",
    ),
    *of_source("I3", SCOPES),
    Check(
        "I3",
        "A confirmed scope has released exactly one upfront payment.",
        compare_releases(PaymentTrigger.SCOPE_CONFIRMED, (ScopeStatus.ACTIVE, ScopeStatus.COMPLETED)),
        "It is {status} and has released {released}.",
    ),
    *of_source("I4", PODS),
    Check("I4", "A started pod has exactly one SLA.", sla_missing(), "It is {status} and has {agreed}."),
    Check(
        "I5",
        "A scope counts the deliverables that are not accepted yet.",
        open_counts(),
        "It counts {open_count} of {still_open}.",
    ),
    Check(
        "I5",
        "A scope is completed by the acceptance of its last deliverable.",
        ends(),
        "It is {status} with {still_open} not accepted.",
    ),
    Check(
        "I5",
        "A completed scope, and no other, has released exactly one final payment.",
        compare_releases(PaymentTrigger.FINAL_ACCEPTANCE, (ScopeStatus.COMPLETED,)),
        "It is {status} and has released {released}.",
    ),
    Check(
        "I7",
        "The payments of a scope make its fixed price.",
        prices(),
        "They make {paid} of {fixed_price}.",
    ),
    Check(
        "I7",
        "A payment is void with its cancelled scope, which leaves none scheduled, or by an event.",
        voids(),
        "It is {status} while {scope} is {scope_status}.",
    ),
    Check(
        "I8",
        "No allocation is open on a service line that has ended.",
        orphans(),
        "{line} is {line_status}.",
    ),
    Check(
        "I10",
        "At most one remediation of a cycle waits for its start.",
        open_remediations(),
        "{waiting} wait.",
    ),
    Check(
        "I10",
        "The cycle of a deliverable is in its history.",
        history_missing(),
        "{cycle_id} is not.",
    ),
    Check(
        "I11",
        "A request has at most one scope that is not cancelled.",
        live_scopes(),
        "It has {live}.",
    ),
    Check(
        "I12",
        "The revisions of a pod's scope run from 1 to the current one without a gap.",
        compare_revisions(),
        "{written} are written and {current_number} is current.",
    ),
    Check(
        "I13",
        "A published report has all four metrics.",
        metrics_missing(),
        "It has {measured}.",
    ),
    Check(
        "I13",
        "A published metric is judged by its actual, target and tolerance.",
        compare_metrics(),
        "{metric} is {status} at {attainment_percent} %: {actual} against {target}.",
        misjudged_metrics,
    ),
    Check(
        "I13",
        "A published report's compliance and breaches are those of its metrics.",
        compare_metrics(),
        "It says {compliance_percent} % and {breached}.",
        misjudged_reports,
    ),
    Check(
        "I13",
        "An SLA's current compliance is that of the pod's latest published report.",
        compare_compliance(),
        "It is {current_compliance} instead of {latest}.",
    ),
    Check(
        "I14",
        "The events of an organization run from 1 without a gap.",
        gaps(),
        "There is none before {sequence}.",
    ),
    Check(
        "I14",
        "An organization's event counter is at its last event.",
        event_counters(),
        "It is at {counted} and the last event at {last}.",
    ),
    Check(
        "I17",
        "No id has a number that its prefix's counter has not given out.",
        id_counters(),
        "{number} is in use and the counter is at {given}.",
    ),
    Check(
        "I18",
        "Every reference stays within the organization.",
        foreign_references(),
        "{column} names {named}.",
    ),
    Check(
        "I18",
        "The source of a service line is in its organization.",
        foreign_sources(LINE),
        "It names the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The source of a capacity request is in its organization.",
        foreign_sources(REQUEST),
        "It names the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The subject of an event is in its organization.",
        foreign_subjects(),
        "{type} is about {named}.",
    ),
    Check(
        "I19",
        "A ticket's verdict is what the times of its response make it.",
        verdicts(),
        "It is {response_sla}: responded at {responded_at}, due at {response_due_at}.",
    ),
    Check(
        "Derived",
        "A week's utilisation is its actual as a percentage of what was committed.",
        weeks(),
        "{week_start} says {utilisation_percent} %: {actual} of {committed}.",
        other_utilisation,
    ),
    Check(
        "Derived",
        "An allocation shows the figures of its latest week.",
        last_weeks(),
        "It shows {actual_last_week} where the week of {week_start} has {actual}.",
    ),
    Check(
        "Derived",
        "What an allocation commits per week is what it commits per period of its pool.",
        compare_committed(),
        "{committed_per_week} a week are not {committed_per_period} {period}.",
        other_per_week,
    ),
    Check(
        "Derived",
        "The size of a pod's team is the number of its active members.",
        team_sizes(),
        "It says {team_size} of {active}.",
    ),
    Check(
        "Derived",
        "What a row repeats of the record that it names is what the record says.",
        copies(),
        "{column} is {own} where {other} says {said}.",
    ),
    Check(
        "Currency",
        "Every amount is in the organization's own currency.",
        foreign_currencies(),
        "The {table} is in {currency}, not in {own}.",
    ),
    Check(
        "Vocabulary",
        "Every word is one of its vocabulary's.",
        strange_words(),
        "{column} says {word}.",
    ),
    Check(
        "Row",
        "Every row keeps the rules of its table.",
        broken_rules(),
        "The {table} breaks: {rule}.",
    ),
)
"""Every check, in the order of the invariants, then what is derived and what the tables say."""
