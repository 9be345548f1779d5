"""A Fractal server whose jobs run here: `fractal_temporal_bridge.main:app` in place of `fractal_server.main:app`."""

from fractal_server.main import app

from .server.hooks import install

service = install(app)

__all__ = ["app", "service"]
