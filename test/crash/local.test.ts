/** Every operation of the local backend and of the activities around it, with real processes. */
import './mocks.js';
import { takesOver } from './kinds.js';
import { localGround } from './local-ground.js';
import { everyUnitSucceeds, ofLocal, slow } from './scenarios.js';
import { crashSuite } from './suite.js';

/** A point takes half a second, with a slow unit more than one. */
const STEP = 251;
/** What a slow unit is there for: whoever takes over has to find it alive. */
const STEP_OF_TAKING_OVER = 83;

crashSuite({
  title: 'local, ',
  scenarios: ofLocal,
  ground: (_scenario, folder) => localGround(folder),
  step: (scenario, kind) => (scenario === slow && takesOver(kind) ? STEP_OF_TAKING_OVER : STEP),
  // What the other activities do is the same in all runs.
  tries: ({ name }, scenario) =>
    scenario === everyUnitSucceeds || name === 'runBatch' || name === 'cancelBatches',
});
