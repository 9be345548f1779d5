import { describe, it } from 'vitest';
import { haveTaskSpooler } from '../support/task-spooler.js';

if (await haveTaskSpooler()) await import('../../examples/task-spooler/conformance.test.js');
else describe.skip('task-spooler: executor conformance', () => it('needs tsp', () => undefined));
