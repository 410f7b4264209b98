"""Whether this server is reached: by its channels' providers, and by the commands on this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from turnkeeper.app.link import PATIENCE, Link
from turnkeeper.channels.base import HttpCall
from turnkeeper.config import Settings
from turnkeeper.engine.http import Client
from turnkeeper.model.policy import Channel


def judge_public_url(settings: Settings) -> Link:
    """Its form only: whether it can be reached is the provider's to say, from outside."""
    url = settings.server.public_url
    called = [each.channel for each in settings.receivers if not each.polls]
    if not url:
        detail = "server.public_url is not set, so it cannot be judged"
        if settings.channels and not called:
            return Link("public_url", "ok", "not needed: all events are fetched")
        return Link("public_url", "unknown", detail, "Set it to the https address of this server.")
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_local(host):
        if all(is_local(api_host(channel)) for channel in called):
            return Link("public_url", "ok", "a local address, and so is the provider's")
        mend = "Use the name under which the internet reaches this server."
        return Link("public_url", "broken", f"{host} cannot be reached from outside", mend)
    if parts.scheme != "https":
        mend = "Put a proxy with a certificate in front, and write https://."
        return Link("public_url", "broken", "providers call https addresses only", mend)
    return Link("public_url", "ok", f"webhooks go to {url.rstrip('/')}/webhooks/CHANNEL")


def api_host(channel: Channel) -> str:
    """Where a channel's provider is."""
    config = channel.config
    return urlsplit(getattr(config, "api_base", "") or getattr(config, "base_url", "")).hostname or ""


def is_local(host: str) -> bool:
    """Whether a host is of this machine's own network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))


def own_address(settings: Settings) -> str:
    """Where commands on this machine reach the server."""
    host = settings.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.server.port}"


async def examine_server(settings: Settings, client: Client) -> Link:
    """Whether the server runs here, and is ready."""
    address = own_address(settings)
    ready = await client.call(HttpCall("GET", f"{address}/ready"), timeout=PATIENCE)
    if ready.failure == "not_connected":
        detail = f"nothing listens on {address}"
        return Link("server", "unknown", detail, "Start it with `turnkeeper serve`.")
    if ready.status == 200:
        return Link("server", "ok", f"runs and is ready on {address}")
    if ready.status == 503:
        detail = f"runs, but is not ready: {ready.body[:200].decode('utf-8', 'replace')}"
        return Link("server", "broken", detail, "See its log; `turnkeeper serve` starts workers.")
    mend = "Another program has the port: stop it, or set another server.port."
    return Link("server", "broken", f"{address} is not answered by Turnkeeper", mend)
