/** What each of Fractal's task types runs, and which images it sees (docs/semantics.md, "Task types"). */
import type { TaskType } from '../wire/request.js';
import type { Component } from '../wire/result.js';

export interface TaskTypeTraits {
  /** What runs first; a compound's `compute` part follows its `init`. */
  firstStage: Component;
  isCompound: boolean;
  /** Converters make images: they get none, and filters do not concern them. */
  isConverter: boolean;
  commands: readonly ('command_non_parallel' | 'command_parallel')[];
}

export const taskTypeTraits: Record<TaskType, TaskTypeTraits> = {
  non_parallel: {
    firstStage: 'non_parallel',
    isCompound: false,
    isConverter: false,
    commands: ['command_non_parallel'],
  },
  converter_non_parallel: {
    firstStage: 'non_parallel',
    isCompound: false,
    isConverter: true,
    commands: ['command_non_parallel'],
  },
  parallel: { firstStage: 'parallel', isCompound: false, isConverter: false, commands: ['command_parallel'] },
  compound: {
    firstStage: 'init',
    isCompound: true,
    isConverter: false,
    commands: ['command_non_parallel', 'command_parallel'],
  },
  converter_compound: {
    firstStage: 'init',
    isCompound: true,
    isConverter: true,
    commands: ['command_non_parallel', 'command_parallel'],
  },
};

/** Whether a component runs `command_non_parallel` with `args_non_parallel` and `meta_non_parallel`. */
export const usesNonParallelPart = (component: Component): boolean =>
  component === 'non_parallel' || component === 'init';
