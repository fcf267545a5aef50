"""Spend, and the ten reports, which read the records of other packages."""
