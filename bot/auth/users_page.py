"""The page /console/users: who may sign in, for those with `users.write`.

Invariant: a set-up address is shown in the answer to the act that made it, and nowhere else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.auth import account_store as accounts
from bot.auth import people as acts
from bot.auth.door import AUTH, SESSION
from bot.auth.sessions import actor_of
from bot.auth.words import sentence
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.keys import SITE
from bot.web.pages import page
from bot.web.readable import posted
from scheduler import access
from scheduler.access import Role
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx
from scheduler.people import store as people

ROLE_WORDS: Final = (
    (Role.OWNER, "Owner", "Everything, and who may sign in"),
    (Role.FRONT_DESK, "Front desk", "Calendar, clients, inbox, waitlist"),
    (Role.CLINICIAN, "Clinician", "Their own visits and clients"),
    (Role.BILLER, "Biller", "Approves and waives fees, reads reports"),
    (Role.AUDITOR, "Auditor", "Reads the audit trail and reports"),
)


@dataclass(frozen=True, slots=True)
class Changing:
    """Somebody's other roles as they were typed in, and why they do not fit."""

    user_id: str
    roles: tuple[str, ...]
    clinician_id: str
    refusal: str


async def show(request: web.Request) -> web.Response:
    """Everybody, and the form that invites one more."""
    return await _shown(request, EMPTY)


async def invite(request: web.Request) -> web.Response:
    """Invite somebody; the answer shows the address to hand on."""
    _require(request)
    sent = await posted(request)
    form, roles = await sent_form(request), [str(role) for role in sent.getall("roles", [])]
    auth, session = request.config_dict[AUTH], request[SESSION]
    form = form.check("name", lambda: acts.checked_name(form.value("name")), sentence)
    form = form.check("email", lambda: acts.checked_email(form.value("email")), sentence)
    form = form.check("roles", lambda: acts.checked_roles(roles), sentence)
    if form.errors:
        return await _shown(request, form, roles=roles, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with auth.record.write(session.practice_id, actor_of(session)) as tx:
            clinician_id = await _clinician(tx, form)
            invited = await acts.invite(
                tx, email=form.value("email"), name=form.value("name"), roles=roles, clinician_id=clinician_id,
                now=auth.clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as error:
        field = "email" if isinstance(error, Conflict) else error.field or "email"
        return await _shown(
            request, form.with_error(field, sentence(error)), roles=roles, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    return await _shown(request, EMPTY, handed=(form.value("name"), _address(request, invited.path)))


async def reset(request: web.Request) -> web.Response:
    """Take somebody's password and app away; the answer shows the address to hand on."""
    _require(request)
    auth, session = request.config_dict[AUTH], request[SESSION]
    user_id = request.match_info["user"]
    async with auth.record.write(session.practice_id, actor_of(session)) as tx:
        path = await acts.reset_access(tx, user_id, auth.clock.now())
        account = await accounts.account(tx, user_id)
    return await _shown(request, EMPTY, handed=(account.name if account else "", _address(request, path)))


async def disable(request: web.Request) -> web.Response:
    """Put somebody out, at once."""
    return await _act(request, acts.disable)


async def enable(request: web.Request) -> web.Response:
    """Let somebody in again."""
    return await _act(request, acts.enable)


async def change_roles(request: web.Request) -> web.Response:
    """Give somebody else other roles, from their next request on."""
    _require(request)
    sent = await posted(request)
    form, roles = await sent_form(request), [str(role) for role in sent.getall("roles", [])]
    auth, session, user_id = request.config_dict[AUTH], request[SESSION], request.match_info["user"]
    try:
        async with auth.record.write(session.practice_id, actor_of(session)) as tx:
            await acts.change_roles(tx, user_id, roles, await _clinician(tx, form))
    except (Invalid, Conflict) as error:
        status = HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.UNPROCESSABLE_ENTITY
        changing = Changing(user_id, tuple(roles), form.value("clinician_id"), sentence(error))
        return await _shown(request, EMPTY, changing=changing, status=status)
    return await _shown(request, EMPTY, changed=user_id)


async def _act(request: web.Request, act: Callable[[Tx, str], Awaitable[None]]) -> web.Response:
    _require(request)
    auth, session = request.config_dict[AUTH], request[SESSION]
    form, status = EMPTY, HTTPStatus.OK
    try:
        async with auth.record.write(session.practice_id, actor_of(session)) as tx:
            await act(tx, request.match_info["user"])
    except Conflict as error:
        form, status = EMPTY.with_error("", sentence(error)), HTTPStatus.CONFLICT
    return await _shown(request, form, status=status)


def _require(request: web.Request) -> None:
    access.require(actor_of(request[SESSION]), "users.write")


async def _clinician(tx: Tx, form: Form) -> str | None:
    chosen = form.value("clinician_id")
    known = {clinician.id for clinician in await people.clinicians(tx)}
    if chosen and chosen not in known:
        raise Invalid("clinician_missing", field="clinician_id")
    return chosen or None


def _address(request: web.Request, path: str) -> str:
    return request.config_dict[SITE].origin + path


async def _shown(
    request: web.Request,
    form: Form,
    *,
    roles: list[str] | None = None,
    handed: tuple[str, str] | None = None,
    changing: Changing | None = None,
    changed: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    _require(request)
    auth, session = request.config_dict[AUTH], request[SESSION]
    async with auth.record.read(session.practice_id) as r:
        everybody = await accounts.accounts(r)
        clinicians = await people.clinicians(r, active_only=True)
    context = {
        "accounts": everybody,
        "me": session.user_id,
        "form": form,
        "chosen": roles or [],
        "role_words": ROLE_WORDS,
        "role_names": {role.value: name for role, name, _ in ROLE_WORDS},
        "clinicians": [(clinician.id, clinician.name) for clinician in clinicians],
        "handed": handed,
        "changing": changing,
        "changed": changed,
    }
    return page(request, "auth/users.html", context, status=status)
