// One selftest at a time.
import { afterEach, expect, it } from 'vitest';
import { setNative } from '../../../lib/native/load.js';
import { takeTurn } from '../../../lib/selftest/turn.js';

afterEach(() => setNative(undefined));

/** The seam, with a lock that fails with this, or does not. */
function withLock(code?: string): string[] {
  const paths: string[] = [];
  const lockFile = (path: string) => {
    paths.push(path);
    if (code !== undefined) throw Object.assign(new Error(code), { code, syscall: 'flock' });
    return { close: () => {}, closed: () => false };
  };
  setNative({ errnos: {}, lockFile } as never);
  return paths;
}

it('takes a lock that all of the machine see', () => {
  const paths = withLock();
  expect(takeTurn()?.closed()).toBe(false);
  expect(paths).toEqual(['/dev/snd']);
});

it('is refused while another one runs', () => {
  withLock('EAGAIN');
  expect(() => takeTurn()).toThrow(
    expect.objectContaining({
      code: 'ERR_SELFTEST_REFUSED',
      message: 'Another selftest runs. Wait until it has ended, or end it.',
    }),
  );
});

it('leaves it to other checks to say that there are no devices', () => {
  withLock('ENOENT');
  expect(takeTurn()).toBeUndefined();
});
