"""The jobs that this process of a server follows: each in a thread of its own, under its lock."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy.exc import InterfaceError, OperationalError

from ..ending import Ending, ending_of_result
from ..errors import RequestError
from ..folder import RunFolder
from ..follow import RESULT, Follower
from ..job import Job, far_of
from ..process import error_of
from ..settings import Settings
from ..start import follow_run
from ..temporal import Temporal, shared_temporal
from ..tunables import FOLLOW_AGAIN_SECONDS, FOLLOW_TRIES, RETRY_SECONDS
from .begin import job_context
from .context import JobContext
from .finish import write_end
from .lock import JobLock, LockLostError, Locks
from .record import DatabaseRecorder
from .resource import ResourceGate
from .seam import Seam

SHUTDOWN = "shutdown"

logger = logging.getLogger("fractal_temporal_bridge")


class Service:
    def __init__(self, seam: Seam, settings: Settings) -> None:
        self.seam = seam
        self.settings = settings
        self.locks = Locks(seam)
        self._followed: dict[int, JobLock] = {}
        #: How runs have ended whose jobs are not packed yet, by the server's folder.
        self._over: dict[str, tuple[int, RunFolder, Ending]] = {}
        self._turn = threading.Lock()
        self._ending = threading.Event()

    @property
    def temporal(self) -> Temporal:
        return shared_temporal()

    def launch(self, job_id: int, work: Callable[[], None]) -> bool:
        """Does `work` in a thread of its own if nobody follows the job; raises a DBAPIError if the database is away."""
        with self._turn:
            if self._ending.is_set() or job_id in self._followed:
                return False
            lock = self.locks.take(job_id)
            if lock is None:
                return False
            self._followed[job_id] = lock

        def follow() -> None:
            try:
                work()
            except Exception:
                logger.exception(f"Job {job_id}: could not be followed to its end; it is taken up again")
            finally:
                with self._turn:
                    self._followed.pop(job_id, None)
                lock.release()

        # A daemon: a server that ends does not wait for its jobs, the next one goes on with them.
        threading.Thread(target=follow, name=f"job-{job_id}", daemon=True).start()
        return True

    def lock_of(self, job_id: int) -> JobLock:
        with self._turn:
            return self._followed[job_id]

    def end(self) -> None:
        """Lets go of all jobs: they go on at Temporal, and in the next process that starts."""
        self._ending.set()
        with self._turn:
            for lock in self._followed.values():
                lock.release()

    def pause(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            self.park()

    @staticmethod
    def park() -> None:
        """Stays here until the process ends: the caller further up would pack and remove the folder of a living run."""
        threading.Event().wait()

    def process(self, job: Job) -> None:
        """What a server's `process_workflow` does; raises the server's own errors."""
        lock = self.lock_of(job.job_id)
        folder = RunFolder(job.run_dir(self.settings), job.job_dir)
        try:
            context = self._patient_context(job)
        except RequestError as error:
            ending = Ending("failed", "JobExecutionError", f"The job cannot be sent to the runner. {error}")
        else:
            context.save(job.job_dir)
            folder = self.folder_of(context, job.job_dir)
            ending = self.follow(context, folder, lock, logging.getLogger(job.logger_name))
            # Before the job's row says that it is over: then its files are looked at.
            self.bring(folder)
        with self._turn:
            self._over[str(job.job_dir)] = (job.job_id, folder, ending)
        if ending.status != "done":
            raise error_of(ending, self.seam.task_error, self.seam.job_error)

    def pack(self, folder: str) -> None:
        """In place of the server's own packing, which it does when it has written the end of a job."""
        with self._turn:
            over = self._over.pop(folder, None)
        if over is None:
            logger.warning(f"{folder}: the job ended without a run")
        else:
            job_id, run_folder, ending = over
            # It tried once; while the database was away that was in vain.
            self.end_job(job_id, ending, run_folder.job_dir)
            self.tidy(run_folder)
        self.seam.zip_folder(folder=folder)

    def folder_of(self, context: JobContext, job_dir: Path) -> RunFolder:
        run_dir = Path(context.run_dir)
        workers = far_of(self.temporal, context.argument, run_dir, context.workflow_queue)
        return RunFolder(run_dir, job_dir, context.workflow_id, workers)

    def end_job(self, job_id: int, ending: Ending, job_dir: Path | None) -> None:
        """Writes the end of a job unless it is written, again until the database takes it."""
        write = partial(write_end, self.seam, job_id, ending, job_dir)

        def say(words: str | None) -> None:
            if words is not None:
                logger.warning(f"Job {job_id}: {words}")

        self._guarded(write, self.lock_of(job_id), say)

    def follow(self, context: JobContext, folder: RunFolder, lock: JobLock, log: logging.Logger) -> Ending:
        """Starts the run or joins it, and records it until it has ended."""
        follower: Follower

        def guarded(write: Callable[[], None]) -> None:
            self._guarded(write, lock, lambda words: follower.say("the database", words))

        recorder = DatabaseRecorder(self.seam, context, folder, guarded)
        gate = ResourceGate(
            seam=self.seam,
            temporal=self.temporal,
            workflow_id=context.workflow_id,
            resource_id=context.resource_id,
            at_boundary=lambda: recorder.at_boundary,
        )
        follower = Follower(
            temporal=self.temporal,
            workflow_id=context.workflow_id,
            queues=context.queues,
            folder=folder,
            recorder=recorder,
            logger=log,
            pause=self.pause,
            stop_wanted=lambda: stop_wanted(folder.job_dir) or gate.stop_wanted(),
        )
        return self._follow_for_good(follower, context)

    def _follow_for_good(self, follower: Follower, context: JobContext) -> Ending:
        """Nothing that goes wrong here ends a job whose run may live: it is followed anew, from its first event on."""
        for failures in count(1):
            try:
                return follow_run(follower, context.argument, context.workflow_queue)
            except Exception as error:
                follower.logger.exception(f"The run cannot be followed ({error}): trying again")
                if failures >= FOLLOW_TRIES:
                    with suppress(OSError):
                        return ending_of_result(follower.folder.object(RESULT))
                self.pause(FOLLOW_AGAIN_SECONDS)
        raise AssertionError("unreachable")

    def bring(self, folder: RunFolder) -> None:
        """All that a user may want to see; of a run whose workers have gone what has come until then."""
        for _ in range(FOLLOW_TRIES):
            try:
                folder.fetch_all()
                return
            except OSError as error:
                logger.warning(f"{folder.job_dir}: files of the run cannot be had ({error})")
                self.pause(FOLLOW_AGAIN_SECONDS)

    @staticmethod
    def tidy(folder: RunFolder) -> None:
        """What the server packs is what a user may want to see."""
        folder.drop_private()
        JobContext.remove(folder.job_dir)

    def _guarded(self, write: Callable[[], None], lock: JobLock, say: Callable[[str | None], None]) -> None:
        while True:
            if self._ending.is_set():
                self.park()
            try:
                lock.check()
                write()
            except LockLostError:
                # Whoever has the lock next follows the job; this process tries for it as well, in its next scan.
                say("The connection to the database was lost: the job is taken up again")
                self._let_go(lock)
                self.park()
            except (OperationalError, InterfaceError, OSError) as error:
                say(f"Cannot record what has happened ({type(error).__name__}: {error}): trying again, nothing is lost")
                self.pause(RETRY_SECONDS)
            except Exception as error:
                # Such as a dataset that was deleted: the run goes on, and so does what follows it.
                logger.exception(f"A part of a run could not be recorded: {error}")
                return None
            else:
                return say(None)

    def _let_go(self, lock: JobLock) -> None:
        with self._turn:
            for job_id, held in list(self._followed.items()):
                if held is lock:
                    del self._followed[job_id]
        lock.release()

    def _patient_context(self, job: Job) -> JobContext:
        """Raises RequestError; waits for a database that is away."""
        while True:
            try:
                return job_context(self.seam, self.settings, job)
            except (OperationalError, InterfaceError) as error:
                logger.warning(f"Job {job.job_id}: the database is away, it starts when it is back ({error})")
                self.pause(RETRY_SECONDS)


def stop_wanted(job_dir: Path) -> str | None:
    """The server's button writes a file."""
    return "The job was stopped by its user" if (job_dir / SHUTDOWN).exists() else None
