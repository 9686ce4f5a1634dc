"""One line per request: the route's pattern, never the path, so that no link token or search can stand in a log.

Neither query, referrer, agent nor address is written. Invariant: what is written comes from our own source code
(method, route, status) or is a number.
"""

import structlog
from aiohttp.abc import AbstractAccessLogger
from aiohttp.web import BaseRequest, Request, StreamResponse

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger("stillon.access")


class AccessLog(AbstractAccessLogger):
    """Given to the runner as `access_log_class`."""

    def log(self, request: BaseRequest, response: StreamResponse, time: float) -> None:
        """Write the line; `time` is in seconds."""
        _log.info(
            "request",
            method=request.method if request.method in METHODS else "other",
            route=route_of(request),
            status=response.status,
            ms=round(time * 1000, 1),
        )


def route_of(request: BaseRequest) -> str:
    """The name or pattern of the route that answers, such as `/l/{token}`; `none` when there is none."""
    try:
        if not isinstance(request, Request) or request.match_info.http_exception is not None:
            return "none"
    except AssertionError:  # a request that could not be parsed was never matched, and the library asserts that it was
        return "none"
    route = request.match_info.route
    if route.name:
        return route.name
    return route.resource.canonical if route.resource is not None else "none"
