/** Which part of a task a unit is (docs/semantics.md, "Task types"). */
export type Component = 'non_parallel' | 'parallel' | 'init' | 'compute';
