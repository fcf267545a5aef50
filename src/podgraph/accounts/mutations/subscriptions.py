"""Mutations of commercial subscriptions."""

from datetime import datetime

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.service import subscriptions as service
from podgraph.accounts.types import CommercialSubscription
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode


@strawberry.type(description="Result of a commercial subscription mutation.")
class SubscriptionPayload(Payload):
    subscription: CommercialSubscription | None = one(
        "subscription_id", "The subscription after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `openSubscription`.")
class OpenSubscriptionInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    name: str | None = input_field("Name, e.g. Growth plan.", inputs.TITLE, default=None)
    trial_ends_at: datetime | None = input_field(
        "End of the trial, in the future; without it, the subscription is active at once.", default=None
    )


@strawberry.input(description="Input for `activateSubscription`.")
class ActivateSubscriptionInput(Input):
    subscription_id: strawberry.ID = input_field("Commercial subscription id, e.g. SUB-26-001122.", inputs.ID)


@strawberry.input(description="Input for `markSubscriptionPastDue` and `cancelSubscription`.")
class EndSubscriptionInput(Input):
    subscription_id: strawberry.ID = input_field("Commercial subscription id, e.g. SUB-26-001122.", inputs.ID)
    reason: str | None = input_field("Reason, e.g. the invoice of May is unpaid.", inputs.REASON, default=None)


@strawberry.type
class SubscriptionMutation:
    open_subscription: SubscriptionPayload = mutation(
        service.open_subscription,
        OpenSubscriptionInput,
        SubscriptionPayload,
        lifecycle.OPEN_SUBSCRIPTION,
        "Open a commercial subscription, under which work is ordered. It is TRIALING until `trialEndsAt`, when it"
        " becomes PAST_DUE unless it is activated first; without a trial it is ACTIVE.",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("subscription.opened",),
    )
    activate_subscription: SubscriptionPayload = mutation(
        service.activate_subscription,
        ActivateSubscriptionInput,
        SubscriptionPayload,
        lifecycle.ACTIVATE_SUBSCRIPTION,
        "Activate a commercial subscription after its trial or a late payment.",
        shows="subscription_id",
        events=("subscription.activated",),
    )
    mark_subscription_past_due: SubscriptionPayload = mutation(
        service.mark_subscription_past_due,
        EndSubscriptionInput,
        SubscriptionPayload,
        lifecycle.MARK_SUBSCRIPTION_PAST_DUE,
        "Mark a commercial subscription as past due: no new work and no renewals. Running work continues.",
        shows="subscription_id",
        events=("subscription.past_due",),
    )
    cancel_subscription: SubscriptionPayload = mutation(
        service.cancel_subscription,
        EndSubscriptionInput,
        SubscriptionPayload,
        lifecycle.CANCEL_SUBSCRIPTION,
        "Cancel a commercial subscription: no new work and no renewals. Running work continues to the end of its term.",
        shows="subscription_id",
        events=("subscription.cancelled",),
    )
