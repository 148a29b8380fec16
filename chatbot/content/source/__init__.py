"""Bytes to text, whatever the format: files, encodings, front matter, and what is no language."""
