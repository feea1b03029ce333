"""Builds the wide English tables: terms to correct towards, too many and too rare to take mentions from.

    python lexicons/build/wide_english.py --source ../shared/data --ontology HumanDiseaseOntology/src/ontology/subsets

Diseases: exact synonyms of the Disease Ontology (CC0) and the longer ICD-10-CM titles (public domain). Drugs: FDA UNII
names (public domain) of substances that MedlinePlus, the NHS or Health Canada list. Case reports: what annotators
marked in MACCROBAT2020 and BC5CDR (CC BY 4.0), the NCBI disease corpus (public domain) and PHEE (MIT).
"""

import argparse
import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from english import (
    CHAPTER_CLASS,
    DISEASE_WORD,
    DRUG,
    EVERYDAY_BRANDS,
    NOT_A_DRUG,
    SALTS,
    read_common,
    read_names,
    read_titles,
    sentence_case,
)
from writing import Row, TableHead, Trusted, write_table

_PHRASE = re.compile(r"[A-Za-z][A-Za-z'\-]+(?: [A-Za-z'\-]+){0,6}(?: type [0-9IV]+[ab]?| (?:I|II|III|IV|V|[1-9]))?")
_RESIDUE = re.compile(
    r"\b(other|others|unspecified|specified|nos|nec|without|classified|elsewhere|encounter|sequela|sequelae|initial|"
    r"subsequent|personal|family history|examination|status|related to|certain|multiple sites?|type of|caused|"
    r"undetermined|or|not|from|during|underdosing|adverse|poisoning|assault|screening|contact with|exposure|presence|"
    r"carrier|susceptibility|obsolete|complicating|trimester|affecting|counseling|supervision|left|right|bilateral|"
    r"unilateral|score|level|diseases|disorders|conditions|symptoms|abnormalities|complications|"
    r"anomalies|malformations|neoplasms|infections|and/or|as|at|while|after|care|state|due|involving|malignant "
    r"neoplasm|benign neoplasm|secondary|affected|mouse|mammary|canine|gene|protein|subunit|receptor|"
    r"complementation|variant|locus|linked|nonsyndromic|syndromic|partial|isoform|mutation|chain|dehydrogenase|"
    r"reductase|transferase|synthase|synthetase|hydrolase|kinase|carboxylase|isomerase|oxidase|mutase|activating|"
    r"procedure|following|inadequate|undue|crushing|subluxation and|finding|findings|early fatal|"
    r"overlap|component|disorder of|disease of|disorders of|neoplasm of|"
    r"rupture of|system|tissue|site|part|organ|region|structure|process|wide|"
    r"ill-defined|so-called|intermediate|borderline)\b",
    re.IGNORECASE,
)
_GENETIC = re.compile(
    r"\b(autosomal|recessive|dominant|x-linked|congenital|familial|hereditary|juvenile|infantile)\b", re.I
)
_LABELS = {
    "Sign_symptom": "symptom", "Biological_structure": "anatomy", "Diagnostic_procedure": "test",
    "Disease_disorder": "disease", "Therapeutic_procedure": "procedure", "Medication": "drug",
}  # fmt: skip
_NO_TERM = re.compile(
    r"\b(the|his|her|patient|patients|this|these|that|it|and|or|with|no|not|any|all|other|such|left|right|bilateral|"
    r"both|was|were|is|history|normal|abnormal|abnormality|abnormalities|increased|decreased|high|low|new|further|"
    r"previous|her|their|who|had|has|to|more|less|than|up|from|by|for|at|on|in|same|several|multiple|levels?|values?|"
    r"result|results|use|rats?|mice|mouse|animals?|cell|cells|induced|related|associated|like|side|first|second|third|fourth|"
    r"condition|improved|interaction|symptoms|symptom|features|complications|complication|appearance|potentially|control|"
    r"management|treatment|syndromes|process|analysis of|measurement|assessment|evaluation|origins?|total|small|large|"
    r"additional|repeat|repeated|initial|follow-up|examinations?|therapy|therapies|dose|doses|drug|drugs|effect|effects|"
    r"disease-free|families|family|gene|deficient|defects?|agent|agents|inherited|recessive|autosomal|dominant)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that anyone says, words that keep their capital, and last words of trusted terms with their class."""

    common: frozenset[str]
    names: frozenset[str]
    heads: frozenset[tuple[str, str]]


def main() -> None:
    """Builds all wide tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder with lexicon/en and ner/en")
    parser.add_argument("--ontology", type=Path, required=True, help="folder with the Disease Ontology's OBO subsets")
    arguments = parser.parse_args()
    source: Path = arguments.source
    trusted = Trusted.of("en")
    heads = frozenset(
        (surface.split(" ")[-1].lower().removesuffix("s"), term_class) for surface, term_class in trusted.surfaces
    )
    names = read_names(source / "lexicon/en") | _names_in_labels(arguments.ontology)
    words = Words(frozenset(read_common()), names, heads)
    taken: set[str] = set()
    built = "lexicons/build/wide_english.py"

    def write(stem: str, head: TableHead, rows: Iterator[Row]) -> None:
        fresh = (row for row in (trusted.new(row, taken) for row in rows) if row is not None)
        write_table(stem, head, fresh, tier="wide")

    unii = (
        "FDA UNII official and brand names of substances that MedlinePlus, the NHS or Health Canada list "
        "(contains information licensed under the Open Government Licence - Canada)"
    )
    head = TableHead("Drugs, generic and brand", "en", unii, "US public domain; OGL-Canada-2.0", "2026-04", built)
    write("wide_drugs_unii", head, _drugs(source / "lexicon/en", words))
    head = TableHead("Names of diseases", "en", "Disease Ontology exact synonyms", "CC0-1.0", "2026-08", built)
    write("wide_diseases_do", head, _synonyms(arguments.ontology, words))
    icd = "ICD-10-CM titles and inclusion terms, NCHS/CMS"
    head = TableHead("Longer names of diseases", "en", icd, "US public domain", "2026-04", built)
    write("wide_diseases_icd10cm", head, _icd(source / "lexicon/en", words))
    reports = (
        "mentions annotated in MACCROBAT2020 (Caufield et al.) and BC5CDR (Li et al.), CC BY 4.0, reduced to a list"
    )
    head = TableHead("Terms of case reports", "en", reports, "CC-BY-4.0", "2020", built)
    write("wide_case_reports", head, _case_reports(source / "ner/en", words))
    corpora = "mentions annotated in the NCBI disease corpus (public domain) and PHEE (MIT)"
    head = TableHead("Terms of abstracts", "en", corpora, "public domain; MIT", "2022", built)
    write("wide_abstracts", head, _abstracts(source / "ner/en", words))


def _names_in_labels(folder: Path) -> frozenset[str]:
    """The ontology writes its labels small but for names."""
    labels = {
        line[6:]
        for path in folder.glob("*.obo")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line.startswith("name: ")
    }
    said = {word for label in labels for word in re.findall(r"[A-Za-z][A-Za-z'\-]+", label)}
    return frozenset(word.removesuffix("'s") for word in said if word[0].isupper() and word.lower() not in said)


def _drugs(source: Path, words: Words) -> Iterator[Row]:
    lists = json.loads((source / "drug_ner/drug_ner_dictionary.json").read_text(encoding="utf-8"))
    listed = {
        _base(name.split(" (")[0])
        for name, facts in lists["drug_canonical_to_data"].items()
        if {"medline_plus_id", "nhs_url"} & facts.keys()
    }
    sold = {
        line
        for line in (source / "medwer/medical_terms.txt").read_text(encoding="utf-8").split("\n")
        if line[:1] != "#"
    }
    with gzip.open(source / "fda_unii/UNII_Names_official_brand.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = [
            (row["Name"].lower(), row["TYPE"], row["Display Name"].lower())
            for row in csv.DictReader(lines, delimiter="\t")
        ]
    official = {name for name, kind, _ in rows if kind == "of"}
    listed |= {_base(name) for name in sold & official}
    for name, kind, display in rows:
        if (
            not DRUG.fullmatch(name)
            or NOT_A_DRUG.search(name)
            or name in EVERYDAY_BRANDS
            or _base(display) not in listed
        ):
            continue
        if all(word in words.common for word in re.split("[ -]", name)):
            continue
        if kind == "of" and (" " not in name or name in sold):  # a salt that is sold nowhere is not prescribed
            yield Row(name, "drug", 0.4)
        elif kind == "of":
            continue
        elif name in sold or name in lists["drug_variant_to_canonical"]:
            yield Row(name.title(), "drug", 0.4, _base(display))


def _base(name: str) -> str:
    """The substance without its salts."""
    while (shorter := SALTS.sub("", name)) != name:
        name = shorter
    return (
        re.sub(r"-[a-z]{4}$", "", name)
        if name.endswith(tuple("abcdefghijklmnopqrstuvwxyz")) and "mab-" in name
        else name
    )


def _synonyms(folder: Path, words: Words) -> Iterator[Row]:
    """Labels' other names; what is rare and genetic is said by geneticists, in few words."""
    seen: set[tuple[str, str]] = set()
    for path in sorted(folder.glob("*.obo")):
        label = ""
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("name: "):
                label = line[6:].strip()
            elif (match := re.fullmatch(r'synonym: "(.+?)" EXACT.*', line)) and (label, match[1]) not in seen:
                seen.add((label, match[1]))
                form = _phrase(match[1].replace("(disorder)", "").replace("[Ambiguous]", "").strip(), words)
                if form and form.count(" ") < 4 and len(_GENETIC.findall(form)) < 2 and " with " not in form:
                    concept = _phrase(label, words)
                    yield Row(form, "disease", 0.2, "" if concept == form else concept)


def _icd(source: Path, words: Words) -> Iterator[Row]:
    for code, title in read_titles(source):
        term_class = CHAPTER_CLASS.get(code[:1])
        if term_class is None or "-" in code:
            continue
        form = _phrase(re.sub(r"\[[^]]*\]|\([^)]*\)", "", title).replace("  ", " ").strip(), words)
        if form:
            yield Row(form, term_class, 0.3)


def _phrase(title: str, words: Words) -> str:
    """`title` as it would be said, or nothing where nobody says it."""
    title = title.replace("\u2019", "'").strip()
    if not _PHRASE.fullmatch(title) or _RESIDUE.search(title) or len(title) < 5:
        return ""
    said = title.split(" ")
    if any((word.isupper() and len(word) > 5) or re.search(r"[a-z][A-Z]", word) for word in said):
        return ""
    if len(said) == 1 and (said[0].isupper() or not DISEASE_WORD.search(title.lower())):
        return ""
    if any(len(word) == 1 and not word.isupper() for word in said) or title.endswith(
        (" of", " with", " and", " in", " the")
    ):
        return ""
    if all(word.lower() in words.common and len(word) < 6 for word in said) or title.count("-") > 2 or len(said) > 5:
        return ""
    return sentence_case(title, words.names)


def _case_reports(source: Path, words: Words) -> Iterator[Row]:
    counts: Counter[tuple[str, str]] = Counter()
    for path in sorted((source / "maccrobat2020").glob("*.ann")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            match = re.match(r"T\d+\t(\S+) [^\t]*\t(.*)", line)
            if match and match[1] in _LABELS:
                counts[match[2].strip(), _LABELS[match[1]]] += 1
    counts.update({key: n for key, n in _marked(source / "BC5CDR-IOB").items() if key[1] == "disease"})
    yield from _mentions(counts, words)


def _abstracts(source: Path, words: Words) -> Iterator[Row]:
    counts = _marked(source / "NCBI-disease-IOB")
    for name in ("train", "dev"):
        for line in (source / f"phee/{name}.json").read_text(encoding="utf-8").split("\n"):
            for annotation in json.loads(line)["annotations"] if line.strip() else ():
                for event in annotation["events"]:
                    for texts in event.get("Effect", {}).get("text", ()):
                        counts.update((text.strip(), "disease") for text in texts)
    yield from _mentions(counts, words)


def _marked(folder: Path) -> Counter[tuple[str, str]]:
    """Mentions of an IOB corpus by class."""
    counts: Counter[tuple[str, str]] = Counter()
    for name in ("train", "devel"):
        marked: list[str] = []
        label = ""
        for line in (folder / f"{name}.tsv").read_text(encoding="utf-8").split("\n"):
            cells = line.split("\t")
            tag = cells[-1] if len(cells) > 1 else "O"
            if marked and not tag.startswith("I"):
                counts[re.sub(r" ?([-']) ?", r"\1", " ".join(marked)), label] += 1
                marked = []
            if tag.startswith("B"):
                marked, label = [cells[0]], tag[2:].lower()
            elif tag.startswith("I"):
                marked.append(cells[0])
    return counts


def _mentions(counts: Counter[tuple[str, str]], words: Words) -> Iterator[Row]:
    """Mentions that end in a word that ends a trusted term of their class, or that were marked three times."""
    for (text, term_class), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        text = text.replace("\u2019", "'")
        if not re.fullmatch(r"[A-Za-z][A-Za-z'\-]+(?: [A-Za-z'\-]+){0,4}", text) or _NO_TERM.search(text):
            continue
        said = text.split(" ")
        if any(len(word) < 3 and word != "of" for word in said) or text.isupper():
            continue
        if len(said) == 1 and (
            text.lower() in words.common or (term_class != "drug" and not DISEASE_WORD.search(text.lower()))
        ):
            continue
        if all(word.lower() in words.common and len(word) < 5 for word in said):
            continue
        if len(said) > 1 and count < 3 and (said[-1].lower().removesuffix("s"), term_class) not in words.heads:
            continue
        yield Row(sentence_case(text, words.names), term_class, 0.3)


if __name__ == "__main__":
    main()
