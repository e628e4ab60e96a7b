/** Objects that postMessage() and structuredClone() refuse: a clone of what holds a descriptor would be an object without it. */
import * as threads from 'node:worker_threads';

/** Of Node 22.10 and later. */
const { markAsUncloneable } = threads as typeof threads & {
  readonly markAsUncloneable?: (object: object) => void;
};

/** Has an object refused with a DataCloneError, where Node can do that; elsewhere its clone has no methods. */
export function refuseCloning(object: object): void {
  markAsUncloneable?.(object);
}
