"""How a file leaves the console: as a download that no cache keeps and whose name says nothing about anybody.

What is in it is the pages'. Invariant: a file that names clients is made in answer to a POST whose transaction enters
the export in the audit chain.
"""

from aiohttp import web

from bot.export.csv_file import CONTENT_TYPE


def download(body: bytes, name: str) -> web.Response:
    """A CSV file as an answer. `name` is plain ASCII words and dates."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=CONTENT_TYPE, charset="utf-8", headers=headers)
