/** What a campaign is to do, by the environment (`npm run test:faults` sets it), or as `npm test` has time for. */
import type { BackendName } from './world.js';

export interface Settings {
  seed: number;
  count: number;
  worlds: number;
  isLong: boolean;
  only?: string[];
  calm: number;
  deadline?: number;
  patienceMs: number;
}

const ROUND_MS = 900_000;
const DAY_MS = 86_400_000;

const given = (name: string): string | undefined => process.env[`FRACTAL_FAULTS_${name}`];

const numberOf = (name: string): number | undefined => {
  const text = given(name);
  return text === undefined ? undefined : Number(text);
};

export const settingsOf = (backend: BackendName, round: { count: number; worlds: number }): Settings => {
  const wanted = given('BACKEND');
  const only = given('ONLY');
  const minutes = numberOf('MINUTES');
  const count = numberOf('COUNT') ?? round.count;
  return {
    seed: numberOf('SEED') ?? 1,
    count: wanted === undefined || wanted === backend ? count : 0,
    worlds: numberOf('WORLDS') ?? round.worlds,
    isLong: given('LONG') === '1',
    ...(only === undefined ? {} : { only: only.split(', ') }),
    calm: given('COUNT') === undefined || only !== undefined ? 0 : 3,
    ...(minutes === undefined ? {} : { deadline: Date.now() + minutes * 60_000 }),
    patienceMs: given('COUNT') === undefined ? ROUND_MS : DAY_MS,
  };
};
