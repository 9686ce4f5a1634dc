"""Draws the states of a message into docs/flows/sending.md, from the table in messages/states.py.

    python docs/draw_states.py           writes the page
    python docs/draw_states.py --check   says by its exit status whether the page is current

Invariant: nothing but what stands between the two marks of the page is touched.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from messages.states import BORN, TRANSITIONS, State  # noqa: E402 -- the line above makes it found without an install

PAGE = ROOT / "docs" / "flows" / "sending.md"
BEGIN, END = "<!-- drawn by docs/draw_states.py -->", "<!-- end of the drawing -->"


def drawing() -> str:
    """The diagram and the table of the same, as Markdown."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in State if state in BORN]
    lines += [f"    {before} --> {after}: {why.replace(':', ' -')}" for (before, after), why in TRANSITIONS.items()]
    lines += ["```", "", "| from | to | when |", "|---|---|---|"]
    lines += [f"| {before} | {after} | {why} |" for (before, after), why in TRANSITIONS.items()]
    return "\n".join(lines)


def drawn(page: str) -> str:
    """The page with the drawing as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{drawing()}\n\n{END}{after}"


def main() -> int:
    """Write the page, or look whether it is current."""
    page = PAGE.read_text(encoding="utf-8")
    now = drawn(page)
    if "--check" in sys.argv:
        return int(now != page)
    PAGE.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
