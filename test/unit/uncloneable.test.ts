// What other threads cannot be given.
import { expect, it, vi } from 'vitest';

const marked = vi.hoisted(() => new Set<object>());
vi.mock('node:worker_threads', async (original) => ({
  ...(await original<object>()),
  markAsUncloneable: (object: object) => marked.add(object),
}));

import { UserTimer } from '../../lib/index.js';
import { setNative } from '../../lib/native/load.js';
import { FakeBinding } from '../support/fake-binding.js';

it('is an object with a descriptor, where Node can refuse to clone it', () => {
  setNative(new FakeBinding());
  using timer = UserTimer.create({ resolutionNs: 1n });
  expect(marked.has(timer)).toBe(true);
});
