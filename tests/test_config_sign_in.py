"""`[sign_in.oidc]`: an identity provider, and everything that is wrong with one at once."""

from pathlib import Path

import pytest

from turnkeeper.config import Settings, load
from turnkeeper.model.errors import ConfigurationError

WHOLE = """
[server]
public_url = "https://bot.example.com"
[sign_in.oidc]
issuer = "https://login.example.com"
client_id = "turnkeeper"
client_secret = "a long secret of the client"
"""


def read(folder: Path, text: str) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    return load(path, {})


def test_a_provider_and_its_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE + 'domains = ["Example.com"]\n')
    found = settings.oidc
    assert found is not None
    assert (found.domains, found.role, found.workspace) == (("example.com",), "agent", "default")
    assert "a long secret of the client" in settings.secrets
    assert read(tmp_path, "").oidc is None


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('"https://login.example.com"', '"http://login.example.com"', "sign_in.oidc.issuer"),
        ("client_id =", "client =", "sign_in.oidc.client"),
        ('public_url = "https://bot.example.com"', "", "server.public_url"),
        ("[sign_in.oidc]", "[sign_in.google]", "sign_in.google"),
        ('client_id = "turnkeeper"', 'role = "owner"', "sign_in.oidc.role"),
        ('client_id = "turnkeeper"', 'domains = "example.com"', "sign_in.oidc.domains"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, WHOLE.replace(old, new))
    assert said in str(raised.value)
