"""How a job ends when it does not end well.

A program without a Fractal server gets the two classes below. Inside a server its own are raised, which it catches.
"""


class TaskExecutionError(RuntimeError):
    """A task's process exited with a positive code, or wrote an output that does not validate."""

    def __init__(
        self,
        *args: object,
        workflow_task_id: int | None = None,
        workflow_task_order: int | None = None,
        task_name: str | None = None,
    ) -> None:
        super().__init__(*args)
        self.workflow_task_id = workflow_task_id
        self.workflow_task_order = workflow_task_order
        self.task_name = task_name


class JobExecutionError(RuntimeError):
    """What ran the task failed: killed, refused, cancelled, or the request itself is wrong."""

    def __init__(
        self,
        *args: object,
        info: str | None = None,
        cmd_file: str | None = None,
        stdout_file: str | None = None,
        stderr_file: str | None = None,
    ) -> None:
        super().__init__(*args)
        self.info = info
        self.cmd_file = cmd_file
        self.stdout_file = stdout_file
        self.stderr_file = stderr_file

    def __str__(self) -> str:
        return self.info or super().__str__()


class RequestError(ValueError):
    """The request cannot be sent as it is: says which value, and what to do."""
