/** Whether a worker's process can take work: connected to its server, and polling every queue of its own. */
import { ANSWER_KEPT_MS } from './tunables.js';

/** One of Temporal's pollers in this process. */
export interface QueueState {
  queue: string;
  type: 'workflow' | 'activity';
  polling: boolean;
}

/** What is looked at once the workers run. */
export interface Watched {
  /** Of the Temporal server. */
  address: string;
  namespace: string;
  queues(): QueueState[];
  /** Resolves to null when the server answers, else to the reason why not; never rejects. */
  ask(): Promise<string | null>;
}

/** The body of `/readyz`. */
export interface Readiness {
  status: 'ready' | 'not ready';
  /** Why it is not; empty when it is. */
  reasons: string[];
  server: { address: string; namespace: string; reachable: boolean } | null;
  queues: QueueState[];
}

export interface ReadinessProbe {
  look(): Promise<Readiness>;
  /** From now on these workers are what is looked at. */
  watch(watched: Watched): void;
  /** From now on it is not ready: it ends. */
  end(): void;
}

/** One question at a time, whose answer serves whoever asks within the next second. */
const shared = (ask: () => Promise<string | null>): (() => Promise<string | null>) => {
  let asked: { at: number; answer: Promise<string | null> } | null = null;
  return () => {
    if (asked === null || performance.now() - asked.at > ANSWER_KEPT_MS)
      asked = { at: performance.now(), answer: ask() };
    return asked.answer;
  };
};

const notReady = (reason: string): Readiness => ({
  status: 'not ready',
  reasons: [reason],
  server: null,
  queues: [],
});

export const createReadiness = (): ReadinessProbe => {
  let state: 'starting' | 'ending' | Watched = 'starting';
  return {
    watch: (watched) => {
      if (state !== 'ending') state = { ...watched, ask: shared(watched.ask) };
    },
    end: () => {
      state = 'ending';
    },
    look: async () => {
      if (state === 'starting') return notReady('the workers are starting');
      if (state === 'ending') return notReady('the workers are ending; batches go on');
      const { address, namespace, queues: look, ask } = state;
      const problem = await ask();
      const queues = look();
      const idle = queues.filter(({ polling }) => !polling);
      const reasons = [
        ...(problem === null ? [] : [`the server at ${address} does not answer: ${problem}`]),
        ...idle.map(({ queue, type }) => `the ${type} queue ${queue} is not polled`),
      ];
      return {
        status: reasons.length === 0 ? 'ready' : 'not ready',
        reasons,
        server: { address, namespace, reachable: problem === null },
        queues,
      };
    },
  };
};
