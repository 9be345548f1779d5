"""A Fractal server of a given version: its database, its gunicorn with two workers, natively or with the bridge."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from .postgres import Postgres
from .processes import Process, free_port, hiding, until

ADMIN = {"username": "admin@fractal.xy", "password": "1234-of-a-test"}
NATIVE, BRIDGED = "fractal_server.main:app", "fractal_temporal_bridge.main:app"


@dataclass
class Fractal:
    python: Path
    folder: Path
    postgres: Postgres
    temporal_address: str
    #: `local`, or `slurm_sudo`: its teardown stops jobs natively.
    resource_type: str = "local"
    app: str = BRIDGED
    graceful_seconds: int = 4
    env: dict[str, str] = field(default_factory=dict)
    #: Of its SLURM configuration and its profile.
    partition: str = "main"
    memory_mb: int = 100
    cluster_user: str = "somebody"
    #: Folders that the server does not see (only where root runs the tests): empty ones stand in their place.
    hidden: list[Path] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    starts: int = 0

    def __post_init__(self) -> None:
        command = [str(self.python), "-c", "import fractal_server; print(fractal_server.__VERSION__)"]
        text = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout
        self.version = tuple(int(part) for part in text.strip().split(".")[:3])
        self.has_resources = self.version >= (2, 17)
        for name in ("", "jobs", "tasks", "user"):
            (self.folder / name).mkdir(exist_ok=True)

    @property
    def takes_lists(self) -> bool:
        """Whether tasks are added to a workflow in lists: its description says so, whichever release changed it."""
        described = httpx.get(f"http://127.0.0.1:{self.port}/api/openapi.json", timeout=60)
        if described.status_code != 200:
            described = httpx.get(f"http://127.0.0.1:{self.port}/openapi.json", timeout=60)
        path = "/api/v2/project/{project_id}/workflow/{workflow_id}/wftask/"
        schema = described.json()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return bool(schema.get("type") == "array")

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TEMPORAL_", "FRACTAL_", "POSTGRES_"))}
        backend = self.resource_type
        if not self.has_resources and backend == "slurm_sudo":
            backend = "slurm"
        return {
            **inherited,
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(self.postgres.port),
            "POSTGRES_USER": self.postgres.user,
            "POSTGRES_DB": "fractal",
            "JWT_SECRET_KEY": "of-a-test",
            "FRACTAL_LOGGING_LEVEL": "20",
            "FRACTAL_RUNNER_BACKEND": backend,
            "FRACTAL_GRACEFUL_SHUTDOWN_TIME": "4",
            # Until 2.16; later versions have it in their resources.
            "FRACTAL_RUNNER_WORKING_BASE_DIR": str(self.folder / "jobs"),
            "FRACTAL_TASKS_DIR": str(self.folder / "tasks"),
            "FRACTAL_SLURM_WORKER_PYTHON": str(self.python),
            "FRACTAL_SLURM_CONFIG_FILE": str(self.folder / "slurm.json"),
            "FRACTAL_TASKS_PYTHON_DEFAULT_VERSION": self._python_version,
            f"FRACTAL_TASKS_PYTHON_{self._python_version.replace('.', '_')}": str(self.python),
            "FRACTAL_DEFAULT_ADMIN_EMAIL": ADMIN["username"],
            "FRACTAL_DEFAULT_ADMIN_PASSWORD": ADMIN["password"],
            "TEMPORAL_ADDRESS": self.temporal_address,
            # Whatever the type of the resource: there is no SLURM here.
            "FRACTAL_BRIDGE_BACKEND": "local",
            **self.env,
        }

    @property
    def _python_version(self) -> str:
        return {True: "3.11", False: "3.13"}[self.version < (2, 19)]

    def set_up(self) -> None:
        """Schema, first user, first resource."""
        memory = self.memory_mb
        slurm = {"partition": self.partition, "cpus_per_task": 1, "mem": f"{memory}M"}
        batching = {f"{kind}_{what}": 1 for what in ("cpus_per_job", "num_jobs") for kind in ("target", "max")}
        batching |= {"target_mem_per_job": memory, "max_mem_per_job": memory}
        config = {"default_slurm_config": slurm, "batching_config": batching}
        (self.folder / "slurm.json").write_text(json.dumps(config))
        self._control("set-db")
        if not self.has_resources:
            return
        is_local = self.resource_type == "local"
        resource = {
            "name": "resource",
            "type": self.resource_type,
            "jobs_local_dir": str(self.folder / "jobs"),
            "tasks_local_dir": str(self.folder / "tasks"),
            "jobs_poll_interval": 1,
            "jobs_runner_config": {} if is_local else config,
            "jobs_slurm_python_worker": None if is_local else str(self.python),
            "tasks_python_config": {
                "default_version": self._python_version,
                "versions": {self._python_version: str(self.python)},
            },
            "tasks_pixi_config": {},
        }
        profile = {"resource_type": self.resource_type, "name": "profile"}
        if not is_local:
            profile["username"] = self.cluster_user
        (self.folder / "resource.json").write_text(json.dumps(resource))
        (self.folder / "profile.json").write_text(json.dumps(profile))
        files = ["--resource", str(self.folder / "resource.json"), "--profile", str(self.folder / "profile.json")]
        admin = ["--admin-email", ADMIN["username"], "--admin-pwd", ADMIN["password"]]
        self._control("init-db-data", *files, *admin, "--admin-project-dir", str(self.folder / "user"))

    def _control(self, *arguments: str) -> None:
        command = [str(self.python.parent / "fractalctl"), *arguments]
        done = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, app: str | None = None) -> None:
        self.app = app or self.app
        self.starts += 1
        self.log = self.folder / f"server-{self.starts}.log"
        options = ["--workers", "2", "--bind", f"127.0.0.1:{self.port}", "--timeout", "60"]
        worker = "fractal_server.gunicorn_fractal.FractalWorker"
        more = ["--worker-class", worker, "--graceful-timeout", str(self.graceful_seconds)]
        command = [*hiding(self.hidden), str(self.python.parent / "gunicorn"), self.app, *options, *more]
        self.process = Process(command, self.log, self.environment, cwd=self.folder)
        try:
            until("the server answers", lambda: self._is_alive(), 300)
        except AssertionError:
            self.kill()
            raise

    def _is_alive(self) -> bool:
        if self.process.popen.poll() is not None:
            raise RuntimeError(self.log.read_text()[-3000:])
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/api/alive/", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        self.process.kill_all()

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def terminate(self) -> None:
        self.process.end()

    def client(self) -> "FractalClient":
        return FractalClient(self)


class FractalClient:
    """What the web client asks a server for."""

    def __init__(self, server: Fractal) -> None:
        self._server = server
        # No connection is kept: the server closes an idle one after 5 s, perhaps while it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60, limits=limits)
        answer = self._http.post("/auth/token/login/", data=ADMIN)
        assert answer.status_code == 200, answer.text
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self._http.request(method, path, json=body, params=query)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer.content

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", f"/api/v2/{path}", **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.call("POST", f"/api/v2/{path}", body, **query)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body)
