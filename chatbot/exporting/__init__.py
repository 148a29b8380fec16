"""The same chat as a folder of files, for hosts without a server."""
