/** Every operation of every activity, each of them the last one of a worker, on a scripted scheduler. */
import './mocks.js';
import type { Kind } from './kinds.js';
import { continued, heldAndRetried, inParts, paused } from './operator-scenarios.js';
import { main, others } from './scenarios.js';
import { scriptedGround } from './scripted-backend.js';
import { crashSuite } from './suite.js';

/** Of the short form: in the main scenario the kinds that differ most are tried at every point. */
const AT_EVERY_POINT: Kind[] = ['killed', 'killed, then another worker', 'frozen, back at once'];
const STEP_OF_MAIN = 5;
const STEP_OF_OTHERS = 17;
/** Their runs are longer, and there are many of them. */
const STEP_WITH_OPERATOR = 67;
const WITH_OPERATOR = new Set([...heldAndRetried, ...paused, ...inParts, ...continued]);

crashSuite({
  title: '',
  scenarios: [main, ...others, ...heldAndRetried, ...paused, ...inParts, ...continued],
  ground: (scenario, folder) => scriptedGround(scenario.play(folder)),
  step: (scenario, kind) => {
    if (WITH_OPERATOR.has(scenario)) return STEP_WITH_OPERATOR;
    if (scenario !== main) return STEP_OF_OTHERS;
    return AT_EVERY_POINT.includes(kind) ? 1 : STEP_OF_MAIN;
  },
});
