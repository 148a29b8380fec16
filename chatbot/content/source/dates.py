"""Days and moments as files state them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\s*(\d{1,2}:\d{2}.*))?", re.DOTALL)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ,].*)?", re.DOTALL)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAY_FIRST = re.compile(r"(?:[a-z]{3,9}\.?,? )?(\d{1,2})(?:st|nd|rd|th|\.)? ([a-z]{3,9})\.?,? (\d{4})\b.*", re.I | re.S)
_MONTH_FIRST = re.compile(r"(?:[a-z]{3,9}\.?,? )?([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b.*", re.I | re.S)


def calendar_day(value: str) -> date | None:
    """The day of a date as `2026-01-31`, whatever time stands behind it; None for anything else."""
    match = _DATE.fullmatch(value.strip())
    return _day(match[1], match[2], match[3]) if match else None


def stated_day(value: str) -> date | None:
    """The day of a date as people write it; None where it is none, or may be two (`6/1/2026`)."""
    value = " ".join(value.split())
    if day := calendar_day(value):
        return day
    if match := _PACKED.fullmatch(value):
        return _day(*match.groups())
    if match := _NUMBERS.fullmatch(value):
        days = {_day(match[4], match[3], match[1]), _day(match[4], match[1], match[3])} - {None}
        return days.pop() if len(days) == 1 else None
    if match := _DAY_FIRST.fullmatch(value):
        return _day(match[3], _month(match[2]), match[1])
    if match := _MONTH_FIRST.fullmatch(value):
        return _day(match[3], _month(match[1]), match[2])
    return None


def stated_moment(value: str, zone: datetime) -> datetime | None:
    """The moment of a date and, where there is one, its time, in the time zone of `zone`; None where it is no date.

    A day begins at midnight. A time that cannot be read is the end of its day.
    """
    day = stated_day(value)
    if not day:
        return None
    whole = _DATE.fullmatch(value.strip())
    midnight = datetime.combine(day, time(), zone.tzinfo)
    if not whole or not whole[4]:
        return midnight
    clock = re.sub(r"\s+(?=[+-]\d|Z)", "", whole[4].strip()).removesuffix(" UTC")
    try:
        read = datetime.fromisoformat(f"{day.isoformat()}T{clock.zfill(len(clock) + (clock[1:2] == ':'))}")
    except ValueError:
        return midnight + timedelta(days=1)
    return read.astimezone(zone.tzinfo) if read.tzinfo else read.replace(tzinfo=zone.tzinfo)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month(name: str) -> str:
    short = name[:3].lower()
    return str(_MONTHS.index(short) + 1) if short in _MONTHS else "0"
