"""What all tests share: synthetic sound, places to write to, weights, an environment without the user's settings."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from wardscribe_models.store import ModelStore
from wardscribe_server.config import ServerSettings

Signal = npt.NDArray[np.float32]  # [n_samples], -1..1

# Where the weights are is the machine's business, so this one setting stays.
_KEPT = "WARDSCRIBE_MODELS_DIR"
_DICTATIONS = Path(__file__).parent / "dictations"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For the whole run: fixtures of a module start servers before the first fixture of a test."""
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            if name.upper().startswith("WARDSCRIBE_") and name != _KEPT:
                patched.delenv(name)
        # Tests make their own master key; the user's is neither used nor made.
        patched.setenv("WARDSCRIBE_KEY_SOURCE", f"file:{tmp_path_factory.getbasetemp() / 'keys' / 'master.key'}")
        patched.setenv("WARDSCRIBE_SPOOL", str(tmp_path_factory.getbasetemp() / "spool"))
        yield


@pytest.fixture(scope="session")
def tone() -> Callable[..., Signal]:
    """A sine at a quarter of full scale, unless told otherwise."""

    def make(seconds: float, *, hz: float = 440.0, rate: int = 16_000, level: float = 0.25) -> Signal:
        time = np.arange(round(seconds * rate)) / rate
        return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def noise() -> Callable[..., Signal]:
    """White noise, the same every time."""

    def make(seconds: float, *, rate: int = 16_000, level: float = 0.1) -> Signal:
        generator = np.random.default_rng(20_261_123)
        return (level * generator.standard_normal(round(seconds * rate))).clip(-1, 1).astype(np.float32)

    return make


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def dictations() -> Path:
    """The folder with the project's own two dictations and their texts."""
    return _DICTATIONS


@pytest.fixture(scope="session")
def base_weights() -> Path:
    """The folder with the weights of Whisper `base`; `scripts/setup` brings them."""
    return ModelStore(ServerSettings().models_dir).locate("base")
