/** What happens at a site (site.ts): how units end, which jobs are ended from outside, what sbatch says. */
import type { EndCause } from '../../src/batch/end-causes.js';

/** How one unit ends. */
export interface UnitPlay {
  status?: number;
  /** What it writes as its output; nothing by default. */
  output?: unknown;
}

/** The scheduler's word on a job that did not end by itself. */
export interface JobEnd {
  cause: EndCause;
  state: string;
  message: string;
  node: string | null;
}

/** A job that is ended from outside: after so many units have ended, while one more runs. */
export interface Interruption {
  ended: number;
  end: JobEnd;
}

/** What happens at the site, by the names in a batch's key. */
export interface SitePlay {
  unit(url: string | null, times: number, name: string): UnitPlay;
  /** @param name `{position}{f or c}-{batch}-{try}`, e.g. `000f-000000-1`. */
  interruption?(name: string): Interruption | null;
  /** sbatch's words for a batch that it refuses for good. */
  refusal?(name: string): string | null;
  /** sbatch's words for a batch, one call after the other, before it takes the job. */
  passing?(name: string): string[];
}
