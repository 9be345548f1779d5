/** Every operation of the SLURM backend's own files and commands, on a cluster in memory. */
import './mocks.js';
import { ofSlurm } from './scenarios.js';
import { slurmGround } from './slurm-ground.js';
import { crashSuite } from './suite.js';

const STEP = 13;

crashSuite({
  title: 'SLURM, ',
  scenarios: ofSlurm,
  ground: (scenario, folder) => slurmGround(scenario.play(folder)),
  step: () => STEP,
  // What the other activities do is the scripted suite's.
  tries: ({ name }) => name === 'runBatch' || name === 'cancelBatches',
});
