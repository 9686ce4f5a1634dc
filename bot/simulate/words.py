"""The figures of a simulated year as lines for people. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any


def told(whole: Mapping[str, Any]) -> str:
    """One line for each question."""
    f, practice = whole["figures"], whole["practice"]
    quarters, stayed, left = f["quarters"], f["stayed_when_asked"], f["left_when_asked"]
    return "\n".join(
        (
            f"{whole['policy']}: {whole['weeks']} weeks of {practice['clinicians']} clinicians, seed {whole['seed']}",
            f"openings             {f['openings']}, {f['freed_by_claims']} of them freed by claims",
            f"could be filled      {f['fillable']}, of which {_percent(f['filled_of_fillable'])} were",
            f"filled of all        {_percent(f['filled_of_all'])}",
            f"disappointed         {f['disappointed']}, {f['disappointed_per_fill']} for each filled time",
            f"minutes to fill      {f['minutes_to_fill']['median']} at the median with more than 4 h to go",
            f"  freed by day       {f['minutes_to_fill_by_day']['median']}",
            f"  once askable       {f['minutes_to_fill_once_askable']['median']}",
            f"  for an oracle      {f['minutes_for_the_oracle']['median']}",
            f"offers               {f['offers']}, {f['offers_per_opening']} for each opening",
            f"  would be taken     {_percent(f['would_take_share'])}",
            f"fills by waiting     {_shares(quarters['fills'])} (longest waiting quarter first)",
            f"willing who got it   {_shares(quarters['willing_won'])}",
            f"longest quarter      {_fairness(f['fairness']['all'])} of all whom times fit equally",
            f"  not gone quiet     {_fairness(f['fairness']['asked'])}",
            f"  of the willing     {_fairness(f['fairness']['willing'])}",
            f"asked if they wait   {f['asked_whether_they_wait']}: {stayed} stayed, {left} left",
            f"never asked in time  {f['never_asked']} of {f['people']}",
        )
    )


def _fairness(compared: Mapping[str, Any]) -> str:
    return f"{_percent(compared['longest_quarter']['share'])} got one, the rest {_percent(compared['rest']['share'])}"


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def _shares(shares: Sequence[float | None]) -> str:
    return ", ".join(_percent(each) for each in shares)
