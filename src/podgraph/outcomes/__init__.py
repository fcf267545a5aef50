"""On-demand sprints: outcome requests, scopes, cycles, deliverables and payments."""
