"""Organizations, workspaces, users, talent, projects and commercial subscriptions."""
