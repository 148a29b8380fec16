"""What visitors say about the answers, kept without a trace of who said it."""
