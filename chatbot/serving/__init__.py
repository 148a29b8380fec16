"""The front doors: web page, API, widget."""

import os

# Gradio reads it while it is imported. Whichever module of this package imports it first, this one has run before.
os.environ["HF_HUB_OFFLINE"] = "1"
