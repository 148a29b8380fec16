"""Files of the corpus to articles, articles to passages."""
