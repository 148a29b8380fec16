"""The writing flow: what changed, files to passages, passages to arrays, and one published generation."""
