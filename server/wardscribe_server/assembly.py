"""Builds the server's parts from its settings: the one place that picks an engine, a lexicon and a catalog."""

import gc
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from wardscribe_lexicons import Lexicon, LexiconError
from wardscribe_models.errors import ModelsError
from wardscribe_models.store import ModelStore
from wardscribe_protocol.errors import ErrorCode, InputError
from wardscribe_protocol.messages import Context
from wardscribe_protocol.record import Language, Record
from wardscribe_server.catalog import Catalog, Template, TemplateError, UnknownTemplate, load_catalog
from wardscribe_server.config import ServerSettings
from wardscribe_server.engines.base import Recogniser, SpeechDetector, Tagger
from wardscribe_server.engines.plan import EnginePlan, device_for, plan_for
from wardscribe_server.lexicon.correction import Corrector
from wardscribe_server.lexicon.correctors import corrector_for
from wardscribe_server.lexicon.local_terms import BuiltOver, LocalLexicons
from wardscribe_server.pipeline.compose import Composer
from wardscribe_server.pipeline.endpoint import EndpointSettings
from wardscribe_server.pipeline.flow import FlowSettings
from wardscribe_server.pipeline.rounds import RoundComposer
from wardscribe_server.pipeline.understanding import tagged
from wardscribe_server.pipeline.understanding.report import render_text
from wardscribe_server.pipeline.understanding.understand import Understander
from wardscribe_server.pipeline.writing.book_files import BookError
from wardscribe_server.pipeline.writing.habits import WritingHabits, load_habits
from wardscribe_server.records.building import open_database
from wardscribe_server.records.layout import addenda_text
from wardscribe_server.records.ledger import Ledger
from wardscribe_server.retention.rules import ReportStates
from wardscribe_server.vault.vault import Vault, open_vault


class Readers:
    """Everything between words and records, shared by all sessions: loaded once a language, and anew for a site or a
    user whose tables of terms have changed.

    `tagger` is asked in place of one of its own, which is loaded when it is first needed.

    Raises: InputError when a template or a table of terms cannot be used.
    """

    def __init__(self, settings: ServerSettings, *, tagger: tagged.Tagger | None = None) -> None:
        self._settings = settings
        self._tagger = tagger
        self._tagger_sought = tagger is not None
        if settings.site is not None and not settings.site.is_dir():
            raise InputError(f"{settings.site}: no such folder; --site names the folder of the site's own tables")
        try:
            self.catalog: Catalog = load_catalog(site=self._part("templates"))
        except TemplateError as error:
            raise InputError(str(error)) from error
        self._lexicons = LocalLexicons(settings.site)
        self._understanders: BuiltOver[Understander] = BuiltOver(self._understander_over)
        self._correctors: BuiltOver[Corrector] = BuiltOver(corrector_for)

    def warm(self) -> None:
        """Load every language now, and keep the collector from going through the tables again and again."""
        for language in Language:
            self.understander(language)
            self.corrector(language)
        if self.tagger is not None:
            self.tagger.tag([tagged.Sentence("No pneumothorax."), tagged.Sentence("未见气胸。")])
        gc.collect()
        gc.freeze()

    @property
    def tagger(self) -> tagged.Tagger | None:
        """What finds entities besides the rules; None where it is switched off or its weights are not here.

        Raises: InputError when it cannot be loaded.
        """
        if not self._tagger_sought:
            self._tagger = build_tagger(self._settings)
            self._tagger_sought = True
        return self._tagger

    def understander(self, language: Language, user: str | None = None) -> Understander:
        """The reader of one language, with the user's terms."""
        return self._understanders.of(self.lexicon(language, user))

    def corrector(self, language: Language, user: str | None = None) -> Corrector | None:
        """What puts recognised words of one language right; None when the lexicon is switched off."""
        return self._correctors.of(self.lexicon(language, user)) if self._settings.lexicon else None

    def lexicon(self, language: Language, user: str | None = None) -> Lexicon:
        """All terms in force: the user's over the site's over the shipped ones.

        Raises: InputError when a table of terms cannot be used.
        """
        try:
            return self._lexicons.lexicon(language.value, user or self._settings.user)
        except LexiconError as error:
            raise InputError(str(error)) from error

    def template(self, name: str) -> Template:
        """One template of the catalog.

        Raises: InputError (`unknown_template`).
        """
        try:
            return self.catalog.template(name)
        except UnknownTemplate as error:
            raise InputError(str(error), code=ErrorCode.UNKNOWN_TEMPLATE) from None

    def composer(
        self,
        *,
        template: str,
        language: Language,
        recognised: bool,
        user: str | None = None,
        context: Context | None = None,
    ) -> Composer:
        """A composer for one dictation; `recognised` words pass through the lexicon, typed ones do not.

        Raises: InputError: `unknown_template`, or the user's files cannot be used.
        """
        spec = self.template(template)
        chosen = habits(self._settings, user)
        understander = self.understander(language, user)
        corrector = self.corrector(language, user) if recognised else None
        tags = tagged.TagMemory(self.tagger)

        def make() -> Composer:
            return Composer(
                understander,
                template=template,
                language=language,
                habits=chosen,
                corrector=corrector,
                context=context,
                tags=tags,
            )

        return RoundComposer(make) if spec.per_patient else make()

    def _part(self, name: str) -> Path | None:
        """One folder of the site's, where there is one."""
        folder = self._settings.site / name if self._settings.site is not None else None
        return folder if folder is not None and folder.is_dir() else None

    def _understander_over(self, lexicon: Lexicon) -> Understander:
        return Understander(catalog=self.catalog, lexicon=lexicon, language=Language(lexicon.language))


def habits(settings: ServerSettings, user: str | None = None) -> WritingHabits:
    """Macros, commands and writing options of the site and of one user, read anew: a change needs no restart.

    Raises: InputError when a file of them cannot be used.
    """
    try:
        return load_habits(settings.site, user or settings.user)
    except BookError as error:
        raise InputError(str(error)) from error


def report_states(settings: ServerSettings) -> ReportStates:
    """Which reports are kept apart from their sessions.

    Raises: InputError when the database cannot be opened.
    """
    return Ledger(open_database(settings))


def report_layout(readers: Readers) -> Callable[[Record], str]:
    """How a record is laid out as text, in the words of its template."""
    return lambda record: render_text(record, readers.template(record.template)) + addenda_text(record)


def build_recogniser(settings: ServerSettings) -> Recogniser:
    """The recogniser that the settings name.

    Raises: InputError when the model is unknown, not fetched or cannot be loaded.
    """
    from wardscribe_server.engines.whisper import WhisperRecogniser

    plan = engine_plan(settings)
    try:
        folder = ModelStore(settings.models_dir).locate(settings.model)
    except ModelsError as error:
        raise InputError(str(error)) from error
    return WhisperRecogniser(
        folder,
        name=settings.model,
        device=settings.device,
        compute_type=settings.compute_type,
        threads=plan.threads,
        workers=plan.workers,
        max_batch=plan.max_batch,
    )


def build_tagger(settings: ServerSettings) -> Tagger | None:
    """The tagger that the settings name; None where it is switched off, or none is shipped.

    Raises: InputError when it cannot be loaded.
    """
    folder = tagger_folder(settings)
    if folder is None:
        return None
    from wardscribe_server.engines.tagger import OnnxTagger

    return OnnxTagger(folder, device=device_for(settings.device), threads=engine_plan(settings).threads)


def tagger_folder(settings: ServerSettings) -> Path | None:
    """Where the tagger is that the settings name; None where it is switched off, or none is shipped.

    Raises: InputError when the settings name a folder that is not there.
    """
    if not settings.tagger:
        return None
    if settings.tagger_folder is not None:
        if not settings.tagger_folder.is_dir():
            raise InputError(f"{settings.tagger_folder}: no such folder; WARDSCRIBE_TAGGER_FOLDER names the tagger's")
        return settings.tagger_folder
    shipped = Path(str(files("wardscribe_models") / "tagger"))
    return shipped if shipped.is_dir() else None


def flow_settings(settings: ServerSettings) -> FlowSettings:
    """How a dictation is cut."""
    cut = EndpointSettings(min_silence_ms=settings.pause_ms)
    if not settings.hear_again:
        return FlowSettings(endpoint=cut, verify=False, together_ms=0)
    return FlowSettings(endpoint=cut)


def engine_plan(settings: ServerSettings) -> EnginePlan:
    """Workers, threads and batch size: as set, or chosen from the machine."""
    return plan_for(
        device_for(settings.device), workers=settings.workers, threads=settings.threads, max_batch=settings.batch
    )


def build_vault(settings: ServerSettings) -> Vault:
    """The keys of the data folder; made at its first start.

    Raises: KeyRefusedError.
    """
    return open_vault(settings.data, key_source=settings.key_source, master_key=settings.master_key)


def build_detector() -> SpeechDetector:
    """The speech detector that ships with the product."""
    from wardscribe_server.engines.silero import SileroDetector

    return SileroDetector()
