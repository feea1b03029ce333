"""What people and hospitals put on the disk as targets: terms, templates, macros, commands, manifests, records.

Every file is either used or turned down with the part's own error, one line. Owns a scratch folder, nothing else.
"""

import io
import tomllib
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path

from fuzzing.mutations import Mutator
from fuzzing.targets import Broken, Change, Target, as_bytes, changed_bytes, text_changer
from fuzzing.wire_targets import changed_json
from wardscribe_cli import check, lines
from wardscribe_lexicons import Lexicon, LexiconError, check_table, load
from wardscribe_lexicons.tables import read_local
from wardscribe_models.errors import ManifestError
from wardscribe_models.ledger import LEDGER, read_ledger
from wardscribe_models.manifest import load_manifest
from wardscribe_protocol.errors import InputError
from wardscribe_protocol.record import Language
from wardscribe_server.catalog import Catalog, TemplateError
from wardscribe_server.catalog.load import read_template
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.understanding.report import render_text
from wardscribe_server.pipeline.understanding.understand import Understander
from wardscribe_server.pipeline.values import words_from_text
from wardscribe_server.pipeline.writing.book_files import BookError
from wardscribe_server.pipeline.writing.habits import load_habits
from wardscribe_server.pipeline.writing.written_form import write

_TOML = (
    *("[[", "]]", "= ", "'''", '"""', "{", "}", "[" * 3000, "{a=" * 3000, "1979-05-27", "25:61:61"),
    *("inf", "nan", "\\u"),
    *("9" * 5000, "0x" + "f" * 5000, "true", "# ", "\n", "a.b.c", '"\\ud800"', "1e999", "-0", "[macro]", "[[field]]"),
)
_TSV = ("\t", "\t" * 9, "|", "||", "#", "\n", "\r", "nan", "inf", "-0", "1e400", "exact", "disease", "\ufeff")
_FORMS = ("{phrase}", "{words}", "[the]", "(a|b)", "[[[", "((", "{text}", "{count}", "*", "+?", "(a|a)", "[a [b [c]]]")
_TERMS = """preferred\tclass\tvariants\tspecialty\tweight\tconcept\tcase\tpronounced
ground-glass opacity\tfinding\tGGO|ground glass\tradiology\t0.9\tC1\t\tgee gee oh
磨玻璃影\tfinding\t磨玻璃样影\t影像\t1\t\t\t
MRI\ttest\t\t\t0\t\texact\t
"""
_HEAD = """language = "en"
kind = "site"
source = "by hand"
licence = "CC0"
version = "1"
built = "by hand"
tier = "trusted"
"""
_TEMPLATE = """id = "short_note"
source = "by hand"
licence = "CC0"
loinc = "11506-3"
fhir = "DiagnosticReport"
opening = "history"
[labels]
en = "Short note"
zh = "简短记录"
[[sections]]
id = "history"
labels = { en = "History", zh = "病史" }
headings = { en = ["history"], zh = ["病史"] }
brief = true
[[sections]]
id = "findings"
labels = { en = "Findings", zh = "所见" }
headings = { en = ["findings", "on examination"], zh = ["所见"] }
[[fields]]
id = "findings"
kind = "findings"
section = "findings"
labels = { en = "Findings", zh = "所见" }
takes = ["finding", "disease"]
from_sections = ["findings"]
required = true
"""
_MACROS = """[[macro]]
name = "clear chest"
language = "en"
say = ["insert clear chest"]
templates = ["chest_xray"]
text = "The lungs are clear. [side] effusion."
[[macro]]
name = "心肺正常"
language = "zh"
normal_of = ["心肺"]
text = "心肺未见异常。"
"""
_COMMANDS = """[[command]]
language = "en"
action = "select"
say = ["pick [the] {phrase}", "mark (this|that) {phrase}"]
[[command]]
language = "zh"
action = "type"
say = ["打钩"]
value = "√"
[[without]]
language = "en"
say = ["scratch that"]
"""
_WRITING = """dates = "iso"
units = "words"
abbreviations = "capitals"
pressure_unit = "shown"
digits_from_ten = true
"""
_MANIFEST = """schema = "wardscribe.models/1"
default = "small"
[models.small]
title = "Small"
purpose = "recognition"
languages = ["en", "zh"]
licence = "MIT"
revision = "1"
digests = "reported"
files = [{ name = "model.bin", size = 10, sha256 = "DIGEST" }]
[[models.small.sources]]
kind = "hub"
repo = "somebody/small"
revision = "main"
[[models.small.sources]]
kind = "registry"
packages = [{ name = "parcel", version = "1.0" }]
members = { "model.bin" = [{ package = "parcel", path = "a/b" }] }
""".replace("DIGEST", "0" * 64)
_LEDGER = '{"revision": "1", "files": {"model.bin": {"sha256": "%s", "size": 10, "source": "hub"}}}' % ("0" * 64)
_RECORD = """{"schema":"wardscribe.record/1","template":"chest_xray","language":"en","state":"draft",
"transcript":{"raw":"small effusion","text":"Small effusion."},
"fields":{"findings":[{"finding":"effusion","presence":"present","laterality":"left","size_mm":[3,4]}],
"impression":["Right effusion."],"vitals":{"bp_systolic_mmhg":80,"bp_diastolic_mmhg":120,"temperature_c":45},
"allergies":[{"substance":"penicillin","presence":"present"}],
"prescriptions":[{"drug":"penicillin V","action":"start"}],
"diagnoses":[{"problem":"hernia","presence":"present","laterality":"left"}],
"exam":[{"finding":"hernia","presence":"present","laterality":"right"}],"patient":{"age_years":200}},
"evidence":{"/fields/impression/0":{"text":"x","chars":[0,1],"audio_ms":[0,5],"confidence":0.5,"source":"dictated"}},
"checks":[{"code":"c","severity":"warning","path":"/fields","message":"m"}]}"""
_SAID = {
    Language.EN: "mark this effusion | insert clear chest | on March 4, 2026 5 mg b.i.d. | pick the effusion",
    Language.ZH: "打钩 | 插入心肺正常 | 血压120/80毫米汞柱",
}


def targets(folder: Path) -> list[Target]:
    """All of them; `folder` takes the files."""
    toml, forms = _toml_changer(_TOML), _toml_changer(_TOML + _FORMS)
    return [
        Target("lexicon_table", [as_bytes(_TERMS)], _lexicon_table(_made(folder, "terms")), text_changer(_TSV)),
        Target("lexicon_head", [as_bytes(_HEAD)], _lexicon_head(_made(folder, "head")), toml),
        Target("template", [as_bytes(_TEMPLATE)], _template(_made(folder, "templates")), toml),
        Target("macros", [as_bytes(_MACROS)], _habits(_made(folder, "a/macros"), "macros.toml"), toml),
        Target("commands", [as_bytes(_COMMANDS)], _habits(_made(folder, "b/commands"), "own.toml"), forms),
        Target("writing_options", [as_bytes(_WRITING)], _habits(_made(folder, "c/writing"), "own.toml"), toml),
        Target("manifest", [as_bytes(_MANIFEST)], _manifest(_made(folder, "manifest") / "manifest.toml"), toml),
        Target("ledger", [as_bytes(_LEDGER)], _ledger(_made(folder, "ledger")), changed_json),
        Target("record", [as_bytes(_RECORD)], _record(_made(folder, "record") / "record.json"), changed_json),
        Target("lines", [as_bytes(_TERMS)], _lines(_made(folder, "lines") / "said.txt"), changed_bytes),
    ]


def _toml_changer(tokens: Sequence[str]) -> Change:
    """Half of the changes are of what the file says, half of how it is written."""
    by_text = text_changer(tokens)

    def change(mutator: Mutator, data: bytes, others: Sequence[bytes]) -> bytes:
        if mutator.random.random() < 0.5:
            with suppress(ValueError, RecursionError):
                return as_bytes(mutator.toml(tomllib.loads(data.decode())))
        return by_text(mutator, data, others)

    return change


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True, exist_ok=True)
    return folder / name


def told(error: Exception) -> str:
    """What was said, without the parts that change with each input; it must be one line that can be printed."""
    said = str(error)
    if not said or "\n" in said or len(said) > 4000:
        raise Broken("an error is not one clear line")
    try:
        said.encode()
    except UnicodeEncodeError:
        raise Broken("an error cannot be printed") from None
    return f"refused {''.join(character for character in said.rpartition('/')[2] if character.isalpha())[:60]}"


def _lexicon_table(folder: Path) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        (folder / "terms.tsv").write_bytes(data)
        terms, problems = check_table(folder / "terms.tsv")
        for problem in problems:
            told(LexiconError(problem))
        try:
            found, _ = read_local(folder, "en")
        except LexiconError as error:
            if not problems:
                raise Broken("a table without problems is refused") from error
            return told(error)
        if problems:
            raise Broken("a table with problems is used")
        return f"used {min(len(found), 5)} {min(len(terms), 5)}"

    return judge


def _lexicon_head(folder: Path) -> Callable[[bytes], str]:
    (folder / "terms.tsv").write_text(_TERMS, encoding="utf-8")

    def judge(data: bytes) -> str:
        (folder / "terms.toml").write_bytes(data)
        check_table(folder / "terms.tsv")
        try:
            found, _ = read_local(folder, "en")
        except LexiconError as error:
            return told(error)
        return f"used {len(found)}"

    return judge


def _template(folder: Path) -> Callable[[bytes], str]:
    """The file is read, and where it is taken, a record is filled by it and printed."""

    def judge(data: bytes) -> str:
        (folder / "template.toml").write_bytes(data)
        try:
            template = read_template(folder / "template.toml")
        except TemplateError as error:
            return told(error)
        catalog = Catalog({template.id: template})
        for language, said in _SAID.items():
            understander = Understander(catalog=catalog, lexicon=_lexicon(language.value), language=language)
            composer = Composer(understander, template=template.id, language=language)
            record = composer.compose(words_from_text(said)).record
            render_text(record, template).encode()
        return f"used {len(template.fields)} {len(record.fields)} {len(record.checks)}"

    return judge


@cache
def _lexicon(language: str) -> Lexicon:
    return load(language)


def _habits(folder: Path, name: str) -> Callable[[bytes], str]:
    """The file is read, and where it is taken, dictation goes on with it."""

    def judge(data: bytes) -> str:
        (folder / name).write_bytes(data)
        try:
            habits = load_habits(folder.parent)
        except BookError as error:
            return told(error)
        for language, said in _SAID.items():
            write(
                words_from_text(said),
                language=language,
                macros=habits.macros.for_template("chest_xray"),
                commands=habits.commands,
                options=habits.options,
            )
        return f"used {len(habits.macros.macros)} {habits.options}"

    return judge


def _manifest(path: Path) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        path.write_bytes(data)
        try:
            return f"used {len(load_manifest(path).models)}"
        except ManifestError as error:
            return told(error)

    return judge


def _ledger(folder: Path) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        (folder / LEDGER).write_bytes(data)
        return f"used {len(read_ledger(folder, '1').files)}"

    return judge


def _record(path: Path) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        path.write_bytes(data)
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                code = check.run(Namespace(file=path, context=None))
        except InputError as error:
            return told(error)
        printed.getvalue().encode()
        return f"checked {code} {' '.join(sorted({line.split(chr(9))[1] for line in printed.getvalue().splitlines()}))}"

    return judge


def _lines(path: Path) -> Callable[[bytes], str]:
    def judge(data: bytes) -> str:
        path.write_bytes(data)
        try:
            return f"read {min(5, len(list(lines.read_lines(str(path)))))}"
        except InputError as error:
            return told(error)

    return judge
