"""Every page of the console, joined to an application. Each page's own file names its routes.

Invariant: whoever comes here is signed in (bot/auth/door.py); what they may do there, each page asks.
"""

from aiohttp import web

from bot.console.audit import install_audit
from bot.console.client_acts import install_client
from bot.console.clients import install_clients
from bot.console.desk import RECORD
from bot.console.look import install_look
from bot.console.report import install_report
from bot.console.search import install_search
from bot.console.today import install_today
from bot.console.visit_acts import install_visit_acts
from scheduler.core.record import Record


def install_console(app: web.Application, record: Record) -> None:
    """Add the pages. Sessions, templates and assets are installed already."""
    app[RECORD] = record
    install_today(app)
    install_visit_acts(app)
    install_search(app)
    install_clients(app)
    install_client(app)
    install_audit(app)
    install_report(app)
    install_look(app)
