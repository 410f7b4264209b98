"""A resource of Azure OpenAI: the same call under other addresses. The model is named by its deployment."""

from __future__ import annotations

from urllib.parse import quote

from turnkeeper.voice.openai import OpenAI

_V1 = "/openai/v1"


class Azure(OpenAI):
    """The v1 API is called like OpenAI's own; dated versions have each deployment under a path of its own."""

    @property
    def url(self) -> str:
        """Where notes are posted."""
        config = self.config
        resource = config.base_url.rstrip("/").removesuffix(_V1).removesuffix("/v1")
        if config.api_version in ("", "preview", "latest"):
            query = f"?api-version={config.api_version}" if config.api_version else ""
            return f"{resource}{_V1}/audio/transcriptions{query}"
        deployment = quote(config.model, safe="")
        return f"{resource}/openai/deployments/{deployment}/audio/transcriptions?api-version={config.api_version}"

    def headers(self) -> dict[str, str]:
        """With the resource's key."""
        return {"api-key": self.config.api_key, **self.config.headers}
