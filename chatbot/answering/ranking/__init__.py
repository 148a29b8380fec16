"""Both searches in one order: the formulas, the searcher that applies them, and editors' choices."""
