"""The rating steps and rounding rules in words, in both languages: the same sentences as beside the formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pricing.edition import Edition
from pricing.units import month_text
from pricing.words import say
from service.documents.rate_pages import RateBook

_NOTES = ("one_worker", "integers", "half_up", "once", "fall_back", "unknown", "enrolment")


def rules_page(books: Mapping[str, RateBook], edition: Edition) -> str:
    """Markdown, one language after the other. books: the rate book per language."""
    return "\n".join(line for lang, book in books.items() for line in _lines(book, edition, lang))


def _lines(book: RateBook, edition: Edition, lang: str) -> Iterator[str]:
    facts = {"month": month_text(edition.month), "known_on": edition.known.isoformat(), "edition": edition.hash}
    yield from (f"# {say('rules_head', lang)}", "", say("book_edition", lang, **facts), "")
    yield from (say("book_warning", lang), "")
    yield from (f"- {say('book_note_' + note, lang)}" for note in _NOTES)
    for name, steps in book.rules.items():
        yield from ("", f"## {edition.schemes[name].title[lang]} (`{name}`)", "")
        if book.closed[name]:
            refusal = say(book.closed[name], lang, **facts)
            yield say("rules_closed", lang, refusal=refusal)
            continue
        yield from (f"{number}. **{label}**: {how}" for number, (label, how) in enumerate(steps, 1))
        yield from ("", say("rules_checks", lang))
    yield ""
