"""Is the question covered? What speaks for it, who judges, and how that is learned from a corpus."""
