// The kernel suite runs where userspace-driven timers are: without them it fails here, once, instead of skipping.
import { UserTimer } from '../../lib/index.js';

if (!UserTimer.isSupported()) {
  throw new Error(
    'This kernel has no userspace-driven timers. Run: scripts/vm/run node_modules/.bin/vitest run --project kernel',
  );
}
