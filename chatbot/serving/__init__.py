"""The front doors: web page, API, widget."""
