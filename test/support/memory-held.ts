import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * The bytes that JavaScript holds on to: objects, array buffers, and what native code has told the engine of.
 *
 * One collection does not answer that. V8 frees array buffers on a thread beside it, so they are counted as held
 * until that thread is done. The second collection waits for the thread of the first.
 */
export function memoryHeld(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
