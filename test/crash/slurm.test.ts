/** Every operation of the SLURM backend's own files and commands, on a cluster in memory. */
import './mocks.js';
import { ofSlurmLost, ofSlurmWithOperator } from './operator-scenarios.js';
import { ofSlurm } from './scenarios.js';
import { slurmGround } from './slurm-ground.js';
import { crashSuite } from './suite.js';

const STEP = 13;
const STEP_WITH_OPERATOR = 41;

crashSuite({
  title: 'SLURM, ',
  scenarios: [...ofSlurm, ...ofSlurmWithOperator, ...ofSlurmLost],
  ground: (scenario, folder) => slurmGround(scenario.play(folder)),
  step: (scenario) => (ofSlurm.includes(scenario) ? STEP : STEP_WITH_OPERATOR),
  // What the other activities do is the scripted suite's.
  tries: ({ name }, scenario) =>
    ['runBatch', 'cancelBatches'].includes(name) || (name === 'openRun' && ofSlurmLost.includes(scenario)),
});
