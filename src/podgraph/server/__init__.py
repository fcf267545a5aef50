"""The HTTP server: middleware, GraphQL over HTTP and WebSocket, health and documentation pages."""
