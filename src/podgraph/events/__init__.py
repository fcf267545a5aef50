"""The event log: what happened, to which record, by whom, in order."""
