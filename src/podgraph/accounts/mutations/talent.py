"""Mutations of talent."""

from decimal import Decimal

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.service import talent as service
from podgraph.accounts.types import Talent
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode

SKILLS = ListOf(50, inputs.Text(100))
HOURS = inputs.Number(most=168, places=2, above=True)


@strawberry.type(description="Result of a talent mutation.")
class TalentPayload(Payload):
    talent: Talent | None = one("talent_id", "The talent after the mutation; unchanged if `userErrors` is not empty.")


@strawberry.input(description="Input for `registerTalent`.")
class RegisterTalentInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    name: str | None = input_field(
        "Name of the person. Events omit it, and only some roles can read it.", inputs.TITLE, default=None
    )
    title: str = input_field("Job title, e.g. Senior Backend Engineer.", inputs.TITLE)
    skills: list[str] = input_field("Skills, e.g. Python.", SKILLS, default_factory=list)
    weekly_hours_limit: Decimal = input_field(
        "Maximum hours per week that may be committed.", HOURS, default=Decimal(40)
    )
    part_time: bool = input_field("Whether the talent works part time.", default=False)


@strawberry.input(description="Input for `updateTalent`. Omitted fields are unchanged.")
class UpdateTalentInput(Input):
    talent_id: strawberry.ID = input_field("Talent id, e.g. SCR-128491.", inputs.ID)
    name: strawberry.Maybe[str | None] = input_field("Name of the person; null to remove it.", inputs.TITLE)
    title: strawberry.Maybe[str] = input_field("Job title.", inputs.TITLE)
    skills: strawberry.Maybe[list[str]] = input_field("All skills.", SKILLS)
    weekly_hours_limit: strawberry.Maybe[Decimal] = input_field("Maximum hours per week that may be committed.", HOURS)
    part_time: strawberry.Maybe[bool] = input_field("Whether the talent works part time.")


@strawberry.input(description="Input for `endTalent`.")
class EndTalentInput(Input):
    talent_id: strawberry.ID = input_field("Talent id, e.g. SCR-128491.", inputs.ID)


@strawberry.type
class TalentMutation:
    register_talent: TalentPayload = mutation(
        service.register_talent,
        RegisterTalentInput,
        TalentPayload,
        lifecycle.REGISTER_TALENT,
        "Register a person who works for an organization.",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("talent.registered",),
    )
    update_talent: TalentPayload = mutation(
        service.update_talent,
        UpdateTalentInput,
        TalentPayload,
        lifecycle.UPDATE_TALENT,
        "Update a talent. Existing commitments are unchanged, also those above a new weekly limit.",
        shows="talent_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("talent.updated",),
    )
    end_talent: TalentPayload = mutation(
        service.end_talent,
        EndTalentInput,
        TalentPayload,
        lifecycle.END_TALENT,
        "End a talent. Rejected while the talent has an allocation, is a member of a pod, or is named in a proposal"
        " or a scheduled change.",
        shows="talent_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("talent.ended",),
    )
