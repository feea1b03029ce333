"""An IHE MRRT report template as it stands in its HTML file: sections, inputs, codes.

MRRT (IHE Radiology Technical Framework, Management of Radiology Report Templates) is HTML5 with `data-field-*`
attributes and, in a script element, XML with codes. Owns reading that, from text that may be hostile: bounded, without
entities of the file's own, without fetching anything. Must not know our templates.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from wardscribe_server.catalog.template import TemplateError

MAX_BYTES = 1 << 20
_MAX_INPUTS, _MAX_SECTIONS, _MAX_OPTIONS, _MAX_DEPTH = 500, 200, 200, 64
_MAX_TEXT = 4000
_PROSE = 12  # characters outside any label: a colon is no prose, a sentence is
_TRACKED = frozenset(("section", "header", "label", "select", "option", "textarea", "script", "title", "style"))


@dataclass(slots=True)
class Input:
    """An input of the form: `kind` is text, textarea, number, select, checkbox, radio, date, time or merge."""

    kind: str
    line: int
    element_id: str
    name: str
    title: str
    value: str
    unit: str
    action: str  # NONE, ALERT or PROHIBIT when it is left empty at signing
    multiple: bool
    has_default: bool
    section: int
    label: str = ""
    options: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a code system and the element that it is about."""

    about: str
    scheme: str
    value: str


@dataclass(slots=True)
class Part:
    """A section of the form."""

    element_id: str
    name: str
    line: int


@dataclass(slots=True)
class Document:
    """What the file holds."""

    title: str = ""
    language: str = ""
    creator: str = ""
    licence: str = ""
    sections: list[Part] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    default_text: bool = False


def read_document(text: str, *, name: str) -> Document:
    """The form in `text`; `name` is the file's, for errors.

    Raises:
        TemplateError: it is no MRRT template, or larger than any real one.
    """
    lowered = text.casefold()
    if "<!entity" in lowered:
        raise TemplateError(f"{name}:{_line(lowered, '<!entity')}: entity declarations are not read: remove them")
    reader = _FormReader(name)
    reader.feed(text)
    reader.close()
    found = reader.document
    for code_text in reader.scripts:
        codes = _CodeReader()
        codes.feed(code_text)
        codes.close()
        found.codes += codes.codes[:_MAX_INPUTS]
    for item in found.inputs:
        item.label = item.label or reader.labels.get(item.element_id, "") or item.title
    if not found.sections and not found.inputs:
        raise TemplateError(f"{name}:1: no section and no input: this is no MRRT report template")
    return found


def _line(text: str, fragment: str) -> int:
    return text.count("\n", 0, text.find(fragment)) + 1


class _FormReader(HTMLParser):
    """Collects sections and inputs in document order."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self.labels: dict[str, str] = {}
        self.scripts: list[str] = []
        self._file = name
        self._open: list[str] = []
        self._inside: list[int] = []  # sections that are open, by their place in the document
        self._said = ""
        self._label_for = ""
        self._label_inputs = 0
        self._input: Input | None = None
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        given = {key: (value or "").strip()[:_MAX_TEXT] for key, value in attrs}
        if tag == "option" and self._open[-1:] == ["option"]:
            self.handle_endtag("option")  # HTML lets its end be left out
        if tag in _TRACKED:
            self._open.append(tag)
            if len(self._open) > _MAX_DEPTH:
                raise self._refused(f"more than {_MAX_DEPTH} elements inside each other")
        match tag:
            case "meta":
                self._meta(given)
            case "script":
                self._in_script = given.get("type", "").casefold() in ("text/xml", "application/xml")
                self._said = ""
            case "section":
                self._section(given)
            case "title" | "header" | "option":
                self._said = ""
            case "label":
                self._said, self._label_for = "", given.get("for", "")
                self._label_inputs = len(self.document.inputs)
            case "input" | "select" | "textarea":
                self._take(tag, given)
            case _:
                pass
        if tag == "option" and "selected" in given and self._input is not None:
            self._input.has_default = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element closed at once."""
        self.handle_starttag(tag, attrs)
        if tag in _TRACKED:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element; what was left open inside it is closed with it."""
        if tag not in self._open:
            return
        if tag == "select" and self._open[-1] == "option":
            self.handle_endtag("option")
        while self._open and self._open.pop() != tag:
            pass
        said = " ".join(self._said.split())[:_MAX_TEXT]
        match tag:
            case "script":
                if self._in_script:
                    self.scripts.append(self._said)
                self._in_script = False
            case "title":
                self.document.title = self.document.title or said
            case "section":
                self._inside = self._inside[:-1]
            case "header" if self._inside:
                part = self.document.sections[self._inside[-1]]
                part.name = part.name or said
            case "label":
                self._labelled(said)
            case "option" if self._input is not None and said:
                self._input.options.append(said)
                if len(self._input.options) > _MAX_OPTIONS:
                    raise self._refused(f"more than {_MAX_OPTIONS} options")
            case "select":
                self._input = None
            case "textarea" if self._input is not None:
                self._input.has_default = bool(said)
                self._input = None
            case _:
                return
        self._said = ""

    def handle_data(self, data: str) -> None:
        """Text; of prose only that it is there counts, because a default is nobody's finding."""
        self._said += data if self._in_script else data[:_MAX_TEXT]
        if len(data.strip()) > _PROSE and self._open[-1:] == ["section"]:
            self.document.default_text = True

    def _meta(self, given: dict[str, str]) -> None:
        content = given.get("content", "")
        match given.get("name", "").casefold():
            case "dcterms.title":
                self.document.title = content or self.document.title
            case "dcterms.language":
                self.document.language = content.casefold()[:2]
            case "dcterms.creator" | "dcterms.publisher":
                self.document.creator = self.document.creator or content
            case "dcterms.license" | "dcterms.rights":
                self.document.licence = self.document.licence or content
            case _:
                pass

    def _section(self, given: dict[str, str]) -> None:
        if len(self.document.sections) >= _MAX_SECTIONS:
            raise self._refused(f"more than {_MAX_SECTIONS} sections")
        self._inside.append(len(self.document.sections))
        part = Part(given.get("id", ""), given.get("data-section-name", ""), self.getpos()[0])
        self.document.sections.append(part)
        self._said = ""

    def _take(self, tag: str, given: dict[str, str]) -> None:
        if len(self.document.inputs) >= _MAX_INPUTS:
            raise self._refused(f"more than {_MAX_INPUTS} inputs")
        kind = given.get("type", "text").casefold() if tag == "input" else tag
        if given.get("data-field-type", "").casefold() == "merge" or kind in ("hidden", "submit", "button", "reset"):
            kind = "merge"
        item = Input(
            kind=kind,
            line=self.getpos()[0],
            element_id=given.get("id", ""),
            name=given.get("name", ""),
            title=given.get("title", ""),
            value=given.get("value", ""),
            unit=given.get("data-field-units", ""),
            action=given.get("data-field-completion-action", "NONE").upper(),
            multiple="multiple" in given,
            has_default="checked" in given
            or (tag == "input" and kind in ("text", "number") and bool(given.get("value"))),
            section=self._inside[-1] if self._inside else -1,
        )
        self.document.inputs.append(item)
        self._input = item if tag in ("select", "textarea") else None
        if tag == "textarea":
            self._said = ""

    def _labelled(self, said: str) -> None:
        """A label names the input that it is for, else the one inside it."""
        if self._label_for:
            self.labels[self._label_for] = said
        elif len(self.document.inputs) == self._label_inputs + 1:
            self.document.inputs[-1].label = said

    def _refused(self, why: str) -> TemplateError:
        return TemplateError(f"{self._file}:{self.getpos()[0]}: {why}: too large for a report template")


class _CodeReader(HTMLParser):
    """Codes of the XML in the script, read as loose markup: no entity is ever expanded."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.codes: list[Code] = []
        self._about = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element that codes are about; take codes."""
        given = {key: (value or "").strip()[:200] for key, value in attrs}
        if tag == "entry":
            self._about = given.get("origtxt", "")
        elif tag == "code" and given.get("value"):
            self.codes.append(Code(self._about, given.get("scheme", "").upper(), given["value"]))

    def handle_endtag(self, tag: str) -> None:
        """Codes after an entry are about the template."""
        if tag == "entry":
            self._about = ""
