"""What every page is made of: languages, templates, safe HTML, static files."""
