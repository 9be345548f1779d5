/** What sinfo says of partitions and their nodes (sinfo(1)), and how often it is asked. */
import type { SlurmCommands } from './commands.js';
import { parseTimeLimit } from '../../../quantities/time-limit.js';
import { SINFO_KEPT_SECONDS } from '../tunables.js';

/** A node as one partition shows it; a node of two partitions stands there twice. */
export interface PartitionNode {
  partition: string;
  isDefault: boolean;
  /** null: none, or none that can be read. */
  maxTimeSeconds: number | null;
  /** Of a job that asks for no time; null: none of its own, so the most. */
  defaultTimeSeconds: number | null;
  cpus: number | null;
  memMb: number | null;
  /** Neither down nor drained: it takes jobs, now or soon. */
  usable: boolean;
  node: string;
}

/** All partitions, also those that are hidden, a node a line. */
export const SINFO_ARGUMENTS = ['-a', '-h', '-N', '-o', '%P|%l|%c|%m|%t|%N|%L'];

const UNUSABLE = /^(down|drain|drng|fail|unk|maint|inval|future)/;

const amount = (text: string): number | null => (/^[0-9]+$/.test(text) ? Number(text) : null);

/** Lines that are no rows are passed over. Pure. */
export const parseNodes = (text: string): PartitionNode[] =>
  text.split('\n').flatMap((line) => {
    const match = /^([^|*]+)(\*?)\|(\S+)\|([^|]+)\|([^|]+)\|([^|]+)\|([^|\s]+)(?:\|(\S+))?\s*$/.exec(line);
    if (match === null) return [];
    const [, partition = '', star, limit = '', cpus = '', mem = '', state = '', node = '', usual = ''] =
      match;
    return [
      {
        ...{ partition, node, isDefault: star === '*', usable: !UNUSABLE.test(state) },
        ...{ maxTimeSeconds: parseTimeLimit(limit), defaultTimeSeconds: parseTimeLimit(usual) },
        ...{ cpus: amount(cpus), memMb: amount(mem) },
      },
    ];
  });

/** Those of the partitions that a job names, or of the default one. Pure. */
export const nodesFor = (nodes: readonly PartitionNode[], partition: string | null): PartitionNode[] => {
  const names = partition?.split(',') ?? null;
  return nodes.filter((node) => (names === null ? node.isDefault : names.includes(node.partition)));
};

/** Asks at most once in a while; null where sinfo gives no answer. */
export const createSinfo = (commands: SlurmCommands): (() => Promise<PartitionNode[] | null>) => {
  let kept: { at: number; answer: Promise<PartitionNode[] | null> } | null = null;
  const ask = async (): Promise<PartitionNode[] | null> => {
    const { exitCode, stdout } = await commands.ask('sinfo', SINFO_ARGUMENTS);
    const nodes = exitCode === 0 ? parseNodes(stdout) : [];
    return nodes.length === 0 ? null : nodes;
  };
  return async () => {
    if (kept === null || performance.now() - kept.at > SINFO_KEPT_SECONDS * 1000)
      kept = { at: performance.now(), answer: ask() };
    const mine = kept;
    const answer = await mine.answer;
    if (answer === null && kept === mine) kept = null;
    return answer;
  };
};
