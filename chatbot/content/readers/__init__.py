"""A format each: bytes to front matter and Markdown. `registry` knows which reader a file gets."""
