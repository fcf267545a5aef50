"""Building blocks of GraphQL types: scalars, descriptions, connections, filters, inputs and relationships."""
