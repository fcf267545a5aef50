"""The API's own vocabulary: context, scalars, connections, filters, aggregates and errors."""
