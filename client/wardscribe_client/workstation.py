"""This workstation: which server it uses and as whom, from the environment first and the person's preferences next."""

from pathlib import Path
from typing import Final, Self

from pydantic import SecretStr

from wardscribe_client.address import ServerAddress, server_address
from wardscribe_client.config import ClientSettings
from wardscribe_client.credentials import Credentials
from wardscribe_client.preferences import Preferences, load_preferences, store_preferences
from wardscribe_client.token_store import TokenStore, system_keyring

BUTTONS_FILE: Final = "buttons.toml"


class Workstation:
    """Preferences, tokens and the settings over them."""

    def __init__(self, settings: ClientSettings, *, tokens: TokenStore) -> None:
        self._settings = settings
        self._tokens = tokens
        self._preferences = load_preferences(settings.config_dir)

    @classmethod
    def of(cls, settings: ClientSettings) -> Self:
        """As the settings say, with the system's keyring where there is one.

        Raises: InputError when what was stored cannot be read.
        """
        keyring = system_keyring() if settings.keyring else None
        return cls(settings, tokens=TokenStore(settings.config_dir, keyring=keyring))

    @property
    def folder(self) -> Path:
        """Where the person's files are."""
        return self._settings.config_dir

    @property
    def preferences(self) -> Preferences:
        """As they were stored last."""
        return self._preferences

    @property
    def tokens(self) -> TokenStore:
        """Where access tokens are kept."""
        return self._tokens

    @property
    def server_is_set_outside(self) -> bool:
        """Whether the environment names the server, so that the preferences do not count."""
        return "url" in self._settings.model_fields_set

    @property
    def buttons_path(self) -> Path:
        """The person's own map of buttons and pedals; it need not be there."""
        return self._settings.buttons or self.folder / BUTTONS_FILE

    def store(self, preferences: Preferences) -> None:
        """Keep preferences.

        Raises: InputError when they cannot be written.
        """
        store_preferences(self.folder, preferences)
        self._preferences = preferences

    def server(self) -> ServerAddress | None:
        """The server; None before the first start is over.

        Raises: InputError when the address cannot be read.
        """
        named = self._settings.url if self.server_is_set_outside else self._preferences.server
        return server_address(named) if named else None

    def credentials(self, server: ServerAddress) -> Credentials:
        """What is shown to a server.

        Raises: InputError when what is kept cannot be read.
        """
        settings = self._settings
        token = settings.token
        if token is None and settings.token_file is None:
            token = self._tokens.token(server)
        return self._credentials(token, settings.token_file)

    def credentials_with(self, token: SecretStr | None, preferences: Preferences) -> Credentials:
        """What would be shown with another token and other preferences, to try them out."""
        return Credentials(token=token, ca=preferences.ca, allow_plain=preferences.allow_plain)

    def _credentials(self, token: SecretStr | None, token_file: Path | None) -> Credentials:
        settings, preferences = self._settings, self._preferences
        return Credentials(
            token=token,
            token_file=token_file,
            ca=settings.ca or preferences.ca,
            allow_plain=settings.allow_plain or preferences.allow_plain,
        )
