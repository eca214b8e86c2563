"""Is this the service at all? A host that never spoke as the API does is taken for another one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from batch_transcriber.client.failures import HALF, describe_body, describe_unreadable, is_error_of_the_api
from batch_transcriber.errors import FatalError, RetryableError
from batch_transcriber.settings import EU_BASE_URL, US_BASE_URL

if TYPE_CHECKING:
    from batch_transcriber.errors import TranscriberError

NO_SUCH_PATH = {404, 405}
STATUSES_OF_GATEWAYS = {408, 413, 422, 429}  # and all of 500 and above


class Recognition:
    """What the replies of a host tell of who it is.

    A strange reply is the trouble of all requests, like a host that cannot be reached: a gateway on the
    way may have pages of its own for a while. Once the service was recognised it stays so.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._recognised = False

    def certain(self) -> None:
        """Note a reply that only this API gives."""
        self._recognised = True

    def judge(self, error: TranscriberError, method: str, status: int, body: bytes) -> TranscriberError:
        """Return the error that a reply led to, or what says that another host gave it.

        Args:
            error: What the reply means, coming from the service.
            method: Of the request.
            status: Of the reply.
            body: Of the reply; with status 200 it could not be read.
        """
        # Every service of this API has the two calls that are a POST.
        if is_error_of_the_api(body) and not (method == "POST" and status in NO_SUCH_PATH):
            self._recognised = True
        said = describe_unreadable(body) if status == HTTPStatus.OK else describe_body(body)
        if (
            self._recognised
            or isinstance(error, FatalError)
            or status in STATUSES_OF_GATEWAYS
            or status >= 500
            or said == HALF
        ):
            return error
        answer = ": ".join(filter(None, [str(status), said]))
        if self._base_url in {US_BASE_URL, EU_BASE_URL}:
            words = f"something between here and {self._base_url} answers in its place ({answer})"
        else:
            words = f"{self._base_url} is not the AssemblyAI API (it answered {answer})"
        return RetryableError(
            words, http_status=status, maybe_done=status == HTTPStatus.OK, service_wide=True
        )
