"""What every request passes on its way in: the count, the errors' form, the key."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import sqlite3
from time import monotonic
from typing import TYPE_CHECKING

from aiohttp import web

from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from batch_transcriber.server.books import Books

OPEN_PATH = "/health"  # needs no key
UPLOAD_PATH = "/v2/upload"  # takes its time, and looks after it itself
REQUEST_WITHIN_S = 60.0  # any other one, from its head to its end

logger = logging.getLogger(__name__)


def json_reply(body: dict[str, object], status: int = 200) -> web.Response:
    """Return a reply with a compact JSON body."""
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json")


def counting(books: Books) -> Middleware:
    """Return the middleware that counts every request that arrives."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        books.requests[(request.method, resource.canonical) if resource else ("*", "unmatched")] += 1
        return await handler(request)

    return count


@web.middleware
async def tell_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the log of every request and its answer; no header, query or unknown path is in it."""
    if not logger.isEnabledFor(logging.DEBUG):
        return await handler(request)
    began_at = monotonic()
    status = 0  # nobody waited for an answer
    try:
        reply = await handler(request)
        status = reply.status
        return reply
    finally:
        path = request.path if request.match_info.route.resource else "(no such path)"
        logger.debug("%s %s: %d in %.3f s", request.method, path, status, monotonic() - began_at)


def in_time(within_s: float = REQUEST_WITHIN_S) -> Middleware:
    """Return the middleware that gives up a request whose body does not come."""

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with asyncio.timeout(None if request.path == UPLOAD_PATH else within_s):
                return await handler(request)
        except TimeoutError as error:
            raise RefusedError("Request timeout: its body did not come", http_status=408) from error

    return limit


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the API's form: a JSON object with an `error`."""
    try:
        return await handler(request)
    except RefusedError as error:
        return json_reply({"error": str(error)}, error.http_status)
    except web.HTTPException as error:
        reply = json_reply({"error": error.reason.capitalize()}, error.status)
        if "Allow" in error.headers:
            reply.headers["Allow"] = error.headers["Allow"]
        return reply
    except web.RequestPayloadError:
        reply = json_reply({"error": "The request's body is not encoded as its head says"}, 400)
        reply.force_close()  # where the next request begins, nobody knows
        return reply
    except ConnectionError:  # the client left: there is nobody to answer
        raise
    except OSError as error:  # a full disk above all, which people can mend
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": f"Internal Server Error: {error.strerror}"}, 500)
    except sqlite3.OperationalError as error:  # likewise
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": f"Internal Server Error: {error}"}, 500)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": "Internal Server Error"}, 500)


def key_check(key: str | None) -> Middleware:
    """Return the middleware that lets only the holder of the key pass.

    Without a key any will do, from this machine alone: a web page in a browser here can send none, unless
    its own name leads here, which is refused.
    """
    expected = None if key is None else key.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if request.path != OPEN_PATH:
            if not (given if expected is None else hmac.compare_digest(given, expected)):
                raise RefusedError("Authentication error, API token missing/invalid", http_status=401)
            if expected is None and not _is_this_machine(request):
                message = "Without a key this service answers to names of its own machine alone"
                raise RefusedError(message, http_status=403)
        return await handler(request)

    return check


def _is_this_machine(request: web.Request) -> bool:
    try:
        name = request.url.host or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
