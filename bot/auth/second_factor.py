"""One-time codes of an authenticator app (TOTP, RFC 6238), and the recovery codes for when the phone is gone. Pure.

Six digits, thirty seconds, SHA-1, as every app expects. A code is good in its own step and, for slow clocks and
fingers, the one before and after. Invariant: a step that was used, or lies before one that was, is refused: a code
works once.
"""

import base64
import io
import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno
from markupsafe import Markup

STEP_SECONDS: Final = 30
TOLERANCE_STEPS: Final = 1
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10
ISSUER: Final = "Stillon"


def secret_from(chance: bytes) -> str:
    """The secret an app stores, as base32, from at least twenty bytes of chance."""
    return base64.b32encode(chance[:SECRET_BYTES]).decode()


def accepted_step(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step whose code this is, if it may still be used; the caller stores it. None: wrong, or used before."""
    digits = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - TOLERANCE_STEPS, current + TOLERANCE_STEPS + 1):
        fresh = last_step is None or step > last_step
        if secrets.compare_digest(totp.at(step * STEP_SECONDS), digits.encode("ascii", "replace").decode()) and fresh:
            return step
    return None


def app_address(secret: str, email: str) -> str:
    """The otpauth address an app reads from the picture."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(address: str) -> Markup:
    """The address as a QR code: SVG without style attributes, dark on light whatever the page's colours."""
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=0, svgclass=None, lineclass=None)
    # Drawn by a library from our own text, which it turns into modules only.
    return Markup('<div class="qr" role="img" aria-label="QR code for your authenticator app">{}</div>').format(
        Markup(out.getvalue().decode())  # noqa: S704 -- see above
    )


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of sixteen letters and digits (80 bits), in groups of four, each good once."""
    return tuple(
        _grouped(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()) for _ in range(RECOVERY_CODES)
    )


def tidy_recovery(code: str) -> str:
    """A recovery code as it is hashed, however it was typed."""
    return "".join(sign for sign in code.lower() if sign.isalnum())


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
