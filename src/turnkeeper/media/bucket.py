"""Files in an S3-compatible bucket, through obstore (extra `s3`), which is imported at the first use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from turnkeeper.media.base import CHUNK, FileGone, Place
from turnkeeper.model.errors import ConfigurationError, MediaUnavailable

_PART = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2
"""Parts of one file that are in memory and on their way at the same time."""


@dataclass(frozen=True, slots=True)
class BucketConfig:
    """`url` is `s3://bucket/prefix`; empty keys: whatever the machine's environment or role gives."""

    url: str
    endpoint: str = ""
    region: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)

    def options(self) -> dict[str, str]:
        """The settings that are given, by obstore's names."""
        named = {
            "endpoint": self.endpoint,
            "region": self.region or "us-east-1",
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
        }
        return {name: value for name, value in named.items() if value}


class BucketStore:
    """The MediaStore on a bucket. `store`: an obstore store of another kind, for tests."""

    def __init__(self, config: BucketConfig, store: Any = None) -> None:
        self._config = config
        self._opened = store

    def _store(self) -> Any:
        if self._opened is None:
            try:
                from obstore.store import S3Store
            except ImportError:
                raise ConfigurationError(
                    "media.url", "a bucket needs the package obstore", 'Install "turnkeeper[s3]".'
                ) from None
            plain = self._config.endpoint.startswith("http://")
            self._opened = S3Store.from_url(
                self._config.url,
                config=self._config.options(),  # type: ignore[arg-type]
                client_options={"allow_http": plain, "timeout": "10m", "connect_timeout": "5s"},
                retry_config={"max_retries": 3, "retry_timeout": _minute()},
            )
        return self._opened

    async def put(self, place: Place, file: Path) -> None:
        """Upload it, in parts if it is large; raises MediaUnavailable."""
        import obstore

        if await self.size(place) is not None:
            return
        try:
            await obstore.put_async(self._store(), place.path, file, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise MediaUnavailable(_told("keep the file", error)) from error

    async def read(self, place: Place, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes in chunks; raises FileGone."""
        import obstore

        try:
            found = await obstore.get_async(self._store(), place.path, options=_range(start, end))
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield chunk
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            raise FileGone("the file is no longer kept") from None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise MediaUnavailable(_told("give the file", error)) from error

    async def size(self, place: Place) -> int | None:
        """Bytes; None if it is not there."""
        import obstore

        try:
            return int((await obstore.head_async(self._store(), place.path))["size"])
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise MediaUnavailable(_told("find the file", error)) from error

    async def local(self, place: Place) -> Path | None:  # noqa: ARG002 - the port's
        """Never on this machine."""
        return None

    async def delete(self, place: Place) -> None:
        """Delete it."""
        import obstore

        try:
            await obstore.delete_async(self._store(), place.path)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return
        except (obstore.exceptions.BaseError, OSError) as error:
            raise MediaUnavailable(_told("delete the file", error)) from error

    async def close(self) -> None:
        """The connections end with the store."""
        self._opened = None


def _range(start: int, end: int | None) -> Any:
    if end is not None:
        return {"range": (start, end)}
    return {"range": {"offset": start}} if start else None


def _minute() -> Any:
    from datetime import timedelta

    return timedelta(minutes=1)


def _told(what: str, error: Exception) -> str:
    """The kind of error only: the text may hold addresses with signatures."""
    return f"the bucket does not {what} ({type(error).__name__})"
