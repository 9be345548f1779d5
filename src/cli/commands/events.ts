/** `events`: what happens in a run, a line an event. */
import type { Command } from 'commander';
import { eventsFrom } from '../../client/index.js';
import { formatEvent } from '../../report/format-event.js';
import { type Io, print, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { styleOf } from '../style.js';
import { withRunPlace } from '../run-place.js';

interface EventsOptions extends ServerOptions {
  follow?: boolean;
  json?: boolean;
}

const eventsCommand = (io: Io, id: string, options: EventsOptions): Promise<void> =>
  withRunPlace(io, id, options, async ({ files, isOver }) => {
    const follow = options.follow === true;
    const events = eventsFrom(files, { follow, ...(isOver === undefined ? {} : { isOver }) });
    const style = styleOf(io.stdout, io.env);
    for await (const event of events)
      print(io, options.json === true ? JSON.stringify(event) : formatEvent(event, style));
  });

export const registerEvents = (program: Command, io: Io): void => {
  const command = program
    .command('events')
    .description('what has happened in a run, a line an event')
    .argument('<id>', 'workflow id, or the directory of a run')
    .option('--follow', 'go on until the run is closed')
    .option('--json', 'the lines of events.jsonl (schemas/event.schema.json)');
  addServerOptions(command).action((id: string, options: EventsOptions) => eventsCommand(io, id, options));
};
