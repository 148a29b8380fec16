"""The Markdown of an article as structure: blocks, sentences, plain words, places to link to."""
