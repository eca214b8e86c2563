"""Is this the service at all? A host that never spoke as the API does is taken for another one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from batch_transcriber.client.failures import HALF, describe_body, describe_unreadable, is_error_of_the_api
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from batch_transcriber.errors import TranscriberError
    from batch_transcriber.settings import Settings

NO_SUCH_PATH = {404, 405}
STATUSES_OF_GATEWAYS = {408, 413, 422, 429}  # and all of 500 and above
STRANGE_REPLIES_MAX = 2  # with status 200, before a host is taken for another one


class Recognition:
    """What the replies of a host tell of who it is.

    A gateway before the service may have pages of its own for a while, so the statuses of gateways
    prove nothing, and neither does one unreadable reply. Once the service was recognised it stays so.
    """

    def __init__(self, settings: Settings) -> None:
        self._base_url = settings.base_url
        self._patience = min(settings.retries, STRANGE_REPLIES_MAX)
        self._recognised = False
        self._strange_replies = 0

    def certain(self) -> None:
        """Note a reply that only this API gives."""
        self._recognised = True

    def judge(self, error: TranscriberError, method: str, status: int, body: bytes) -> TranscriberError:
        """Return the error that a reply led to, or what ends the run where another host gave it.

        Args:
            error: What the reply means, coming from the service.
            method: Of the request.
            status: Of the reply.
            body: Of the reply; with status 200 it could not be read.
        """
        # Every service of this API has the two calls that are a POST.
        if is_error_of_the_api(body) and not (method == "POST" and status in NO_SUCH_PATH):
            self._recognised = True
        if self._recognised or isinstance(error, FatalError) or self._may_be_a_gateway(status):
            return error
        said = describe_body(body)
        if status == HTTPStatus.OK:
            said = describe_unreadable(body)
            self._strange_replies += said != HALF
            if self._strange_replies <= self._patience:
                return error
        answer = ": ".join(filter(None, [str(status), said]))
        return FatalError(
            f"{self._base_url} is not the AssemblyAI API (it answered {answer}); check --base-url",
            ExitCode.UNREACHABLE,
        )

    def _may_be_a_gateway(self, status: int) -> bool:
        return status in STATUSES_OF_GATEWAYS or status >= 500
