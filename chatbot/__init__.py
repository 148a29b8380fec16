"""Answers career questions with the best passages of real articles, word for word, with their source.

from chatbot import Chatbot

answer = Chatbot.open().ask("Do I need a degree to become a data engineer?", k=5)
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Read while these are loaded: ONNX Runtime, Gradio and the library of the model hub would tell others of their use.
os.environ.update(
    {
        "ORT_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
)

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.errors import ChatbotError
    from chatbot.records import Answer, Filters, Hit, Passage, Turn
    from chatbot.settings import Settings

__all__ = ["Answer", "Chatbot", "ChatbotError", "Filters", "Hit", "Passage", "Settings", "Turn"]

_PLACES = {"Chatbot": "answering.chatbot", "ChatbotError": "errors", "Settings": "settings"}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: the process that reads files imports this package too, and needs none of it.
    if name not in __all__:
        raise AttributeError(f"module 'chatbot' has no attribute {name!r}")
    return getattr(import_module(f"chatbot.{_PLACES.get(name, 'records')}"), name)
