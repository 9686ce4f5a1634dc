"""The one way a form of settings is taken: who may, what was typed, one action in one transaction, and its refusal.

A page says which action and which field a refusal belongs to; the words are the page's. Invariant: what an action
refuses has changed nothing, and comes back as the form it was, with a sentence at the field at fault.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, TypeVar

from aiohttp import web

from bot.console.desk import actor_of, writing
from bot.console.settings_words import refusal
from bot.web.forms import Form, sent_form
from scheduler import access
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx

T = TypeVar("T")
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY
AS_CALLED: Final[Mapping[str, str]] = MappingProxyType({})


async def read_form(request: web.Request, permission: str = "settings.write") -> Form:
    """What somebody who may has typed.

    Raises:
        Forbidden: the roles lack the permission; else as `sent_form`.
    """
    access.require(actor_of(request), permission)
    return await sent_form(request)


async def keep(
    request: web.Request,
    form: Form,
    act: Callable[[Tx], Awaitable[T]],
    *,
    otherwise: str,
    fields: Mapping[str, str] = AS_CALLED,
    say: Callable[[Invalid | Conflict], str] = refusal,
) -> tuple[T | None, Form]:
    """What the action did, with the form as it was; or None, and the form with the reason why not.

    The reason stands at the field the action names (`fields`: by what the page calls it), else at `otherwise`.
    """
    try:
        async with writing(request) as tx:
            return await act(tx), form
    except (Invalid, Conflict) as error:
        name = (error.field if isinstance(error, Invalid) else None) or otherwise
        return None, form.with_error(fields.get(name, name), say(error))
