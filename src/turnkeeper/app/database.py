"""The database as commands use it: made and brought up to date, or opened for a look."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from turnkeeper import app
from turnkeeper.config import Settings
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable, TurnkeeperError
from turnkeeper.store.base import Ledger, Store


async def migrate_store(settings: Settings) -> list[str]:
    """Bring the database up to date; the names of what was applied."""
    _make_file(settings.database_url)
    async with reached(settings) as store:
        return await store.migrate()


def _make_file(url: str) -> None:
    """Make a SQLite database's file, nobody else's to read: what people write will be in it."""
    if not url.startswith(app.SQLITE):
        return
    path = Path(url.removeprefix(app.SQLITE))
    mend = "Name a file in a folder that this user may write to."
    if path.is_dir():
        raise ConfigurationError("database.url", f"{path} is a folder", mend)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.touch(0o600, exist_ok=False)
    except OSError as error:
        raise ConfigurationError("database.url", f"{path} cannot be made ({error.strerror})", mend) from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store; raises what opening it raises."""
    store = app.open_store(settings.database_url, settings.directory())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Store]:
    """The store; where it is away, StoreUnavailable names the key and the mend."""
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(opened(settings))
        except StoreUnavailable as error:
            file = settings.database_url.startswith(app.SQLITE)
            mend = "this user may read and write it" if file else "the database runs and lets this user in"
            raise StoreUnavailable(f"database.url: {error}. Check that {mend}.") from error
        yield store


@asynccontextmanager
async def existing(settings: Settings) -> AsyncIterator[Store]:
    """The store, for a command that makes none; raises StoreError where there is none or it has no tables."""
    url = settings.database_url
    if url.startswith(app.SQLITE) and not Path(url.removeprefix(app.SQLITE)).exists():  # noqa: ASYNC240
        raise StoreUnavailable(
            f"{url.removeprefix(app.SQLITE)}: there is no database yet. Run `turnkeeper serve`, which makes it."
        )
    async with reached(settings) as store:
        try:
            yield store
        except TurnkeeperError:
            raise
        except Exception as error:  # noqa: BLE001 - each driver has its own word for a missing table
            raise StoreUnavailable(f"{error}. Run `turnkeeper migrate`, which makes the tables.") from None


async def read_ledger(settings: Settings) -> Ledger:
    """Where every event stands; raises StoreError when nothing has been kept yet."""
    async with existing(settings) as store:
        return await store.ledger()
