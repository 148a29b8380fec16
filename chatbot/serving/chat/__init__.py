"""The visitors' chat page."""
