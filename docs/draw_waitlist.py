"""Draws docs/images/waitlist-*.svg from the simulation's JSON, and says whether any seed was worse than both others.

`make simulate-waitlist` writes one file for each policy and seed to build/waitlist and calls this. Figures of several
seeds are shown as the middle one, with a line from the least to the most. Nothing is drawn that was not measured.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent
POLICIES = ("serial", "broadcast", "stillon")
NAMES = {"serial": "One after another", "broadcast": "Everybody at once", "stillon": "Stillon"}
CHARTS = (
    ("filled", "Filled, of the times that could be filled", lambda f: 100 * f["filled_of_fillable"], "%", 0),
    ("disappointed", "People who said yes in vain, for each filled time", lambda f: f["disappointed_per_fill"], "", 2),
    (
        "minutes",
        "Minutes until half were taken, more than 4 h ahead, once anybody might be texted",
        lambda f: f["minutes_to_fill_once_askable"]["median"],
        " min",
        0,
    ),
    ("offers", "Offers for each freed time", lambda f: f["offers_per_opening"], "", 1),
)
WIDTH, ROW, LEFT, RIGHT = 640, 34, 150, 90


def main() -> None:
    """Draw every chart and print the figures."""
    folder = Path(sys.argv[1])
    runs, practices = defaultdict(dict), set()
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_text("utf-8"))
        runs[told["policy"]][told["seed"]] = told["figures"]
        practices.add((told["practice"]["clinicians"], told["weeks"]))
    ((clinicians, weeks),) = practices  # other practices are other pictures
    seeds = max(len(each) for each in runs.values())
    of = f"{clinicians} clinicians, {weeks} weeks, {seeds} {'seed' if seeds == 1 else 'seeds'}"
    for name, title, value, unit, digits in CHARTS:
        found = {
            policy: sorted(value(each) or 0 for each in runs[policy].values()) for policy in POLICIES if runs[policy]
        }
        drawn = _chart(title, of, found, unit, digits)
        (ROOT / "images" / f"waitlist-{name}.svg").write_text(drawn, "utf-8")
    _compare(runs)


def say(line: str) -> None:
    """One line for whoever runs this."""
    sys.stdout.write(line + "\n")


def _chart(title: str, of: str, found: dict[str, list[float]], unit: str, digits: int) -> str:
    most = max(values[-1] for values in found.values()) or 1
    scale = (WIDTH - LEFT - RIGHT) / most
    rows = []
    for number, (policy, values) in enumerate(found.items()):
        y, middle = 64 + ROW * number, median(values)
        rows.append(f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{NAMES[policy]}</text>')
        kind = "ours" if policy == "stillon" else "bar"
        rows.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{middle * scale:.1f}" height="20" rx="3"/>')
        if values[0] != values[-1]:
            ends = f'x1="{LEFT + values[0] * scale:.1f}" x2="{LEFT + values[-1] * scale:.1f}"'
            rows.append(f'<line {ends} y1="{y + 10}" y2="{y + 10}"/>')
        x = LEFT + max(middle, values[-1]) * scale + 8
        rows.append(f'<text x="{x:.1f}" y="{y + 15}">{middle:.{digits}f}{unit}</text>')
    height = 72 + ROW * len(found)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">'
        "<style>text{font:14px system-ui,sans-serif;fill:#3b3b38}.title{font-weight:600}.bar{fill:#b9b7ae}"
        ".ours{fill:#2f6b57}line{stroke:#3b3b38;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#deddd6}"
        ".bar{fill:#66645d}.ours{fill:#6fb79d}line{stroke:#deddd6}}</style>"
        f'<text class="title" x="8" y="24">{title}</text><text x="8" y="46">{of}</text>{"".join(rows)}</svg>\n'
    )


def _compare(runs: dict[str, dict[int, dict[str, float]]]) -> None:
    worse = [
        (seed, other)
        for seed, ours in runs["stillon"].items()
        for other in ("serial", "broadcast")
        if seed in runs[other]
        and ours["filled_of_all"] < runs[other][seed]["filled_of_all"]
        and ours["disappointed_per_fill"] > runs[other][seed]["disappointed_per_fill"]
    ]
    say(f"{len(runs['stillon'])} seeds; worse than another policy on both axes: {worse or 'none'}")
    for policy in POLICIES:
        for name, _, value, unit, _ in CHARTS:
            values = sorted(value(each) or 0 for each in runs[policy].values())
            if values:
                say(f"{policy:10} {name:13} median {median(values):.3f}{unit}, {values[0]:.3f} to {values[-1]:.3f}")


if __name__ == "__main__":
    main()
