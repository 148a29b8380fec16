"""What operators do: examine an installation, look links up, begin a site."""
