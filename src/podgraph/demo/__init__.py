"""The reference documents' own data, and a generator for larger data."""
