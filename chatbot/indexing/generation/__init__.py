"""One immutable generation of the index: a module for each kind of its files, and how generations are published."""
