"""The part that lives inside a Fractal server: hooks, locks, rows of its database, jobs that go on after a restart."""
