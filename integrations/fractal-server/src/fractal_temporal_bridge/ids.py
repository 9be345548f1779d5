"""The workflow id of a run: of its name and folder, so that starting twice is one run (docs/client.md, "The id")."""

import hashlib
import re
import string

# Runs of ASCII punctuation and space, and of control characters.
_SEPARATORS = re.compile("[" + re.escape(string.punctuation) + r" \x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SLUG_LENGTH = 40


def workflow_id(workflow_name: str, run_dir: str, is_encrypted: bool = False) -> str:
    """`<slug of the workflow's name>-<16 hex digits of the SHA-256 of its folder>`; the name is hidden on request."""
    slug = _SEPARATORS.sub("-", workflow_name.lower()).strip("-")[:_SLUG_LENGTH].strip("-")
    slug = "" if is_encrypted else slug
    return f"{slug or 'run'}-{hashlib.sha256(run_dir.encode()).hexdigest()[:16]}"
