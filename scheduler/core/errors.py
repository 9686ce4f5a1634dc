"""Exceptions of our own: a code and ids, never a person's data, never an HTTP status.

    StillonError
    |- Invalid      what was asked makes no sense; `field` says where
    |- NotFound     absent, or another practice's, or not for this actor: one answer for all three
    |- Forbidden    the actor's role lacks the permission
    |- Conflict     the world moved on: taken, already decided, an older version
    |- Misconfigured  the installation lacks something; an operator must act
    |- Unavailable  the record cannot be reached, or others were in the way: nothing was changed, try again

`bot/web` maps them to pages. Invariant: `str(error)` may stand in a log.
"""


class StillonError(Exception):
    """The root. `code` is a stable snake_case word that pages and tests rely on."""

    def __init__(self, code: str, **ids: str | int | None) -> None:
        self.code = code
        self.ids = ids
        named = " ".join(f"{name}={value}" for name, value in ids.items())
        super().__init__(f"{code} {named}".strip())


class Invalid(StillonError):
    """The caller's mistake. `field` names the input at fault, where there is one."""

    def __init__(self, code: str, *, field: str | None = None, **ids: str | int | None) -> None:
        super().__init__(code, **ids)
        self.field = field


class NotFound(StillonError):
    """There is no such thing for this actor."""


class Forbidden(StillonError):
    """The actor may not do this."""


class Conflict(StillonError):
    """Not possible in the present state; nothing was changed."""


class Misconfigured(StillonError):
    """A setting, key or schema is missing or does not fit."""


class Unavailable(StillonError):
    """Not possible at this moment; nothing was changed, and trying again may help."""
