"""The platform itself: its clock, and the organizations and workspaces that it is made of."""
