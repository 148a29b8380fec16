"""A question to an answer, over one open generation."""
