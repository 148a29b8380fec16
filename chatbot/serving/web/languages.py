"""The languages of the pages: catalogues of fixed texts, plural forms, dates and ages, and the choice among them.

What is said by the corpus is never translated. `languages/*.toml` hold the texts: `[words]` for what the server
writes, `[script]` for what the scripts write, `[reasons]` for what feedback may say, `[plurals]` by CLDR plural
category, `[messages]` for the fixed English sentences of an answer, `[widget]` for those of the widget on other sites
and `[edit]` for those of the editors' page. A language is its catalogue and its words in
`foreign_language.toml`, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from chatbot import catalogues

_ACCEPTED = re.compile(r"([A-Za-z]{1,8})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")
# More than any value, so that the unit that was asked for is the one that is used.
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Language:
    """One language; calling it with a key gives that text."""

    code: str
    words: Mapping[str, str]
    script: Mapping[str, str]
    plurals: Mapping[str, Mapping[str, str]]
    messages: Mapping[str, str]
    reasons: Mapping[str, str]
    widget: Mapping[str, str]
    edit: Mapping[str, str]

    def __call__(self, key: str, **values: str) -> str:
        return self.words[key].format(**values)

    def tell(self, english: str, **values: str) -> str:
        """A text of the editors' page, which is named by its English; what nobody has translated stays as it is."""
        return self.edit[english].format(**values) if english in self.edit else english

    def count(self, key: str, n: int) -> str:
        """A counted thing in the plural form that fits: "1 passage", "5 passages"."""
        forms = self.plurals[key]
        return forms.get(self.locale.plural_form(n), forms["other"]).format(n=format_decimal(n, locale=self.locale))

    def message(self, english: str) -> tuple[str, str]:
        """A fixed sentence of an answer and the language that it is in: English where nobody has translated it."""
        translated = self.messages.get(english)
        return (translated, self.code) if translated else (english, "en")

    def age(self, day: date) -> str:
        """How long ago a day was, in the largest unit that fits: "today", "12 days ago", "14 months ago"."""
        days = (date.today() - day).days
        if days < 2:
            return self("yesterday" if days == 1 else "today")
        months = round(days / 30.44)
        if days < 60:
            return self._ago(timedelta(days), "day")
        if months < 24:
            return self._ago(timedelta(30 * months), "month")
        return self._ago(timedelta(365 * (months // 12)), "year")

    def day(self, day: date) -> str:
        """A date in words: 23 November 2026."""
        return format_date(day, "long", locale=self.locale)

    def lasting(self, seconds: int) -> str:
        """How long something takes: "40 seconds", "20 minutes"."""
        minutes = -(-seconds // 60)
        shown, unit = (seconds, "second") if seconds < 100 else (minutes, "minute")
        return format_unit(shown, unit, locale=self.locale)

    def share(self, share: float) -> str:
        """A share in [0, 1] as a percentage."""
        return format_percent(share, locale=self.locale)

    def foreign(self, tag: str) -> str:
        """That the articles are in the language of a tag, where that is not this one."""
        if tag.partition("-")[0].lower() == self.code:
            return ""
        try:
            name = Locale.parse(tag, sep="-").get_language_name(self.locale)
        except (ValueError, UnknownLocaleError):
            name = None
        return self("foreign", language=name or tag)

    @property
    def locale(self) -> Locale:
        # British order of day and month, which every reader of English understands.
        return Locale.parse("en_GB" if self.code == "en" else self.code)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """The language's name in itself."""
        return self.words["language"]

    def _ago(self, age: timedelta, unit: Literal["day", "month", "year"]) -> str:
        return format_timedelta(-age, unit, _NEVER, add_direction=True, locale=self.locale)


def choose(wanted: str, accepted: str, default: str) -> Language:
    """The language of a visit: the one in the address, else the browser's first that there is, else the default.

    `wanted` is a code or empty, `accepted` an Accept-Language header.
    """
    codes = [wanted.lower().split("-")[0], *_by_preference(accepted), default]
    return next((LANGUAGES[code] for code in codes if code in LANGUAGES), ENGLISH)


def _by_preference(accepted: str) -> list[str]:
    parts = [_ACCEPTED.fullmatch(part.strip()) for part in accepted[:1000].split(",")]
    weighed = [(-float(match[2] or 1), place, match[1].lower()) for place, match in enumerate(parts) if match]
    return [code for weight, _, code in sorted(weighed) if weight < 0]


LANGUAGES = {code: Language(code, **catalogues.tables(code)) for code in catalogues.codes()}
ENGLISH = LANGUAGES["en"]
