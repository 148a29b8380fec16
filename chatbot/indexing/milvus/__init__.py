"""A generation in Milvus, the engine for more passages than one machine holds: sent there, searched there, followed."""
