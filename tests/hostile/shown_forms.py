"""The links and forms of a page as a browser without scripts would use them, read with the standard library."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Pair = tuple[str, str]


@dataclass
class ShownForm:
    """A form: where it leads, and what it would send as it stands."""

    method: str
    action: str
    fields: list[Pair] = field(default_factory=list)
    buttons: list[Pair] = field(default_factory=list)

    def pressed(self) -> list[Pair]:
        """What is sent when the first button is pressed."""
        return self.fields + self.buttons[:1]


class Page(HTMLParser):
    """What a page leads to. `links` and `forms` hold paths with their queries."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self._path = path
        self._form: ShownForm | None = None
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self.links: list[str] = []
        self.forms: list[ShownForm] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name, value = has.get("name") or "", has.get("value") or ""
        if tag == "a" and has.get("href"):
            self.links.append(self._inside(has["href"] or ""))
        elif tag == "form":
            self._form = ShownForm((has.get("method") or "get").lower(), self._inside(has.get("action") or ""))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and name and has.get("type") != "file":
            if has.get("type") not in {"checkbox", "radio"} or "checked" in has:
                self._form.fields.append((name, value))
        elif tag == "button" and name:
            self._form.buttons.append((name, value))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((value, "selected" in has))
        elif tag == "textarea":
            self._area = name
            self._form.fields.append((name, ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            name, before = self._form.fields.pop()
            self._form.fields.append((name, before + data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select and self._form is not None:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [v for v, _ in self._options[:1]]
            self._form.fields += [(self._select, value) for value in chosen]
            self._select = None

    def _inside(self, href: str) -> str:
        there = urlsplit(urljoin("http://here" + self._path, href))
        return (there.path + (f"?{there.query}" if there.query else "")) if there.netloc == "here" else ""
