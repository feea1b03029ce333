"""English TNM: "p T three a N one M zero" is pT3aN1M0 (AJCC).

Owns what the letters and figures of a TNM formula are, alone and together. It must not know stages.
"""

import re

from wardscribe_server.pipeline.writing.draft import Draft, Rewrite
from wardscribe_server.pipeline.writing.normalise.measures_en import unit_at

_FIGURE = "zero|oh|one|two|three|four|x|is|[0-4]"
_TNM_SAID = re.compile(
    rf"(?<![\w.'’-])(?P<p>(?:y ?)?[pcr] ?)?T (?P<t>{_FIGURE}|i s|a(?= [pc]? ?N ))(?: (?P<ts>mi|m i|[a-d]))?"
    rf" (?P<pn>[pc] ?)?N (?P<n>{_FIGURE})(?: (?P<ns>mi|m i|[a-c]))?"
    rf"(?: (?P<pm>[pc] ?)?M (?P<m>{_FIGURE})(?: (?P<ms>[a-c]))?)?(?![\w'’-])",
    re.IGNORECASE,
)
_TNM_FIGURES = {"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "x": "X"}
_TNM = re.compile(
    r"(?<!\w)(?P<prefix>(?:y ?)?[pc]?) ?T ?(?P<t>[0-4x]|is|1mi)(?: ?(?P<ts>[a-d]))?"
    r" N ?(?P<n>[0-3x])(?: ?(?P<ns>[a-c])(?!\w))?"
    r"(?: M ?(?P<m>[01x])(?: ?(?P<ms>[a-c])(?!\w))?)?(?!\w)",
    re.IGNORECASE,
)
_PATHOLOGIC = re.compile(
    r"(?<![\w.'’-])(?P<y>y )?(?P<p>[pcr]) (?P<l>[TNM]) (?P<f>zero|oh|one|two|three|four|x|is|i s|a|[0-4])"
    r"(?: (?P<s>mi|m i|[b-d]|a(?=[.,;]|$| [NMp]\b)))?(?![\w'’-]|[.]\d)"
)
_ALONE_TNM = re.compile(
    r"(?<![\w.'’-])(?P<l>[TNM]) (?P<f>zero|one|two|three|four|[0-4])"
    r" (?P<s>[b-d]|mi(?! c)|m i|a(?=$|[.,;)]| (?:disease|lesion|tumor|tumour|melanoma|cancer|carcinoma"
    r"|adenocarcinoma|breast"
    r"|prostate|renal|lung|squamous|p?[NM]\b|at|on|by|with|without|status|invasive|versus|or)\b))"
    r"(?![\w'’-]|[.]\d)"
)


def said(draft: Draft) -> Draft:
    """Formulas whose figures are still words, before their letters can be taken for an abbreviation."""
    draft = draft.rewritten(_TNM_SAID, _tnm_said)
    draft = draft.rewritten(_PATHOLOGIC, _pathologic)
    return draft.rewritten(_ALONE_TNM, _alone)


def written(draft: Draft) -> Draft:
    """Formulas that the recogniser wrote in figures."""
    return draft.rewritten(_TNM, _tnm)


def _alone(match: re.Match[str]) -> str:
    """ "M one a"."""
    return match["l"] + _TNM_FIGURES.get(match["f"], match["f"]) + match["s"].replace(" ", "")


def _tnm_said(match: re.Match[str]) -> Rewrite:
    """ "p T three N one a M zero", before its letters can be taken for an abbreviation."""
    text = (match["p"] or "").replace(" ", "").lower()
    for letter, figure, suffix, prefix in (("T", "t", "ts", ""), ("N", "n", "ns", "pn"), ("M", "m", "ms", "pm")):
        if match[figure] is not None:
            said = match[figure].lower().replace(" ", "")
            if prefix and match[prefix]:
                text += f" {match[prefix].strip().lower()}"
            text += letter + _TNM_FIGURES.get(said, said) + (match[suffix] or "").lower().replace(" ", "")
    return text


def _pathologic(match: re.Match[str]) -> Rewrite:
    """ "p T three a" alone."""
    if unit_at(match.string, match.end()):
        return None
    said = match["f"].replace(" ", "")
    figure = _TNM_FIGURES.get(said, said)
    suffix = (match["s"] or "").replace(" ", "")
    return f"{'y' if match['y'] else ''}{match['p']}{match['l']}{figure}{suffix}"


def _tnm(match: re.Match[str]) -> Rewrite:
    prefix = match["prefix"].replace(" ", "").lower()
    text = f"{prefix}T{match['t'].lower().replace('x', 'X')}{(match['ts'] or '').lower()}"
    text += f"N{match['n'].upper()}{(match['ns'] or '').lower()}"
    if match["m"] is not None:
        text += f"M{match['m'].upper()}{(match['ms'] or '').lower()}"
    lead = " " if match.group().startswith(" ") else ""
    return lead + text
