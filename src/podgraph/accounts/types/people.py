"""GraphQL types of people."""

from podgraph.accounts import repository
from podgraph.graphql.descriptions import field
from podgraph.graphql.nodes import Node, record


@record(repository.USERS, "A person who signs in.")
class User(Node):
    name: str = field("Name.")
    email: str | None = field("Email address, if known.")
