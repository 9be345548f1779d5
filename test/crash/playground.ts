/** One scenario: its undisturbed run, and the same run with one of its attempts disturbed at one operation. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import type { ProcessWorkflowActivities } from '../../src/wire/activities.js';
import { isRetried, type ActivityName, type Call, type Outcome, type Started } from './attempts.js';
import { runEarlier } from './earlier.js';
import type { Ground, WorkerOptions } from './ground.js';
import { isStorage, losesPower, takesOver, troubleOf, type Kind } from './kinds.js';
import type { Point, RecordedCall } from './points.js';
import { interruptedUnits, wrongAfterPower } from './power.js';
import { requestOf, type Scenario } from './scenarios.js';
import { restoreSnapshot, takeSnapshot, type Snapshot } from './snapshot.js';
import {
  difference,
  disagreement,
  verdictOf,
  withoutLogEnds,
  wrongAfterCancel,
  type Verdict,
} from './verdict.js';
import { type WorkflowEnd, runWorkflow } from './workflow.js';
import { Workers } from './workers.js';
import { World } from './world.js';

interface Recorded {
  call: Call;
  outcome: Outcome;
  operations: string[];
  before: Snapshot;
  /** The call at which a replay begins: this one, but where real processes lived, which no snapshot brings back. */
  replayedFrom: number;
}

const wasCancelled = (recorded: Recorded | undefined): boolean =>
  recorded !== undefined && 'error' in recorded.outcome && recorded.outcome.error instanceof CancelledFailure;

/** What came back to life has ended, or is stopped once more. */
const over = ({ settled, attempt }: Started): Promise<unknown> => Promise.race([settled, attempt.died()]);

export class Playground {
  readonly world: World;
  private readonly workers: Workers;
  private recorded: Recorded[] = [];
  /** Units that a loss of power has interrupted; null where there was none, or nobody runs any process. */
  private interrupted: ReadonlySet<string> | null = null;
  /** Verdicts that a disturbed run may reach, by the first call that the other worker takes over. */
  private readonly expected = new Map<number | null, Verdict>();

  constructor(
    readonly scenario: Scenario,
    readonly ground: Ground,
    folder: string,
  ) {
    this.world = new World(folder, ground.virtualTime);
    this.workers = new Workers(this.world, scenario, ground);
  }

  /** The undisturbed run. Throws where it does not run at all: then nothing would be disturbed. */
  async record(): Promise<Verdict> {
    rmSync(this.world.folder, { recursive: true, force: true });
    mkdirSync(this.world.folder, { recursive: true });
    await runEarlier(this, this.workers, (perform) => this.activities(perform));
    const verdict = await this.run(async (call) => {
      const last = this.recorded.at(-1);
      const lives = wasCancelled(last) && this.ground.nodes.settle !== undefined;
      if (!lives) await this.ground.nodes.settle?.();
      const replayedFrom = lives ? (last?.replayedFrom ?? 0) : this.recorded.length;
      const before = takeSnapshot(this.world, this.ground.nodes);
      const { outcome, operations } = await this.workers.undisturbed(call, this.scenario.usual);
      this.recorded.push({ call, outcome, operations, before, replayedFrom });
      return outcome;
    });
    const { ends = verdict.end.status } = this.scenario;
    const endsWrong = verdict.end.status === 'refused' || verdict.end.status !== ends;
    const wrong = endsWrong
      ? verdict.end
      : (verdict.events ?? disagreement(verdict, join(this.world.folder, 'run')));
    if (wrong !== null) throw new Error(`the undisturbed run went wrong: ${JSON.stringify(wrong)}`);
    // What its workers do after the end must not come into the next run.
    await this.workers.endAll();
    this.expected.set(null, verdict);
    return verdict;
  }

  /** Calls of the undisturbed run with their operations. */
  get calls(): RecordedCall[] {
    return this.recorded.map(({ call, operations }) => ({ name: call.name, operations }));
  }

  /** The host loses power when all is over. */
  async powerLostAfterTheRun(): Promise<string | null> {
    const verdict = await this.verdictFrom(null);
    const last = this.recorded.length - 1;
    const again = await this.replay(
      last,
      async (call) => (await this.workers.undisturbed(call, this.scenario.usual)).outcome,
    );
    this.world.losePower('half');
    await this.workers.endAll();
    return difference(verdict, this.verdictOf(again.end));
  }

  /** What is wrong after this disturbance; null when all is as it should be. */
  async disturb(point: Point<Kind>): Promise<string | null> {
    const allowed = [await this.verdictFrom(null)];
    if (takesOver(point.kind)) {
      // What the first worker had come to counts, or what the second finds.
      for (const call of [point.call, point.call + 1]) {
        if (call < this.recorded.length) allowed.push(await this.verdictFrom(call));
      }
    }
    const zombies: Started[] = [];
    let late = '';
    this.interrupted = null;
    const verdict = await this.replay(point.call, async (call, first) => {
      const worker = takesOver(point.kind) ? this.scenario.other : this.scenario.usual;
      if (!first) return (await this.workers.undisturbed(call, worker)).outcome;
      const outcome = await this.disturbed(call, point, worker, zombies);
      return outcome;
    });
    const { interrupted } = this;
    for (const zombie of zombies) {
      zombie.attempt.release();
      await over(zombie);
      await this.ground.nodes.settle?.();
      const after = this.verdictOf(verdict.end);
      late = difference(verdict, after) ?? late;
    }
    await this.workers.endAll();
    if (late !== '') return `changed after the end of the run: ${late}`;
    const wrong = disagreement(verdict, join(this.world.folder, 'run'));
    if (wrong !== null) return wrong;
    if (verdict.events !== null) return `events: ${verdict.events}`;
    if (this.scenario.cancelAfter !== undefined) return wrongAfterCancel(verdict);
    if (interrupted !== null) {
      const expected = await this.verdictFrom(null);
      return wrongAfterPower(
        expected,
        verdict,
        interrupted,
        this.scenario.mayRerun ?? false,
        this.ground.differing,
      );
    }
    const compared = isStorage(point.kind) ? withoutLogEnds : (whole: Verdict): Verdict => whole;
    const differences = allowed.map((expected) =>
      difference(compared(expected), compared(verdict), this.ignored(point.kind)),
    );
    return differences.includes(null) ? null : (differences.at(-1) ?? null);
  }

  private async disturbed(
    call: Call,
    point: Point<Kind>,
    worker: WorkerOptions,
    zombies: Started[],
  ): Promise<Outcome> {
    const first = this.workers.start(call, this.scenario.usual, troubleOf(point.kind, point.at));
    const outcome = await this.workers.ending(call, first);
    if (outcome !== null)
      return isRetried(outcome) ? (await this.workers.undisturbed(call, worker)).outcome : outcome;
    if (first.attempt.exhausted)
      return { error: new Error(`never ends: ${String(first.attempt.operations.at(-1))}`) };
    if (point.kind === 'killed, meanwhile all ends') await this.ground.nodes.finishAll();
    if (losesPower(point.kind) && this.ground.nodes.killAll !== undefined) {
      // A host without power has no processes either.
      await this.ground.nodes.killAll();
      this.interrupted = interruptedUnits(join(this.world.folder, 'run'));
    }
    if (point.kind === 'power lost, files empty') this.world.losePower('nothing');
    if (point.kind === 'power lost, files cut') this.world.losePower('half');
    if (this.cancelsNow(call)) return { error: new CancelledFailure('cancelled') };
    if (point.kind.endsWith('back at once')) first.attempt.release();
    const { outcome: second } = await this.workers.undisturbed(call, worker);
    if (point.kind.endsWith('back at once')) await over(first);
    if (point.kind.endsWith('back after the next')) {
      first.attempt.release();
      await over(first);
    }
    if (point.kind === 'frozen, back after the run') zombies.push(first);
    return second;
  }

  private ignored(kind: Kind): ReadonlySet<string> {
    // The end of a log is an extra, and no reason to fail.
    return isStorage(kind) ? new Set([...this.ground.differing, 'log_tail']) : this.ground.differing;
  }

  private verdictOf(end: WorkflowEnd): Verdict {
    return verdictOf(end, this.ground.nodes, join(this.world.folder, 'run'));
  }

  private cancelsNow(call: Call): boolean {
    return call.name === 'runBatch' && this.scenario.cancelAfter !== undefined;
  }

  /** The verdict of a run that the other worker takes over at a call, without any disturbance. */
  private async verdictFrom(call: number | null): Promise<Verdict> {
    const known = this.expected.get(call);
    if (known !== undefined) return known;
    const verdict = await this.replay(
      call ?? 0,
      async (next) => (await this.workers.undisturbed(next, this.scenario.other)).outcome,
    );
    await this.workers.endAll();
    this.expected.set(call, verdict);
    return verdict;
  }

  /** The run from a call on; those before are taken as they were. */
  private async replay(
    from: number,
    then: (call: Call, first: boolean) => Promise<Outcome>,
  ): Promise<Verdict> {
    const start = this.recorded[from]?.replayedFrom;
    const recorded = start === undefined ? undefined : this.recorded[start];
    if (start === undefined || recorded === undefined) throw new RangeError(`no call ${from}`);
    restoreSnapshot(recorded.before, this.world, this.ground.nodes);
    let number = -1;
    return this.run(async (call) => {
      number += 1;
      const before = number < start ? this.recorded[number] : undefined;
      if (before !== undefined) return before.outcome;
      if (number >= from) return then(call, number === from);
      return (await this.workers.undisturbed(call, this.scenario.usual)).outcome;
    });
  }

  private activities(perform: (call: Call) => Promise<Outcome>): ProcessWorkflowActivities {
    const call = async (name: ActivityName, input: unknown): Promise<unknown> => {
      const outcome = await perform({ name, input: structuredClone(input) });
      this.ground.nodes.watcher = null;
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    };
    return new Proxy({} as ProcessWorkflowActivities, {
      get: (_target, name) => (input: unknown) => call(name as ActivityName, input),
    });
  }

  private async run(perform: (call: Call) => Promise<Outcome>): Promise<Verdict> {
    const { folder } = this.world;
    const request = requestOf(this.scenario, folder);
    const activities = this.activities(perform);
    const end = await runWorkflow(request, this.ground.uuid, activities, this.scenario.operator);
    await this.ground.nodes.settle?.();
    return this.verdictOf(end);
  }
}
