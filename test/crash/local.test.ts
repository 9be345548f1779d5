/** Every operation of the local backend and of the activities around it, with real processes. */
import './mocks.js';
import { localGround } from './local-ground.js';
import { ofLocal } from './scenarios.js';
import { crashSuite } from './suite.js';

const STEP = 151;

crashSuite({
  title: 'local, ',
  scenarios: ofLocal,
  ground: (_scenario, folder) => localGround(folder),
  step: () => STEP,
});
