"""A real SLURM cluster, Unix users, and a supervisor that starts their workers (docs/users.md). As root, on Debian."""

import contextlib
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

from .processes import Process, until
from .runner import CLI

_CLUSTER = Path(__file__).resolve().parents[4] / "test" / "slurm" / "cluster.sh"


def why_not() -> str | None:
    if os.getuid() != 0:
        return "a SLURM cluster and its users need root"
    return None if shutil.which("apt-get") else "a test cluster is made of Debian's packages"


class Cluster:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # It ends with this process, however that ends.
        subprocess.run([_CLUSTER, "up", folder, "--owner", str(os.getpid())], check=True, stdin=subprocess.DEVNULL)
        self.conf = folder / "etc" / "slurm.conf"

    def owners(self) -> dict[int, str]:
        """Users by the ids of all jobs that there were."""
        command = ["squeue", "-h", "-t", "all", "-o", "%i %u"]
        env = {**os.environ, "SLURM_CONF": str(self.conf)}
        text = subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
        return {int(line.split()[0]): line.split()[1] for line in text.splitlines()}

    def down(self) -> None:
        subprocess.run([_CLUSTER, "down", self._folder], check=True, stdin=subprocess.DEVNULL)


class Users:
    """Made for a test, and removed with what still runs as them."""

    def __init__(self, count: int) -> None:
        prefix = f"fb{uuid4().hex[:8]}"
        self.names = [f"{prefix}{letter}" for letter in "abcdefgh"[:count]]
        for name in self.names:
            subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", "--user-group", name], check=True)

    @staticmethod
    def own(name: str, folder: Path) -> Path:
        """A new folder that belongs to a user, and that nobody else may enter."""
        folder.mkdir(mode=0o700)
        account = pwd.getpwnam(name)
        os.chown(folder, account.pw_uid, account.pw_gid)
        return folder

    def remove(self) -> None:
        for name in self.names:
            with contextlib.suppress(KeyError):
                subprocess.run(["pkill", "-KILL", "-U", str(pwd.getpwnam(name).pw_uid)], check=False)
            subprocess.run(["userdel", "--remove", "--force", name], check=False, capture_output=True)


class Supervisor:
    def __init__(self, folder: Path, address: str, cluster: Cluster, users: Users) -> None:
        slurm = {"partition": "normal", "cpus_per_task": 1, "mem": 100, "time": "10"}
        batching = {"target_cpus_per_job": 2, "max_cpus_per_job": 8, "target_num_jobs": 4, "max_num_jobs": 100}
        batching |= {"target_mem_per_job": 200, "max_mem_per_job": 1000}
        runner = {"poll_interval_seconds": 1, "check_partitions": False}
        config = folder / "slurm-users.json"
        config.write_text(
            json.dumps({"default_slurm_config": slurm, "batching_config": batching, "runner_config": runner})
        )
        file = folder / "users.json"
        environment = {"SLURM_CONF": str(cluster.conf)}
        settings = {"version": 1, "slurm_config": str(config), "look_seconds": 0.5, "environment": environment}
        file.write_text(json.dumps({**settings, "users": [{"name": name} for name in users.names]}))
        for each in (config, file):
            each.chmod(0o644)
        self.log = folder / "supervisor.log"
        command = ["node", CLI, "worker", "slurm", "--users", str(file), "--address", address, "--monitor", "0"]
        self._process = Process(command, self.log, dict(os.environ))
        until("the supervisor is ready", lambda: "Ready" in self.log.read_text(), 120)

    def stop(self) -> None:
        self._process.end()
