"""Tests against a real Fractal server."""

import pytest

# What its assertions compare is said when they fail.
pytest.register_assert_rewrite(f"{__name__}.same")
