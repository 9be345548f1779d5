import { readFileSync } from 'node:fs';

/** What one command of a real cluster printed; written by record-fixtures.ts. */
export interface SlurmFixture {
  command: string[];
  exit_code: number;
  stdout: string;
  stderr: string;
}

/** Reads test/fixtures/slurm/NAME.json. */
export const slurmFixture = (name: string): SlurmFixture =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/slurm/${name}.json`, import.meta.url), 'utf8'),
  ) as SlurmFixture;
