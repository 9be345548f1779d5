/** A script that starts the servers of some commands and tells each the scripts that it will be asked for. Pure. */
import { warmUpBody } from '../batch/script-body.js';
import { quoteWord } from '../batch/quote.js';
import { scriptUmasks } from '../state/rights.js';
import { isPythonScript } from './python-script.js';
import { warmLines, type WarmPlace } from './script-lines.js';

/** A command, and what its batches set for their units: a server is theirs only where its environment is. */
export interface AnnouncedCommand {
  command: readonly string[];
  /** Lines of the batch's header. */
  header: readonly string[];
  /** CPUs of a unit; null: how many threads its libraries start is left alone. */
  cpus: number | null;
}

interface Server extends Omit<AnnouncedCommand, 'command'> {
  python: string;
  scripts: Set<string>;
}

const serversOf = (commands: readonly AnnouncedCommand[]): Server[] => {
  const found = new Map<string, Server>();
  for (const { command, header, cpus } of commands.filter((one) => isPythonScript(one.command))) {
    const [python = '', script = ''] = command;
    const key = JSON.stringify([python, header, cpus]);
    const server = found.get(key) ?? { python, header, cpus, scripts: new Set() };
    server.scripts.add(script);
    found.set(key, server);
  }
  return [...found.values()];
};

/** null: none of the commands is `PYTHON SCRIPT.py`. */
export const warmUpScript = (place: WarmPlace, commands: readonly AnnouncedCommand[]): string | null => {
  const servers = serversOf(commands);
  if (servers.length === 0) return null;
  const umasks = scriptUmasks();
  const parts = servers.map(({ python, scripts, header, cpus }) => {
    const command = [python, ...scripts];
    return [
      '(',
      ...header,
      `ft_cpus=${cpus ?? 0}`,
      'ft_share_cpus',
      `ft_command=(${command.map(quoteWord).join(' ')})`,
      ...warmLines(place, command),
      'ft_warm_announce',
      ')',
    ].join('\n');
  });
  return [
    ...(umasks.units === null ? [] : [`umask ${umasks.units}`]),
    `ft_umask=${umasks.files}`,
    "ft_key=warm-up ft_lanes=1 ft_cpus_given='' ft_gpus=0 ft_gpu_ids=() ft_gpu_folder=''",
    warmUpBody,
    ...parts,
    '',
  ].join('\n');
};
