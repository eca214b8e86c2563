"""What every request passes on its way in: the count, the errors' form, the key."""

from __future__ import annotations

import hmac
import json
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from batch_transcriber.server.refusals import RefusedError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from batch_transcriber.server.books import Books

OPEN_PATH = "/health"  # needs no key

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
    except ConnectionError:  # the client left: there is nobody to answer
        raise
    except OSError as error:  # a full disk above all, which people can mend
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": f"Internal Server Error: {error.strerror}"}, 500)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return json_reply({"error": "Internal Server Error"}, 500)


def key_check(key: str) -> Middleware:
    """Return the middleware that lets only the holder of the key pass."""
    expected = key.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if request.path != OPEN_PATH and not hmac.compare_digest(given, expected):
            raise RefusedError("Authentication error, API token missing/invalid", http_status=401)
        return await handler(request)

    return check
