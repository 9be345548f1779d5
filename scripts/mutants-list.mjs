// Rules of docs/semantics.md and how each is taken out: `from` stands exactly once in src, wherever, and becomes `to`.

export const mutants = [
  {
    name: 'repetitions of a parallelization list',
    from: '? dedupeParallelizationList(unit.output.parallelization_list)',
    to: '? unit.output.parallelization_list',
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
];
