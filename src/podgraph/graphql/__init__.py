"""What GraphQL types are built from: scalars, descriptions, connections, filters, relationships."""
