"""Passages to one immutable generation of the index."""
