"""Runs the jobs of a Fractal server as durable Temporal workflows of fractal-temporal.

For any Python program:

    from fractal_temporal_bridge import process_workflow

    process_workflow(workflow=..., dataset=..., workflow_dir_local=Path("/data/jobs/1"), job_id=1, user_id=1,
                     logger_name="job1", job_attribute_filters={}, job_type_filters={})

In a Fractal server: `gunicorn fractal_temporal_bridge.main:app` in place of `fractal_server.main:app`.
"""

from .errors import JobExecutionError, TaskExecutionError
from .process import process_workflow

__all__ = ["JobExecutionError", "TaskExecutionError", "process_workflow"]
