"""Which elements of a page are for its readers, and which of them belong together."""
