// What callers may pass.
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { checkBytes } from '../../lib/arguments.js';

it('bytes are a Uint8Array of any realm, and nothing else', () => {
  for (const bytes of [new Uint8Array(2), Buffer.from('ab'), runInNewContext('new Uint8Array(2)')])
    expect(checkBytes('bytes', bytes)).toBe(bytes);
  const others = [new Int16Array(2), new DataView(new ArrayBuffer(2)), 'ab', [1, 2], null, undefined];
  for (const other of [...others, Object.create(Uint8Array.prototype), runInNewContext('new Uint16Array(2)')])
    expect(() => checkBytes('bytes', other)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
});
