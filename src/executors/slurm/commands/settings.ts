/** What the controller says of its own time-outs, asked once it answers. */
import type { SlurmCommands } from './commands.js';
import { parseScontrolConfig, type ClusterSettings } from './scontrol.js';

export const unknownSettings: ClusterSettings = {
  clusterName: null,
  messageTimeoutSeconds: null,
  killWaitSeconds: null,
  slurmdTimeoutSeconds: null,
  accounting: null,
};

/** Asks until there has been an answer, then remembers it; meanwhile everything is null. */
export const createSettings = (commands: SlurmCommands): (() => Promise<ClusterSettings>) => {
  let known: Promise<ClusterSettings | null> | null = null;
  const ask = async (): Promise<ClusterSettings | null> => {
    const end = await commands.ask('scontrol', ['show', 'config']);
    return end.exitCode === 0 ? parseScontrolConfig(end.stdout) : null;
  };
  return async () => {
    known ??= ask();
    const settings = await known;
    if (settings === null) known = null;
    return settings ?? unknownSettings;
  };
};
