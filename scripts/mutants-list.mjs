// Rules of docs/semantics.md and how each is taken out: `from` stands exactly once in src, wherever, and becomes `to`.

export const mutants = [
  {
    name: 'repetitions of a parallelization list',
    from: 'return dedupeParallelizationList(lists.flat());',
    to: 'return lists.flat();',
  },
  {
    name: 'type filters',
    from: 'images.filter((image) => matchesTypes(image, types))',
    to: '[...images]',
  },
  {
    name: 'attribute filters',
    from: 'available.filter((image) => matchesAttributes(image, attributes))',
    to: 'available',
  },
  {
    name: 'input_types',
    from: 'mergeTaskTypeFilters(task.task.input_types, task.type_filters),',
    to: 'task.type_filters,',
  },
  { name: 'units that return nothing', from: 'if (!isEmpty(merged)) return merged;', to: 'return merged;' },
  {
    name: 'images of failed units left out',
    from: 'return asUpdates(succeededUrls.map((zarr_url) => ({ zarr_url })));',
    to: 'return asUpdates(images);',
  },
  {
    name: 'two updates of one image contradict each other',
    from: 'else if (equalityKey(first) !== equalityKey(update)) conflicts.add(update.zarr_url);',
    to: '',
  },
  {
    name: 'exact repetitions of updates dropped',
    from: 'else if (equalityKey(first) !== equalityKey(update)) conflicts.add(update.zarr_url);',
    to: 'else conflicts.add(update.zarr_url);',
  },
  {
    name: 'updated and removed',
    from: 'for (const url of removals) if (known.has(url)) conflicts.add(url);',
    to: '',
  },
  {
    name: 'output_types over what units say',
    from: '{ ...base.types, ...update.types, ...outputTypes }',
    to: '{ ...base.types, ...update.types }',
  },
  {
    name: 'type filters carried to the next task',
    from: '{ ...input.type_filters, ...task.task.output_types }',
    to: 'input.type_filters',
  },
  {
    name: 'range of tasks',
    from: '.slice(request.first_task_index, request.last_task_index + 1)',
    to: '.slice(request.first_task_index)',
  },
  { name: 'removals', from: 'if (!current.delete(url))', to: 'if (!current.has(url))' },
  {
    name: 'removal of an unknown image',
    from: 'if (!current.delete(url))',
    to: 'if (current.delete(url) && false)',
  },
  {
    name: 'reserved names of arguments',
    from: 'if (RESERVED_ARGUMENTS.includes(pythonStrip(key)))',
    to: 'if (RESERVED_ARGUMENTS.includes(pythonStrip(key)) && false)',
  },
  {
    name: 'an image starts from its origin',
    from: 'attributes: source?.attributes ?? {}',
    to: 'attributes: {}',
  },
  {
    name: 'null deletes an attribute',
    from: 'withoutNulls({ ...base.attributes, ...update.attributes })',
    to: '{ ...base.attributes, ...update.attributes }',
  },
  { name: 'urls are normalised', from: 'if (plainPath.test(path)) return path;', to: 'return path;' },
  {
    name: 'new images lie inside zarr_dir',
    from: 'if (!isInside(zarrDir, url))',
    to: 'if (zarrDir === url)',
  },
  {
    name: 'a compound fails as a whole',
    from: 'allFailed: isCompound(task) && failure !== null',
    to: 'allFailed: false',
  },
  {
    name: 'a death by signal is no exit code',
    from: 'if (status < FIRST_SIGNAL_STATUS || status > LAST_SIGNAL_STATUS)',
    to: 'if (status > 0)',
  },
  {
    name: '1 equals true',
    from: "typeof value === 'boolean' ? JSON.stringify(Number(value)) : plainScalar(value)",
    to: 'plainScalar(value)',
  },
  {
    name: 'unknown keys of an output',
    from: 'export const taskOutput = z.strictObject(',
    to: 'export const taskOutput = z.object(',
  },
  {
    name: 'an interrupted unit runs again only where that is allowed',
    from: "return policy.rules.rerun_interrupted ? within('rerun', policy.rerunTries) : forbidden;",
    to: "return within('rerun', 5);",
  },
  {
    name: 'recovery of a task laid over that of the run',
    from: 'const rules = recovery.tasks[String(position)] ?? recovery;',
    to: 'const rules = recovery;',
  },
  {
    name: 'interrupted, and not begun by the next try',
    from: 'if (unit.begun || earlier === undefined || earlier.interrupted_in === null) return unit;',
    to: 'if (unit.index >= 0) return unit;',
  },
  {
    name: 'five tries without progress are the last',
    from: 'export const MAX_TRIES_WITHOUT_PROGRESS = 5;',
    to: 'export const MAX_TRIES_WITHOUT_PROGRESS = 4;',
  },
  {
    name: 'only nodes at fault are avoided',
    from: 'if (end?.nodeAtFault !== true || end.node === null) return [...before];',
    to: "if (end === null || (end.node ?? '') === '') return [...before];",
  },
  {
    name: 'more memory after its limit',
    from: "wants: repeat === 'memory' || repeat === 'time' ? raised(wants, repeat) : wants,",
    to: "wants: repeat === 'time' ? raised(wants, repeat) : wants,",
  },
  {
    name: 'what never started runs again',
    from: "return decided(cause === null || startsAgain[cause] ? 'again' : 'failed', 'never_started');",
    to: "return decided('failed', 'never_started');",
  },
  {
    name: 'a refused batch is not tried again',
    from: "return refusal !== null && !journalled ? 'failed' : 'node';",
    to: "return 'node';",
  },
  {
    name: 'a unit that its batch has taken along is interrupted',
    from: '(batchWasEnded && SENT_BY_WHOEVER_ENDS.has(signal))',
    to: 'false',
  },
];
