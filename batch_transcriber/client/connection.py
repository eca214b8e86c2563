"""One HTTP session for a run: its timeouts, its proxy, its certificates."""

from __future__ import annotations

import platform
import ssl
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.settings import is_this_machine

if TYPE_CHECKING:
    from batch_transcriber.settings import Settings

# Shorter than the idle time of common gateways (60 s), so that we rarely write into a connection
# that the other side is closing: a submit that meets one has to be looked up.
KEEP_ALIVE_S = 15.0


def open_session(settings: Settings) -> aiohttp.ClientSession:
    """Open the session; the caller closes it.

    The number of connections is not limited here: every stage of a run has a limit of its own. There
    is no total timeout, because a long upload is no failure.

    Raises:
        FatalError: the bundle of certificates cannot be read.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEEP_ALIVE_S, ssl=find_certificates(settings.ca_bundle)
        ),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=settings.connect_timeout_s, sock_read=settings.read_timeout_s
        ),
        headers={
            "Authorization": settings.api_key.get_secret_value(),
            "User-Agent": _user_agent(),
        },
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=find_proxy(settings.base_url),
    )


def _user_agent() -> str:
    return f"batch-transcriber/{version('batch-transcriber')} Python/{platform.python_version()}"


def find_proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for an address; None for none.

    Raises:
        FatalError: what it names cannot be used.
    """
    # Not aiohttp's trust_env: it reads ~/.netrc in a thread for every request, and an entry there for
    # the service's host clashes with our Authorization header.
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_this_machine(host) or proxy_bypass(host):
        return None
    proxy = getproxies().get(parts.scheme)
    if not proxy:
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"  # `proxy:3128` is usual too
    try:
        usable = urlsplit(address).scheme in {"http", "https"} and bool(URL(address).host)
    except ValueError:
        usable = False
    if not usable:  # not shown, for it may hold a password
        raise FatalError(
            f"the proxy's address in {parts.scheme.upper()}_PROXY cannot be used; it must look like http://host:port",
            ExitCode.USAGE,
        )
    return address


def find_certificates(ca_bundle: str | None) -> ssl.SSLContext | bool:
    """Return what aiohttp takes for the certificates to trust.

    Raises:
        FatalError: the bundle cannot be read.
    """
    if ca_bundle is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except ssl.SSLError as error:  # an OSError too, whose words mean nothing to people
        raise _unusable(ca_bundle, "it holds no certificates in PEM form") from error
    except (OSError, ValueError) as error:  # the latter for a name with a NUL
        raise _unusable(ca_bundle, getattr(error, "strerror", None) or str(error)) from error


def _unusable(ca_bundle: str, reason: str) -> FatalError:
    return FatalError(f"{ca_bundle}: cannot be used ({reason}); check --ca-bundle", ExitCode.USAGE)
