"""The mutations of pods and their living scopes."""

import strawberry

from podgraph.api import inputs
from podgraph.api.inputs import given
from podgraph.api.mutations import Input, Payload, mutation
from podgraph.execution.edges import one
from podgraph.managed import lifecycle
from podgraph.managed.service import pods
from podgraph.managed.types import Pod


@strawberry.type(description="What became of a pod.")
class PodPayload(Payload):
    pod: Pod | None = one("pod_id", "The pod as it is now; as it was when it was refused.")


@strawberry.input(description="Which pod to pause, and why.")
class PausePodInput(Input):
    pod_id: strawberry.ID = given("The pod: POD-26-000008.", inputs.ID)
    reason: str = given("Why: release freeze until June.", inputs.REASON)


@strawberry.type
class PodMutation:
    pause_pod: PodPayload = mutation(
        pods.pause_pod,
        PausePodInput,
        PodPayload,
        lifecycle.PAUSE_POD,
        "Interrupt a pod; its team stays reserved, and the clocks of its tickets run on.",
        shows="pod_id",
        events=("service_line.paused", "allocation.paused", "pod.paused"),
    )
