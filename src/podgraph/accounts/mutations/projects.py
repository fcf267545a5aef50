"""Mutations of projects and labels."""

import strawberry

from podgraph.accounts import lifecycle
from podgraph.accounts.service import projects as service
from podgraph.accounts.types import Project
from podgraph.execution.mutations import Input, Payload, mutation
from podgraph.graphql import inputs
from podgraph.graphql.inputs import ListOf, input_field
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import ErrorCode


@strawberry.type(description="Result of a project mutation.")
class ProjectPayload(Payload):
    project: Project | None = one(
        "project_id", "The project after the mutation; unchanged if `userErrors` is not empty."
    )


@strawberry.input(description="Input for `createProject`.")
class CreateProjectInput(Input):
    organization_id: strawberry.ID = input_field("Organization id, e.g. ORG-26-090500.", inputs.ID)
    name: str = input_field("Name, e.g. Payments Platform Rebuild.", inputs.TITLE)


@strawberry.input(description="Input for a mutation of one project.")
class ProjectInput(Input):
    project_id: strawberry.ID = input_field("Project id, e.g. PROJ-26-004281.", inputs.ID)


@strawberry.input(description="Input for `renameProject`.")
class RenameProjectInput(ProjectInput):
    name: str = input_field("Name, e.g. Payments Platform Rebuild.", inputs.TITLE)


@strawberry.input(description="Input for `tagWithProject` and `untagFromProject`.")
class ProjectLabelInput(ProjectInput):
    ids: list[strawberry.ID] = input_field(
        "Ids of pods, service lines and outcome requests, e.g. POD-26-000008.", ListOf(50, inputs.ID, least=1)
    )


@strawberry.type
class ProjectMutation:
    create_project: ProjectPayload = mutation(
        service.create_project,
        CreateProjectInput,
        ProjectPayload,
        lifecycle.CREATE_PROJECT,
        "Create a project, a label of pods, service lines and outcome requests.",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("project.created",),
    )
    rename_project: ProjectPayload = mutation(
        service.rename_project,
        RenameProjectInput,
        ProjectPayload,
        lifecycle.RENAME_PROJECT,
        "Rename a project.",
        shows="project_id",
        codes=(ErrorCode.ALREADY_DONE,),
        events=("project.renamed",),
    )
    archive_project: ProjectPayload = mutation(
        service.archive_project,
        ProjectInput,
        ProjectPayload,
        lifecycle.ARCHIVE_PROJECT,
        "Archive a project. Records keep their labels, but none can be added or removed.",
        shows="project_id",
        events=("project.archived",),
    )
    unarchive_project: ProjectPayload = mutation(
        service.unarchive_project,
        ProjectInput,
        ProjectPayload,
        lifecycle.UNARCHIVE_PROJECT,
        "Use an archived project again.",
        shows="project_id",
        codes=(ErrorCode.INVALID_TRANSITION,),
        events=("project.unarchived",),
    )
    tag_with_project: ProjectPayload = mutation(
        service.tag_with_project,
        ProjectLabelInput,
        ProjectPayload,
        lifecycle.TAG_WITH_PROJECT,
        "Label records with a project. Records that have the label are unchanged. The roles must hold for each record.",
        shows="project_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE,),
        events=("pod.tagged", "service_line.tagged", "ods.request.tagged"),
    )
    untag_from_project: ProjectPayload = mutation(
        service.untag_from_project,
        ProjectLabelInput,
        ProjectPayload,
        lifecycle.UNTAG_FROM_PROJECT,
        "Remove a project's label from records. Records without the label are unchanged. The roles must hold for each"
        " record.",
        shows="project_id",
        codes=(ErrorCode.CROSS_TENANT_REFERENCE,),
        events=("pod.untagged", "service_line.untagged", "ods.request.untagged"),
    )
