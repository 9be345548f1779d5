/**
 * The commands of the program. Each has its file, which is loaded when the command is named: what the others need is
 * not waited for (`--version` would take a second). Add one here and in its file, and nowhere else.
 */
import type { Command } from 'commander';
import type { Io } from '../io.js';

/** Adds the command with its options and its action to the program; `whole` is one with every command, for who needs all. */
export type Register = (program: Command, io: Io, whole: () => Promise<Command>) => void;

export interface CommandEntry {
  name: string;
  /** One line for the list of commands; the command's own help has its description. */
  summary: string;
  load: () => Promise<Register>;
}

const loadOperator = async (): Promise<Register> => (await import('./operator.js')).registerOperator;

const operatorCommands: CommandEntry[] = [
  { name: 'pause', summary: 'let no further batch of a run begin', load: loadOperator },
  { name: 'resume', summary: 'let a paused run go on', load: loadOperator },
  { name: 'retry', summary: 'run failed units of a held run again', load: loadOperator },
  { name: 'skip', summary: 'give failed units of a held run up, and go on', load: loadOperator },
  { name: 'stop', summary: 'end a held or running run; what is done is kept', load: loadOperator },
];

export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'start a server, its Web UI and all workers; Ctrl-C ends it',
    load: async () => (await import('./up.js')).registerUp,
  },
  {
    name: 'run',
    summary: 'start a run, or join it, and wait for its result',
    load: async () => (await import('./run.js')).registerRun,
  },
  {
    name: 'check',
    summary: 'what a run would do; nothing is run or written',
    load: async () => (await import('./check.js')).registerCheck,
  },
  {
    name: 'start',
    summary: 'start a run without waiting; prints its id',
    load: async () => (await import('./start.js')).registerStart,
  },
  {
    name: 'continue',
    summary: 'go on from an earlier run: only what is not done runs',
    load: async () => (await import('./continue.js')).registerContinue,
  },
  {
    name: 'list',
    summary: 'the runs that the server knows, newest first',
    load: async () => (await import('./list.js')).registerList,
  },
  {
    name: 'status',
    summary: 'how a run stands: tasks, batches, failed units',
    load: async () => (await import('./status.js')).registerStatus,
  },
  {
    name: 'units',
    summary: 'the units of a run, with what became of them',
    load: async () => (await import('./units.js')).registerUnits,
  },
  {
    name: 'events',
    summary: 'what happens in a run, a line an event',
    load: async () => (await import('./events.js')).registerEvents,
  },
  {
    name: 'logs',
    summary: 'the units of a run and their logs',
    load: async () => (await import('./logs.js')).registerLogs,
  },
  {
    name: 'export',
    summary: 'the dataset that a run has left, for a Fractal server to import',
    load: async () => (await import('./export.js')).registerExport,
  },
  {
    name: 'cancel',
    summary: 'stop a run; what is done is kept',
    load: async () => (await import('./cancel.js')).registerCancel,
  },
  ...operatorCommands,
  {
    name: 'worker',
    summary: 'start single workers, for a server elsewhere',
    load: async () => (await import('./worker.js')).registerWorker,
  },
  {
    name: 'doctor',
    summary: 'is everything as runs need it, and what to do if not',
    load: async () => (await import('./doctor.js')).registerDoctor,
  },
  {
    name: 'warm',
    summary: 'warm interpreters of Python tasks',
    load: async () => (await import('./warm.js')).registerWarm,
  },
  {
    name: 'keys',
    summary: 'make and rotate the keys that encrypt runs',
    load: async () => (await import('./keys.js')).registerKeys,
  },
  {
    name: 'codec-server',
    summary: 'let the Web UI read encrypted runs',
    load: async () => (await import('./codec-server.js')).registerCodecServer,
  },
  {
    name: 'completion',
    summary: 'what bash, zsh or fish completes command lines with',
    load: async () => (await import('./completion.js')).registerCompletion,
  },
  {
    name: 'help',
    summary: 'of a command, or a topic: exit-codes, requests, servers, ...',
    load: async () => (await import('./help.js')).registerHelp,
  },
];
