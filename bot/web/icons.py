"""Icons as inline drawings, so that they take the colour of the text beside them and cost no request.

The files are Lucide's (see bot/static/icons/LICENSE). Invariant: an icon never stands for a word alone; it is hidden
from assistive technology unless a label is given.
"""

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

_INNER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def icon(name: str, label: str = "") -> Markup:
    """The icon of that file name; with `label` it is an image with a name, without one it is decoration.

    Raises:
        KeyError: there is no such icon.
    """
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(spoken, _drawing(name))


@cache
def _drawing(name: str) -> Markup:
    source = files("bot") / "static" / "icons" / f"{escape(name)}.svg"
    if not source.is_file():
        raise KeyError(name)
    found = _INNER.search(source.read_text(encoding="utf-8"))
    if found is None:
        raise KeyError(name)
    # The drawing comes from a file of ours, not from a request.
    return Markup(re.sub(r"\s+", " ", found[1]).strip())  # noqa: S704 -- see above
