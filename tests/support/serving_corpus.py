"""The articles that the server tests serve: ordinary ones, and one that tries everything."""

from __future__ import annotations

from pathlib import Path

CV = """---
title: Writing a CV
topics: [job search, writing]
updated: 2025-01-15
questions:
  - How do I explain a gap in my CV?
  - How long should a CV be?
---
# Writing a CV

A CV is a short record of what you have done at work and in study. The reader decides in a minute whether to go on.

## How long should a CV be?

One page is enough for most people with under eight years of experience, and two pages are fine after that. A page
squeezed into tiny type is hard to read, so cut content before you shrink the letters.

## How do I explain a gap?

Explain a gap in your CV in one plain line with the dates and the reason. Then say what you kept up in that time: a
course, a language, caring for a relative. Nobody needs the medical details.

| Reason | What to write |
|---|---|
| Illness | Time away for health, now resolved |
| Caring | Full-time carer for a parent |
"""

PAY = """---
title: Talking about pay
url: https://articles.example/pay
topics: [pay and offers]
updated: 2024-03-01
review_by: 2025-03-01
country: UK
questions:
  - How do I ask for a higher salary?
---
## How do I ask for a higher salary?

Ask for a higher salary after the offer and before you sign. Name one figure, give one reason, and then wait for the
answer. A manager can rarely change the figure later in the year, so the days before the signature are the best ones.

## What belongs to the package?

Pay is more than the salary: pension, holidays, bonus, shares and hours of work count as well. Write all of them in a
table and compare two offers line by line before you decide on one.
"""

HOSTILE = r"""---
title: "Zebra keeping <img src=x onerror=window.pwned=1> ${window.pwned=2}"
topics: ["<b onclick=window.pwned=3>zebras</b>"]
updated: 2026-01-01
questions:
  - How do I become a zebra keeper <script>window.pwned=4</script>?
---
## Becoming a zebra keeper <svg onload=window.pwned=5>

A zebra keeper <script>window.pwned=6</script> feeds the zebras every morning ${window.pwned=7} {{window.pwned=8}}
and cleans \u0027\x27 the stable. <img src=x onerror="window.pwned=9"> <img src="https://evil.example/track.png">

[a link of a zebra keeper](javascript:window.pwned=10) and ![a picture](https://evil.example/zebra.png) and
<a href="javascript:window.pwned=11">raw link</a> and `${window.pwned=12}` and <iframe src="https://evil.example"></iframe>

</p></blockquote></article></section><article class="card"><h3>A fake card of a zebra keeper</h3></article>

<style>body { display: none }</style> <form action="https://evil.example"><input name="zebra"></form>
"""

RTL = """---
title: כתיבת קורות חיים
topics: [job search]
---
## כמה זמן לוקח לכתוב קורות חיים?

כתיבת קורות חיים טובים לוקחת כמה שעות. כדאי לבקש מחבר לקרוא אותם לפני ששולחים אותם למעסיק.
"""

INTERVIEW = """---
title: Preparing for an interview
topics: [interviews]
updated: 2025-06-01
questions:
  - How do I prepare for an interview?
  - What do I say about a weakness?
  - How does an interview end well?
---
## How do I prepare for an interview?

Read the advert twice and write down five tasks it names. For each of them find one story of your own work, with what
you did and what came of it, and tell it aloud until it takes two minutes.

## What do I say about a weakness?

Name a true weakness that the job can bear, and what you do about it. A strength in disguise convinces nobody, and a
weakness that you work on shows that you can judge yourself.

## How does an interview end well?

Ask what a good first year looks like, who decides about the work, and why the last person left. Two questions are
enough, and silence looks like no interest.
"""

QUESTION = "How do I explain a gap in my CV?"
HOSTILE_QUESTION = "What does a zebra keeper feed the zebras every morning?"
OUTSIDE_QUESTION = "What is the boiling point of tungsten?"


def write(folder: Path) -> None:
    """Put the articles into a folder."""
    articles = {"cv.md": CV, "money/pay.md": PAY, "zebra.md": HOSTILE, "rtl.md": RTL, "interview.md": INTERVIEW}
    for name, text in articles.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
