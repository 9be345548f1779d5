import { describe, expect, it } from 'vitest';
import { startDevArguments } from '../../src/server/start-dev.js';

const inMemory = { port: 1, uiPort: 2, dbFile: null, namespace: 'default' };

describe('startDevArguments', () => {
  it('a database file comes with write-ahead logging', () => {
    const args = startDevArguments({ ...inMemory, dbFile: '/a b/t.db' }).join(' ');
    expect(args).toContain(
      '--db-filename /a b/t.db --sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal',
    );
    expect(startDevArguments(inMemory).join(' ')).not.toContain('sqlite');
  });

  it.each(['transfer', 'timer', 'visibility'])('the poll limit of the %s queue is raised', (queue) => {
    expect(startDevArguments(inMemory)).toContain(`history.${queue}ProcessorMaxPollRPS=1000`);
  });

  it('listens on this machine only', () => {
    const args = startDevArguments(inMemory);
    expect(args[args.indexOf('--ip') + 1]).toBe('127.0.0.1');
  });
});
