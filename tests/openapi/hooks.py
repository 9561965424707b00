"""What Schemathesis sends is changed here where it would find what is meant to be so."""

import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key that is sent again with another body is refused, as it should be: each sound key becomes one of its own."""
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[!-~]{1,255}", key):
        headers["Idempotency-Key"] = uuid.uuid4().hex
