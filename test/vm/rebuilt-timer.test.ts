// `utimer kernel` on a kernel that a distribution has built without userspace-driven timers.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { toldBy } from './told.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** Builds the module here, for the kernel of the guest: under emulation that takes longer than all the rest. */
async function build(kernel: string, folder: string): Promise<void> {
  const release = readFileSync(join(kernel, 'release'), 'utf8').trim();
  const headers = join(kernel, 'headers/usr/src', `linux-headers-${release}`);
  const from = ['--release', release, '--headers', headers, '--source', join(kernel, 'source')];
  await run('node', ['dist/cli/main.js', 'kernel', 'build', ...from, '--folder', folder], { cwd: root });
}

async function inGuest(kernel: string, built: string): Promise<Record<string, unknown>> {
  const guest = ['--kernel', 'plain', '--timeout', '1700'];
  const command = ['test/vm/rebuilt-timer/guest.sh', kernel, built];
  const { stdout } = await run(`${root}scripts/vm/run`, [...guest, ...command], { cwd: root });
  return toldBy(stdout);
}

it('gives the kernel timers, by hand and by DKMS, and takes them away without a trace', {
  timeout: 1_900_000,
}, async () => {
  const [kernel = ''] = (await run(`${root}scripts/kernel/prepare`, ['plain'])).stdout.split('\n');
  const built = mkdtempSync(join(tmpdir(), 'snd-timer-'));
  try {
    await build(kernel, built);
    const none = { isRunning: true, supported: false, installed: 'none', loaded: 'other', dkms: 'none' };
    const release = expect.stringMatching(/^6\.12|^[7-9]\./);
    const reason = /module\.sig_enforce/;
    expect(await inGuest(kernel, built)).toMatchObject({
      before: { ...none, release },
      'doctor-before': { userTimers: 'skip', timer: 'skip', cable: 'skip' },
      installed: { supported: false, installed: 'ours', loaded: 'other' },
      'doctor-installed': {
        timer: 'skip',
        next: expect.stringMatching(/snd-timer is installed.*Start the machine anew/),
      },
      reloaded: { supported: true, installed: 'ours', loaded: 'installed' },
      'doctor-reloaded': { userTimers: 'ok', timer: 'ok', cable: 'ok' },
      'removed-loaded': expect.stringMatching(/^userspace-driven timers: yes, of a module .* not installed/m),
      'removed-loaded-install': expect.stringMatching(/updates\/snd-timer\.ko/),
      removed: none,
      'by-hand': true,
      'no-source': expect.stringMatching(/has snd-timer of Linux .* --source FOLDER/),
      'no-source-left': true,
      dkms: {
        supported: true,
        installed: 'dkms',
        loaded: 'installed',
        dkms: 'installed',
        signer: 'DKMS module signing key',
      },
      'dkms-status': expect.stringMatching(/^alsa-utimer\/.*: installed$/m),
      'refused-key': expect.stringMatching(/Key was rejected.*module with unavailable key is rejected/s),
      enforced: { installed: 'dkms', loaded: 'none', dkms: 'installed' },
      'doctor-enforced': {
        userTimers: expect.stringMatching(/fail|skip/),
        next: expect.stringMatching(reason),
      },
      advice: expect.stringMatching(/module\.sig_enforce.*not started by UEFI, so no key can be enrolled/),
      'dkms-removed': none,
      'by-dkms': true,
      'refused-unsigned': expect.stringMatching(/Key was rejected.*unsigned module is rejected/s),
      'no-key': expect.stringMatching(/module\.sig_enforce.*has no key of its owner/s),
      signed: { installed: 'ours', loaded: 'none', signer: 'DKMS module signing key' },
    });
  } finally {
    rmSync(built, { recursive: true });
  }
});
