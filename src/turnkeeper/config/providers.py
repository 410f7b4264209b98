"""The settings of a provider of models, kind by kind, and the value that its adapter is given of them."""

from abc import abstractmethod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr

from turnkeeper.channels.keys import Address, Keys, Token
from turnkeeper.config.tools import read_headers
from turnkeeper.llm.providers.config import AzureConfig, CompatibleConfig, OpenAIConfig, ProviderConfig

Headers = Annotated[dict[str, SecretStr], BeforeValidator(read_headers)]


class ProviderKeys(Keys):
    """What every provider has."""

    kind: str
    api_key: Token = Field(min_length=1, description="The account's key.", examples=['"env:OPENAI_API_KEY"'])
    base_url: Address = Field(
        "",
        description="Another address than the provider's own: a proxy, a gateway.",
        examples=['"https://llm-proxy.example.com/v1"'],
    )
    headers: Headers = Field(
        {}, description="HTTP headers that go with each call.", examples=['{"X-Title" = "Our shop"}']
    )
    stream: bool = Field(
        False,
        description="true: answers are fetched piece by piece, for gateways that cut connections on which nothing "
        "moves. People get the whole answer either way.",
        examples=["false"],
    )

    @abstractmethod
    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings; `name` as the file calls the provider."""

    def _shared(self, name: str) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": name,
            "api_key": self.api_key.get_secret_value(),
            "base_url": self.base_url,
            "headers": {name: value.get_secret_value() for name, value in self.headers.items()},
            "stream": self.stream,
        }


class OpenRouterKeys(ProviderKeys):
    """Many providers' models under one account. Models are named as there: `router/openai/gpt-5-mini`."""

    kind: Literal["openrouter"] = Field(description="The provider.", examples=['"openrouter"'])
    api_key: Token = Field(min_length=1, description="The account's key.", examples=['"env:OPENROUTER_API_KEY"'])

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return ProviderConfig(**self._shared(name))


class OpenAIKeys(ProviderKeys):
    """OpenAI's chat completions."""

    kind: Literal["openai"] = Field(description="The provider.", examples=['"openai"'])
    organization: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]{0,100}$",
        description="The organization that pays, where the key has several.",
        examples=['"org-abc123"'],
    )
    project: str = Field(
        "", pattern=r"^[A-Za-z0-9_-]{0,100}$", description="The same of projects.", examples=['"proj_abc123"']
    )

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return OpenAIConfig(**self._shared(name), organization=self.organization, project=self.project)


class AzureKeys(ProviderKeys):
    """A resource of Azure OpenAI. Models are named by their deployments."""

    kind: Literal["azure"] = Field(description="The provider.", examples=['"azure"'])
    api_key: Token = Field(min_length=1, description="The resource's key.", examples=['"env:AZURE_OPENAI_API_KEY"'])
    base_url: Address = Field(
        min_length=1,
        description="The resource's endpoint.",
        examples=['"https://our-shop.openai.azure.com"'],
    )
    api_version: str = Field(
        "",
        pattern=r"^(\d{4}-\d{2}-\d{2}(-preview)?|preview|latest)?$",
        description='The dated version of the API that deployments are called with; "": the v1 API, which has none.',
        examples=['"2024-10-21"'],
    )

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return AzureConfig(**self._shared(name), api_version=self.api_version)


class AnthropicKeys(ProviderKeys):
    """Anthropic's Claude."""

    kind: Literal["anthropic"] = Field(description="The provider.", examples=['"anthropic"'])
    api_key: Token = Field(min_length=1, description="The account's key.", examples=['"env:ANTHROPIC_API_KEY"'])

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return ProviderConfig(**self._shared(name))


class GoogleKeys(ProviderKeys):
    """Google's Gemini, by an API key."""

    kind: Literal["google"] = Field(description="The provider.", examples=['"google"'])
    api_key: Token = Field(min_length=1, description="The account's key.", examples=['"env:GEMINI_API_KEY"'])

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return ProviderConfig(**self._shared(name))


class CompatibleKeys(ProviderKeys):
    """Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, a gateway."""

    kind: Literal["openai_compatible"] = Field(description="The provider.", examples=['"openai_compatible"'])
    api_key: Token = Field(SecretStr(""), description="Its key, if it has one.", examples=['"env:VLLM_API_KEY"'])
    base_url: Address = Field(
        min_length=1,
        description="Its address, up to before `/chat/completions`.",
        examples=['"http://localhost:11434/v1"'],
    )
    structured: bool = Field(
        False,
        description="true: it takes a JSON schema for its answer (`response_format`); false: the model is told the "
        "schema in words.",
        examples=["true"],
    )

    def config(self, name: str = "") -> ProviderConfig:
        """The adapter's settings."""
        return CompatibleConfig(**self._shared(name), structured=self.structured)


PROVIDER_KINDS: dict[str, type[ProviderKeys]] = {
    "openrouter": OpenRouterKeys,
    "openai": OpenAIKeys,
    "azure": AzureKeys,
    "anthropic": AnthropicKeys,
    "google": GoogleKeys,
    "openai_compatible": CompatibleKeys,
}
