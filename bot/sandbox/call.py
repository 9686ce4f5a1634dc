"""What the carrier keeps of a call, and how its REST interface shows it; what happens to it is in calls.py."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from bot.sandbox.texts import API_VERSION


@dataclass(slots=True)
class Call:
    """One call to a phone. `heard` is what was said on it, and by whom: practice or phone."""

    sid: str
    account_sid: str
    sender: str
    to: str
    url: str
    callback: str | None
    detects_machines: bool
    created_at: datetime
    status: str = "ringing"
    answered_by: str | None = None
    heard: list[tuple[str, str]] = field(default_factory=list)
    gather: str | None = None

    def as_resource(self) -> dict[str, Any]:
        """The Call resource as Twilio's JSON has it."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "to": self.to,
            "from": self.sender,
            "status": self.status,
            "direction": "outbound-api",
            "answered_by": self.answered_by,
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.created_at),
            "api_version": API_VERSION,
            "uri": f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}.json",
        }
