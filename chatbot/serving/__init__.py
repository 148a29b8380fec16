"""The front doors: web page, API, widget."""

import os

# Gradio reads both while it is imported, and without them reports its start to other machines. Whichever module of this
# package imports it first, this one has run before.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
