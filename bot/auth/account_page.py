"""The page /account: one's own password and sessions.

Invariant: the present password is asked before a new one holds.
"""

from http import HTTPStatus

from aiohttp import web

from bot.auth import account_store as accounts
from bot.auth import session_store
from bot.auth.account_store import Account
from bot.auth.door import AUTH, SESSION, see_other
from bot.auth.passwords import check_password
from bot.auth.people import set_password
from bot.auth.sessions import actor_of
from bot.auth.throttle import clear_tries, count_try
from bot.auth.words import DIFFERENT, sentence, wait_sentence
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.pages import page
from scheduler.core.errors import NotFound

NOT_THAT = "That is not your present password"


async def show(request: web.Request) -> web.Response:
    """Sessions and the form for a new password."""
    return await _shown(request, EMPTY, HTTPStatus.OK)


async def here(_: web.Request) -> web.Response:
    """Somebody is typing on a page of ours: asking for this is a use of their session, and so keeps it open."""
    return web.Response(status=204)


async def take_password(request: web.Request) -> web.Response:
    """Change the password; other sessions end."""
    auth, session = request.config_dict[AUTH], request[SESSION]
    sent = await sent_form(request)
    form, account = await _judged(request, sent)
    if form.errors:
        return await _shown(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    stored = await auth.sign_in.passwords.hash(sent.value("password"))
    async with auth.record.write(session.practice_id, actor_of(session)) as tx:
        await set_password(tx, account.id, stored, keep=session.digest)
        await clear_tries(tx, "present", session.user_id)
    return see_other("/account?done=password")


async def end_others(request: web.Request) -> web.Response:
    """End every other session of one's own."""
    auth, session = request.config_dict[AUTH], request[SESSION]
    async with auth.record.write(session.practice_id, actor_of(session)) as tx:
        count = await session_store.remove_all(tx, session.user_id, but=session.digest)
        tx.note("session.others_closed", "user_account", session.user_id, count=count)
    return see_other("/account?done=sessions")


async def _judged(request: web.Request, sent: Form) -> tuple[Form, Account]:
    auth, session = request.config_dict[AUTH], request[SESSION]
    async with auth.record.write(session.practice_id, actor_of(session)) as tx:
        wait = await count_try(tx, "present", session.user_id, auth.clock.now())
        account = await accounts.account(tx, session.user_id)
    if account is None:
        raise NotFound("user_account")
    if wait:
        return EMPTY.with_error("present", wait_sentence(wait)), account
    form = EMPTY
    if not await auth.sign_in.passwords.verify(account.password_hash, sent.value("present")):
        form = form.with_error("present", NOT_THAT)
    form = form.check("password", lambda: check_password(sent.value("password"), email=account.email), sentence)
    if sent.value("password") != sent.value("again"):
        form = form.with_error("again", DIFFERENT)
    return form, account


async def _shown(request: web.Request, form: Form, status: HTTPStatus) -> web.Response:
    auth, session = request.config_dict[AUTH], request[SESSION]
    async with auth.record.read(session.practice_id) as r:
        account = await accounts.account(r, session.user_id)
        sessions = await session_store.count_open(r, session.user_id, auth.clock.now())
    context = {
        "form": form,
        "sessions": sessions,
        "recovery_left": len(account.recovery) if account else 0,
        "email": session.email,
        "done": request.query.get("done", ""),
    }
    return page(request, "auth/account.html", context, status=status)
