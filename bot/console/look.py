"""The page /console/look: every piece of the console on one page, with invented people.

It is the documentation of how Stillon looks, and what the browser tests run their accessibility check on.
Invariant: nothing here is read from the record.
"""

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from bot.console import plots
from bot.web.dates import short_day
from bot.web.forms import EMPTY, Form
from bot.web.pages import page

FIRST_MINUTE, LAST_MINUTE = 8 * 60, 18 * 60
MONDAY = date(2026, 9, 28)


def install_look(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/console/look", show, name="console.look")


async def show(request: web.Request) -> web.Response:
    """Every piece, as it is used."""
    return page(request, "console/look.html", _context())


def _context() -> dict[str, Any]:
    return {
        "hours": [(hour * 60, _hour(hour)) for hour in range(8, 18)],
        "first_minute": FIRST_MINUTE,
        "last_minute": LAST_MINUTE,
        "days": [_day(place) for place in range(5)],
        "strip": plots.touch_strip(
            (
                plots.Touch(168, "7 d", "delivered"),
                plots.Touch(48, "2 d", "delivered"),
                plots.Touch(24, "1 d", "skipped"),
                plots.Touch(3, "3 h", "planned"),
            ),
            "Wed, Sep 30, 12:30 PM",
            now_hours_before=26,
        ),
        "one_text": plots.segment_meter(122, 160, 1),
        "three_texts": plots.segment_meter(158, 67, 3, alphabet="full"),
        "plots": _plots(),
        "empty_form": EMPTY,
        "wrong_form": Form(
            {"mobile": "555 12", "visit_date": "2026-09-31"},
            {
                "mobile": "Enter a mobile number with area code, such as 415 555 0142",
                "visit_date": "September has 30 days; choose another date",
            },
        ),
        "options": [("lee", "Dr. Lee"), ("okafor", "Maya Okafor")],
        "ways": [("text", "By text", "One text per reminder"), ("email", "By email", ""), ("none", "Not at all", "")],
        "texts": [
            {
                "text": "Lee Office: visit Wed, Sep 30, 12:30 PM. Reply C to confirm, R to change, "
                "N if you can't. lee.example/v3kX9bQ2mT7cR4wZ8yLf5a STOP=opt out",
                "mine": False,
                "when": "Mon 10:00 AM",
            },
            {"text": "yes but could we do 4 instead", "mine": True, "when": ""},
            {
                "text": "Lee Office: Wed, Sep 30 at 4:00 PM is free. Reply 1 to move to 4:00 PM, 2 to keep 12:30 PM. "
                "We hold 4:00 until 10:25 AM.",
                "mine": False,
                "when": "",
            },
        ],
    }


def _hour(hour: int) -> str:
    return f"{(hour - 1) % 12 + 1} {'AM' if hour < 12 else 'PM'}"  # noqa: PLR2004 -- noon


def _block(start: int, minutes: int, title: str, state: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "from": start,
        "until": start + minutes,
        "title": title,
        "state": state,
        "detail": detail,
        "href": "#week",
        "word": "",
        "gone": False,
        **more,
    }


WEEK = {
    0: [
        _block(540, 50, "Ana Lindqvist", "stopped", "9:00, individual"),
        _block(600, 50, "Tom and Iris Hale", "missed", "10:00, couple"),
        _block(780, 80, "Evening group", "stopped", "1:00, group, 6 of 8"),
    ],
    1: [
        _block(550, 50, "Jonas Weir", "stopped", "9:10, individual"),
        _block(690, 50, "Priya Raman", "started", "11:30, individual"),
        _block(840, 50, "Sam Ortega", "confirmed", "2:00, individual"),
    ],
    2: [
        _block(750, 50, "Ana Lindqvist", "confirmed", "12:30, individual"),
        _block(840, 50, "Mei Tanaka", "unconfirmed_soon", "2:00, individual"),
        _block(930, 50, "Held for waitlist", "held", "3:30, until 2:10"),
    ],
    3: [
        _block(600, 50, "Luc Bernard", "cancelled", "10:00, cancelled", gone=True),
        _block(660, 50, "Noor Haddad", "booked", "11:00, intake"),
    ],
    4: [_block(540, 80, "Grace Kim", "confirmed", "9:00, intake")],
}


def _day(place: int) -> dict[str, Any]:
    day = MONDAY + timedelta(days=place)
    weekday, _, words = short_day(day, "en_US").partition(", ")
    opened = [(540, 720), (750, 1020)] if place < 4 else [(540, 780)]  # noqa: PLR2004 -- a short Friday
    now = 700 if place == 1 else None
    return {"name": weekday, "date": words, "today": place == 1, "now": now, "open": opened, "blocks": WEEK[place]}


def _plots() -> list[Any]:
    return [
        plots.bars(
            "Missed visits by clinician",
            (
                plots.Bar("Dr. Lee", 4.1, "4.1%", "of 146"),
                plots.Bar("Maya Okafor", 6.8, "6.8%", "of 118"),
                plots.Bar("J. Brandt", 9.7, "9.7%", "of 93", "attention"),
                plots.Bar("R. Silva", 3.0, "3.0%", "of 67"),
            ),
            sentence="June to August; visits that took place or were missed.",
        ),
        plots.columns(
            "Late cancellations by weekday",
            tuple(
                plots.Bar(name, value, str(value))
                for name, value in (("Mon", 14), ("Tue", 6), ("Wed", 8), ("Thu", 5), ("Fri", 11))
            ),
            sentence="June to August, all clinicians.",
        ),
        plots.trend(
            "No-show rate by month",
            tuple(
                plots.Point(name, value, f"{value}%")
                for name, value in (("Mar", 9.8), ("Apr", 9.1), ("May", 10.4), ("Jun", 7.7), ("Jul", 6.2), ("Aug", 5.3))
            ),
            sentence="Reminders by text began in May.",
        ),
    ]
