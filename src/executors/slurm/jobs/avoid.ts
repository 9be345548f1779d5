/** Which of the nodes that earlier tries died on a job leaves out: never so many that none is left. Pure. */
import { expandNodes } from '../commands/node-list.js';
import type { SlurmResources } from '../options/resources.js';
import { optionSetIn } from '../options/sbatch-lines.js';
import { nodesFor, type PartitionNode } from '../commands/sinfo.js';
import { AVOIDED_NODES_MAX } from '../tunables.js';

const OWN_CHOICE = [
  { long: 'partition', short: 'p' },
  { long: 'nodelist', short: 'w' },
] as const;

/** Nodes that can run a unit now, without those that the user excludes; null where that is not known. */
const candidates = (
  { partition, cpus_per_unit, mem_mb_per_unit, exclude, extra_lines }: SlurmResources,
  nodes: readonly PartitionNode[] | null,
): Set<string> | null => {
  const excluded = exclude === null ? [] : expandNodes(exclude);
  if (nodes === null || excluded === null) return null;
  if (extra_lines.some((line) => optionSetIn(line, OWN_CHOICE) !== undefined)) return null;
  return new Set(
    nodesFor(nodes, partition)
      .filter(({ usable, cpus, memMb, node }) => {
        const large = (cpus ?? Infinity) >= cpus_per_unit && (memMb ?? Infinity) >= (mem_mb_per_unit ?? 0);
        return usable && large && !excluded.includes(node);
      })
      .map(({ node }) => node),
  );
};

/**
 * @param avoid newest last.
 * @param nodes all nodes of all partitions; null where there is no answer: then one at most is left out.
 */
export const nodesToAvoid = (
  avoid: readonly string[],
  resources: SlurmResources,
  nodes: readonly PartitionNode[] | null,
): string[] => {
  // Who names nodes wants these.
  if (resources.nodelist !== null) return [];
  const newest = [...new Set(avoid.toReversed())].slice(0, AVOIDED_NODES_MAX);
  const left = candidates(resources, nodes);
  if (left === null) return newest.slice(0, 1);
  const taken = newest.filter((node) => {
    if (!left.has(node)) return left.size > 0;
    return left.size > 1 && left.delete(node);
  });
  return taken.toReversed();
};
