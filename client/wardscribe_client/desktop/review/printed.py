"""A report's text as a page: headings, the lines under them, and at the end what makes it a document. Pure.

What is not signed says so on every page that leaves this machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands above and below the text: each a line for a person."""

    title: str
    banner: str | None = None  # such as that it is not signed
    patient: str | None = None
    facts: tuple[str, ...] = ()  # state, version, who and when, hash


def page(text: str, standing: Standing, *, font: str) -> str:
    """HTML of one report, for a window, a printer or a PDF. `text` is the server's layout of the record."""
    parts = [f"<html><head><style>{_style(font)}</style></head><body>"]
    if standing.banner is not None:
        parts.append(f'<p class="banner">{escape(standing.banner)}</p>')
    lines = text.splitlines()
    parts.append(f'<p class="title">{escape(lines[0] if lines else standing.title)}</p>')
    if standing.patient is not None:
        parts.append(f'<p class="patient">{escape(standing.patient)}</p>')
    parts += _lines(lines[1:])
    parts.append('<p class="facts">' + "<br>".join(escape(fact) for fact in standing.facts) + "</p>")
    parts.append("</body></html>")
    return "".join(parts)


def _lines(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            continue
        if line.startswith(" "):
            yield f'<p class="line">{escape(line.strip())}</p>'
        else:
            yield f'<p class="heading">{escape(line.strip())}</p>'


def _style(font: str) -> str:
    return (
        f"body {{ font-family: {font}; font-size: 11pt; }}"
        "p.title { font-size: 15pt; font-weight: 600; margin: 2px 0 4px 0; }"
        "p.heading { font-weight: 600; margin: 12px 0 2px 0; }"
        "p.line { margin: 0 0 2px 14px; }"
        "p.patient { font-weight: 600; margin: 0 0 6px 0; }"
        "p.banner { font-weight: 600; margin: 0 0 8px 0; }"
        "p.facts { font-size: 8.5pt; margin: 18px 0 0 0; }"
    )
