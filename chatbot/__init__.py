"""Answers career questions with the best passages of real articles, word for word, with their source.

from chatbot import Chatbot

answer = Chatbot.open().ask("Do I need a degree to become a data engineer?", k=5)
"""

from chatbot.answering.chatbot import Chatbot
from chatbot.errors import ChatbotError
from chatbot.records import Answer, Filters, Hit, Passage, Turn
from chatbot.settings import Settings

__all__ = ["Answer", "Chatbot", "ChatbotError", "Filters", "Hit", "Passage", "Settings", "Turn"]
