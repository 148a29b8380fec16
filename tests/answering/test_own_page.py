"""Passages of the article on the page whose visitor asks come first, and nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from chatbot.answering.ranking import own_page

URLS = ("/articles/cv", "https://site.example/pay", "https://site.example/?p=7", None, "https://site.example/")


@pytest.mark.parametrize(
    ("page", "number"),
    [
        ("https://site.example/pay", 1),
        ("http://www.Site.example/pay/?utm_source=mail#raise", 1),
        ("https://site.example/pay/more", None),
        ("https://site.example/?p=7&lang=en", 2),
        ("https://site.example?p=8", 4),
        ("https://other.example/pay", None),
        ("/articles/cv", None),
        ("ftp://site.example/pay", None),
        ("https://[site", None),
    ],
)
def test_a_page_is_known_by_host_path_and_the_articles_own_query(page: str, number: int | None) -> None:
    assert own_page.article_of(page, URLS) == number


def test_what_answers_nearly_as_well_is_near_and_keeps_its_order() -> None:
    articles, scores = np.array([2, 1, 2, 1, 1]), np.array([1.0, 0.6, 0.55, 0.5, 0.49])
    assert own_page.near([0, 1, 2, 3, 4], articles, scores, own=1) == [1, 3]
    assert own_page.near([0, 2, 3], articles, scores, own=1) == [3]
    assert own_page.near([0, 1, 2], articles, scores, own=3) == []
