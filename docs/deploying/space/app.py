"""A Hugging Face Space: the index of `corpus/` is built where there is none, and the chat served."""

import os
import sys
from pathlib import Path

from chatbot.cli import main

os.chdir(Path(__file__).parent)
sys.argv = ["chatbot", "serve"]
main()
