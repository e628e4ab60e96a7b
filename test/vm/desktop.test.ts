// PipeWire and PulseAudio beside cables: what docs/guides/desktop.md says of them.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { toldBy } from './told.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('is taken by sound servers, unless a rule keeps them off; and PipeWire hears a clocked cable as it is', async () => {
  const guest = ['--kernel', 'stock', '--timeout', '580', 'test/vm/desktop/guest.sh'];
  const { stdout } = await promisify(execFile)(`${root}scripts/vm/run`, guest, { cwd: root });
  const told = toldBy(stdout);
  expect(told).toEqual({
    'pipewire-waits': [true, 0],
    'pipewire-nodes': ['Audio/Sink front:0', 'Audio/Source front:0'],
    'pipewire-doctor': ['warn', 'wireplumber runs, and may open card 0'],
    'pipewire-holds': ['hw:0,0,0 pipewire'],
    'pipewire-refused': expect.stringMatching(/EBUSY.*playback hw:0,0,0 is held by pipewire/s),
    'pipewire-free': 'hw:0,1,1',
    'pulse-waits': [true, 0],
    'pulse-sinks': ['alsa_output.platform-snd_aloop.0.analog-stereo'],
    'pulse-doctor': 'warn',
    'kept-off-nodes': [],
    'kept-off-doctor': 'ok',
    'pipewire-heard': expect.any(Number),
    'kept-off-sinks': [],
  });
  // How long PipeWire keeps up is a matter of the machine; what it changes is not.
  expect(told['pipewire-heard']).toBeGreaterThan(0.1);
});
