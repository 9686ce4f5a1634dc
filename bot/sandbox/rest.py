"""What does Twilio's REST API answer?

The Messages resource as the SDK uses it: create, list, fetch, redact, cancel, delete, with the faults that strike
requests. Not here: what the carrier decides (carrier.py, admission.py). Invariant: a create that a fault strikes
after acceptance is in the ledger exactly like any other.
"""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox import problems
from bot.sandbox.admission import is_phone_number
from bot.sandbox.call import Call
from bot.sandbox.calls import answer as answer_call
from bot.sandbox.calls import place
from bot.sandbox.carrier import Carrier
from bot.sandbox.config import Account
from bot.sandbox.faults import Trouble
from bot.sandbox.journey import begin, cancel, hurry
from bot.sandbox.listing import page
from bot.sandbox.problems import Problem
from bot.sandbox.texts import API_VERSION, Text

CARRIER: web.AppKey[Carrier] = web.AppKey("carrier", Carrier)

_ANSWERS: dict[Trouble, str] = {
    "none": "201",
    "error_after": "error",
    "reset_after": "reset",
    "hang_after": "late",
    "not_json": "not_json",
}


def routes() -> list[web.RouteDef]:
    """The routes, at the root and under the host kept as a path prefix."""
    found: list[web.RouteDef] = []
    for prefix in ("", "/api.twilio.com"):
        base = f"{prefix}/{API_VERSION}/Accounts/{{account}}/Messages"
        found += [
            web.post(f"{base}.json", create),
            web.get(f"{base}.json", list_texts, allow_head=False),
            web.get(f"{base}/{{sid}}.json", fetch, allow_head=False),
            web.post(f"{base}/{{sid}}.json", update),
            web.delete(f"{base}/{{sid}}.json", delete),
        ]
        calling = f"{prefix}/{API_VERSION}/Accounts/{{account}}/Calls.json"
        found += [web.post(calling, create_call), web.get(calling, list_calls, allow_head=False)]
    return found


async def create(request: web.Request) -> web.StreamResponse:
    """Take a text on, or refuse it."""
    carrier = request.app[CARRIER]
    arrived = carrier.clock.monotonic()
    trouble = carrier.plan.trouble()
    if trouble == "refused":
        return _dropped(request)
    account = _account(request)
    if account is None:
        return _refusal(carrier, problems.UNAUTHENTICATED)
    form = await _form(request)
    if trouble == "rate_limited":
        return _refusal(carrier, problems.TOO_MANY, retry_after=carrier.plan.faults.retry_after_seconds)
    if trouble == "error_before":
        return _error(carrier)
    draft = carrier.consider(form)
    if isinstance(draft, Problem):
        return _refusal(carrier, draft)
    text = carrier.accept(draft, account=account, arrived=arrived, answer=_ANSWERS[trouble], params=form)
    resource = text.as_resource()
    if carrier.plan.strikes("callback_early"):
        await hurry(carrier, text)
    begin(carrier, text)
    return await _answer_create(request, carrier, trouble, resource)


async def create_call(request: web.Request) -> web.StreamResponse:
    """Let a phone ring, or refuse to."""
    carrier = request.app[CARRIER]
    account = _account(request)
    if account is None:
        return _refusal(carrier, problems.UNAUTHENTICATED)
    form = await _form(request)
    if not is_phone_number(form.get("To", "")):
        return _refusal(carrier, problems.invalid_to(form.get("To", "")))
    call = place(carrier, form, account.sid)
    carrier.spawn(_rings(carrier, call))
    return _json(carrier, call.as_resource() | {"status": "queued"}, status=201)


async def list_calls(request: web.Request) -> web.Response:
    """All calls to a number, newest first: there are never many here."""
    carrier = request.app[CARRIER]
    account = _account(request)
    if account is None:
        return _refusal(carrier, problems.UNAUTHENTICATED)
    wanted = request.query.get("To")
    mine = [call for call in carrier.calls.values() if call.account_sid == account.sid and wanted in {None, call.to}]
    calls = [call.as_resource() for call in reversed(mine)]
    return _json(carrier, {"calls": calls, "page": 0, "page_size": len(calls), "next_page_uri": None})


async def _rings(carrier: Carrier, call: Call) -> None:
    """What nobody answers in time is taken by the phone's answering machine."""
    await carrier.clock.sleep(carrier.config.ring_seconds)
    await answer_call(carrier, call, by="machine_end_beep")


async def list_texts(request: web.Request) -> web.Response:
    """One page of texts."""
    carrier = request.app[CARRIER]
    account = _account(request)
    if account is None:
        return _refusal(carrier, problems.UNAUTHENTICATED)
    if carrier.plan.strikes("read_error"):
        return _error(carrier)
    found = page(carrier.texts, request.query, account_sid=account.sid, monotonic=carrier.clock.monotonic())
    return _json(carrier, found)


async def fetch(request: web.Request) -> web.Response:
    """One text."""
    carrier = request.app[CARRIER]
    text = _found(request)
    return _refusal(carrier, text) if isinstance(text, Problem) else _json(carrier, text.as_resource())


async def update(request: web.Request) -> web.Response:
    """Redact a body or cancel a text that has not left."""
    carrier = request.app[CARRIER]
    text = _found(request)
    if isinstance(text, Problem):
        return _refusal(carrier, text)
    form = await _form(request)
    problem = _updated(carrier, text, form)
    return _json(carrier, text.as_resource()) if problem is None else _refusal(carrier, problem)


async def delete(request: web.Request) -> web.Response:
    """Forget a text."""
    carrier = request.app[CARRIER]
    text = _found(request)
    problem = text if isinstance(text, Problem) else carrier.delete(text)
    return web.Response(status=204) if problem is None else _refusal(carrier, problem)


def _updated(carrier: Carrier, text: Text, form: dict[str, str]) -> Problem | None:
    if "Status" in form:
        return cancel(carrier, text) if form["Status"] == "canceled" else problems.STATUS_NOT_CANCELED
    if form.get("Body", "") != "":
        return problems.BODY_NOT_EMPTY
    return carrier.redact(text)


async def _answer_create(
    request: web.Request, carrier: Carrier, trouble: Trouble, resource: dict[str, Any]
) -> web.StreamResponse:
    match trouble:
        case "error_after":
            return _error(carrier)
        case "reset_after":
            return _dropped(request)
        case "not_json":
            words = "<!doctype html><title>One moment</title><p>Your request is being looked at."
            return web.Response(status=201, text=words, content_type="text/html")
        case "hang_after":
            await _hang(carrier)
        case _:
            pass
    return _json(carrier, resource, status=201)


async def _hang(carrier: Carrier) -> None:
    """Say nothing for a long while; a closing carrier does not wait for it."""
    waits = {
        asyncio.ensure_future(carrier.clock.sleep(carrier.plan.faults.hang_seconds)),
        asyncio.ensure_future(carrier.closing.wait()),
    }
    _, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in left:
        wait.cancel()


def _dropped(request: web.Request) -> web.Response:
    """Cut the connection; the response returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _account(request: web.Request) -> Account | None:
    """The account of the path, if the credentials are its own or those of the main account above it."""
    carrier = request.app[CARRIER]
    caller = carrier.account_for(request.headers.get("Authorization", ""))
    if caller is None:
        return None
    sid = request.match_info["account"]
    if caller.sid == sid:
        return caller
    is_parent = caller.sid == carrier.config.account_sid
    owned = carrier.account(sid)
    return owned if is_parent and owned.sid == sid else None


def _found(request: web.Request) -> Text | Problem:
    carrier = request.app[CARRIER]
    account = _account(request)
    if account is None:
        return problems.UNAUTHENTICATED
    if carrier.plan.strikes("read_error"):
        return problems.UNAVAILABLE
    text = carrier.texts.get(request.match_info["sid"])
    if text is None or text.account_sid != account.sid or not text.listed:
        return problems.not_found(request.path)
    return text


async def _form(request: web.Request) -> dict[str, str]:
    """The form's fields; of a repeated one all values, joined by spaces (only MediaUrl is ever repeated)."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True):
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields


def _json(carrier: Carrier, body: dict[str, Any], status: int = 200) -> web.Response:
    if carrier.plan.strikes("unknown_fields"):
        body = body | {"channel_weather": {"sky": "fair"}} if "messages" not in body else body
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def _refusal(carrier: Carrier, problem: Problem, *, retry_after: int | None = None) -> web.Response:
    as_problem_json = carrier.plan.strikes("problem_json")
    return problems.answer(problem, as_problem_json=as_problem_json, retry_after=retry_after)


def _error(carrier: Carrier) -> web.Response:
    status = carrier.plan.faults.error_status
    return _refusal(carrier, Problem(status, 20500, "Internal Server Error"))
