/** The workers of one scenario's runs: attempts as the server starts them, and their end. */
import { isRetried, startAttempt, type Call, type Outcome, type Started } from './attempts.js';
import type { Ground, WorkerOptions } from './ground.js';
import type { Scenario } from './scenarios.js';
import { turn, type Trouble } from './seam.js';
import type { World } from './world.js';

/** After so many attempts of one activity nobody would wait any longer. */
const MOST_ATTEMPTS = 8;

export class Workers {
  private started: Started[] = [];

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
    private readonly ground: Ground,
  ) {}

  start(call: Call, worker: WorkerOptions, trouble?: Trouble): Started {
    const started = startAttempt(this.world, call, () => this.ground.backend(worker), trouble);
    this.started.push(started);
    return started;
  }

  /** Waits for the end of an attempt; cancels it when the scenario says so. */
  async ending(call: Call, started: Started): Promise<Outcome | null> {
    const { cancelAfter } = this.scenario;
    if (call.name !== 'runBatch' || cancelAfter === undefined) return started.end;
    const look = (): void => {
      if (this.ground.nodes.steps >= cancelAfter) started.cancel();
    };
    this.ground.nodes.watcher = look;
    look();
    return started.end;
  }

  /** Attempts as the server starts them: again and again while they may be retried. */
  async undisturbed(call: Call, worker: WorkerOptions): Promise<{ outcome: Outcome; operations: string[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const started = this.start(call, worker);
      const { operations } = started.attempt;
      const outcome = await this.ending(call, started);
      if (outcome === null)
        return { outcome: { error: new Error(`never ends: ${String(operations.at(-1))}`) }, operations };
      // What its worker does after the end is no part of it.
      if (!isRetried(outcome) || attempt === MOST_ATTEMPTS) return { outcome, operations: [...operations] };
    }
  }

  /** No worker of this run does anything any more, and nothing of it is left. */
  async endAll(): Promise<void> {
    for (const { attempt } of this.started) attempt.bury();
    await Promise.all(this.started.map(({ attempt }) => attempt.died()));
    this.started = [];
    await this.ground.nodes.killAll?.();
    await turn();
  }
}
