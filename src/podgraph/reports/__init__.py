"""Reads over all the other slices: spend and the nested reports."""
