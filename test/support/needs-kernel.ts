// The kernel suite runs where userspace-driven timers are: without them it fails here, once, instead of skipping.
// Its files share one kernel, so each must leave it as it found it.
import { afterAll } from 'vitest';
import { UserTimer } from '../../lib/index.js';
import { isLoopbackLoaded } from '../../lib/loopback/index.js';

if (!UserTimer.isSupported()) {
  throw new Error(
    'This kernel has no userspace-driven timers. Run: scripts/vm/run node_modules/.bin/vitest run --project kernel',
  );
}

const loadedBefore = isLoopbackLoaded();
afterAll(() => {
  if (isLoopbackLoaded() !== loadedBefore) throw new Error('snd-aloop was left loaded');
});
