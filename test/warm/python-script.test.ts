/** Commands that no interpreter is kept warm for: their batch scripts say nothing of one. */
import { expect, it } from 'vitest';
import { buildBatchScript } from '../../src/batch/script.js';
import { isPythonScript } from '../../src/warm/python-script.js';
import type { WarmPlace } from '../../src/warm/script-lines.js';
import { scriptOf } from '../batch/scripts.js';
import { newGround } from './warm-scripts.js';

const textsOf = async (command: string[]): Promise<{ plain: string; host: string; job: string }> => {
  const { batch } = await scriptOf(['true'], { command });
  const ground = await newGround();
  const text = (warm: WarmPlace | null): string =>
    buildBatchScript({
      ...{ batch, header: [], control: null, jobIdExpression: '1', restartExpression: '0' },
      ...{ preambleFails: false, loginShell: false, warm },
    });
  return {
    plain: text(null),
    host: text({ kind: 'host', ...ground, lock: 'lock' }),
    job: text({ kind: 'job', cacheFolder: ground.cacheFolder }),
  };
};

it.each([
  ['/usr/bin/true'],
  ['/usr/bin/python3'],
  ['python3', '/opt/task.py'],
  ['/usr/bin/python3', 'task.py'],
  ['/usr/bin/python3', '-m', 'task'],
  ['/usr/bin/python3', '/opt/task.sh'],
])('%s %s %s: the script is that of a batch without warm_start, byte for byte', async (...command) => {
  const words = command.filter((word) => typeof word === 'string');
  expect(isPythonScript(words)).toBe(false);
  const { plain, host, job } = await textsOf(words);
  expect(host).toBe(plain);
  expect(job).toBe(plain);
});

it('PYTHON SCRIPT.py: the script says where its server is, or brings it along', async () => {
  const { plain, host, job } = await textsOf(['/usr/bin/python3', '/opt/task.py']);
  expect(plain).not.toContain('ft_warm');
  expect(host).toContain('ft_warm_lock=lock\n');
  expect(host).not.toContain('end of server.py');
  expect(job).toContain('end of server.py');
});
