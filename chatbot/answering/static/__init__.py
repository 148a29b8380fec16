"""The same answers without the model, of a table of words: what an export holds, and what a small machine serves."""
