"""The front doors for programs: JSON over HTTP, its schema, and the Model Context Protocol."""
