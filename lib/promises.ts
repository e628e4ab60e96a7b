/** Promises that are settled from outside, or left early. */

export interface Resolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Promise.withResolvers, which Node 20 has not. */
export function withResolvers(): Resolvers {
  let resolve: () => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

/** Waits for a promise, whose rejection counts no more once the signal aborts; rejects with the reason of the signal. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const aborted = withResolvers();
  const abort = () => aborted.reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    // The signal first: it counts also where the promise is settled already.
    return await Promise.race([aborted.promise as Promise<never>, promise]);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/**
 * Iterates as `for await` does, but gives nothing more once the signal aborts: it throws the reason then, and does not wait
 * for the source, which may have stalled for good.
 */
export async function* untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = iterate(source);
  let mayReturn = true;
  const next = async () => {
    mayReturn = false;
    const result = await iterator.next();
    mayReturn = result.done !== true;
    return result;
  };
  try {
    for (;;) {
      signal.throwIfAborted();
      const result = await unlessAborted(next(), signal);
      if (result.done) return;
      yield result.value;
    }
  } finally {
    if (signal.aborted) void leave(iterator).catch(() => {});
    else if (mayReturn) await leave(iterator);
  }
}

async function leave(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.();
}

function iterate<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return (source as AsyncIterable<T>)[Symbol.asyncIterator]?.() ?? (source as Iterable<T>)[Symbol.iterator]();
}
