// The channels of node:diagnostics_channel, as the documents have them.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BRIDGE_EVENTS, bridgeChannel } from '../../lib/bridge/index.js';
import { CLOCK_CHANNELS, clockChannel } from '../../lib/clock/index.js';
import { TIMER_CHANNELS, timerChannel } from '../../lib/index.js';
import { LOOPBACK_CHANNELS, loopbackChannel } from '../../lib/loopback/index.js';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('The channels', () => {
  it('of timers, cables and pacers are those of the table', () => {
    const rows = [...page('architecture.md').matchAll(/^\| `(alsa-utimer:[\w:-]+)` /gm)].map(
      ([, name]) => name,
    );
    expect(rows).toEqual([
      ...TIMER_CHANNELS.map(timerChannel),
      ...LOOPBACK_CHANNELS.map(loopbackChannel),
      ...CLOCK_CHANNELS.map(clockChannel),
    ]);
  });

  it('of a bridge have a row for each event', () => {
    const [, events = ''] = page('guides/bridge.md').split('\n## Events\n');
    const rows = [...events.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
    expect(rows).toEqual([...BRIDGE_EVENTS]);
    expect(bridgeChannel('loss')).toBe('alsa-utimer:bridge:loss');
  });
});
