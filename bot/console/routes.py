"""Every page of the console, joined to an application. Each page's own file names its routes.

Invariant: whoever comes here is signed in (bot/auth/door.py); what they may do there, each page asks.
"""

from aiohttp import web

from bot.console.audit import install_audit
from bot.console.away import install_away
from bot.console.booking import install_booking
from bot.console.client_acts import install_client
from bot.console.clients import install_clients
from bot.console.desk import RECORD
from bot.console.fee_case import install_fee_case
from bot.console.fee_ledger import install_fee_ledger
from bot.console.fee_policy import install_fee_policy
from bot.console.fees import install_fees
from bot.console.imports import install_imports
from bot.console.inbox import install_inbox
from bot.console.look import install_look
from bot.console.marks import install_marks
from bot.console.missed_series import install_missed_series
from bot.console.move import install_move
from bot.console.policies import install_policies
from bot.console.report import install_report
from bot.console.search import install_search
from bot.console.sending import install_sending
from bot.console.series import install_series
from bot.console.series_move import install_series_move
from bot.console.settings import install_settings
from bot.console.settings_hours import install_hours
from bot.console.settings_places import install_places
from bot.console.settings_practice import install_practice_settings
from bot.console.settings_senders import install_senders
from bot.console.settings_whatsapp import install_whatsapp
from bot.console.today import install_today
from bot.console.visit import install_visit
from bot.console.visit_acts import install_visit_acts
from bot.console.waitlist import install_waitlist
from bot.console.waitlist_entry import install_waitlist_entry
from bot.console.waitlist_join import install_join
from bot.console.waitlist_policy import install_waitlist_policy
from bot.console.waitlist_report import install_waitlist_report
from bot.console.waitlist_time import install_time
from bot.console.waitlist_turns import install_turns
from bot.console.week import install_week
from bot.console.wordings import install_wordings
from scheduler.core.record import Record


def install_console(app: web.Application, record: Record) -> None:
    """Add the pages. Sessions, templates and assets are installed already."""
    app[RECORD] = record
    install_today(app)
    install_week(app)
    install_visit(app)
    install_visit_acts(app)
    install_marks(app)
    install_move(app)
    install_away(app)
    install_booking(app)
    install_series(app)
    install_series_move(app)
    install_missed_series(app)
    install_join(app)
    install_waitlist(app)
    install_waitlist_entry(app)
    install_time(app)
    install_turns(app)
    install_waitlist_report(app)
    install_waitlist_policy(app)
    install_inbox(app)
    install_search(app)
    install_clients(app)
    install_client(app)
    install_audit(app)
    install_report(app)
    install_look(app)
    install_fees(app)
    install_fee_policy(app)
    install_fee_ledger(app)
    install_fee_case(app)
    install_policies(app)
    install_wordings(app)
    install_sending(app)
    install_settings(app)
    install_practice_settings(app)
    install_senders(app)
    install_whatsapp(app)
    install_places(app)
    install_hours(app)
    install_imports(app, record)
