import { expect, it, vi } from 'vitest';
import { warmUp } from '../../../src/activities/run/warm-up.js';
import type { ActivityDependencies } from '../../../src/activities/dependencies.js';
import { LayoutError } from '../../../src/batch/errors.js';
import type { BatchLayout, LayoutInput } from '../../../src/batch/contract.js';
import { validateRequest } from '../../../src/validation/validate-request.js';
import { rawRequest } from '../../support/raw-requests.js';

const MOST = 10;

/** What a backend is told of a run, and of how many units it was asked for a layout. */
const told = (warm: boolean) => {
  const layout = vi.fn(({ units }: LayoutInput): BatchLayout => {
    if (units > MOST) throw new LayoutError(`at most ${MOST} units`);
    return { unitsPerBatch: units, lanes: 1, resources: {}, ...(warm && { warm }) };
  });
  const announced = vi.fn();
  const { request } = validateRequest(rawRequest());
  if (request === null) throw new Error('the request is wrong');
  warmUp(request, { backend: { layout, warmUp: announced } } as unknown as ActivityDependencies);
  return { asked: layout.mock.calls.map(([{ units }]) => units), announced };
};

it('many units that cannot be laid out are no matter of a run that is opened', () => {
  const { announced } = told(true);
  expect(announced).toHaveBeenCalledTimes(1);
  expect(announced.mock.calls[0]?.[0]).toMatchObject([{ layout: { unitsPerBatch: 1 } }]);
});

it('of a run whose units start plainly nothing is asked but the layout of one', () => {
  const { asked, announced } = told(false);
  expect(new Set(asked)).toEqual(new Set([1]));
  expect(announced).not.toHaveBeenCalled();
});
