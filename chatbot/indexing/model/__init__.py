"""The embedding model: where it is, what it is, its export that asks without torch, and texts to vectors."""
