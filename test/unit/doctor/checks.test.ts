// What each check says of machines that lack something, and of those that lack nothing.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKS, type CheckResult, examine } from '../../../lib/doctor/diagnose.js';
import type { Machine } from '../../../lib/doctor/machine.js';
import { AlsaError } from '../../../lib/errors.js';
import { loopbackCard, machine } from './machine.js';

async function diagnosis(of: Machine): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const result of examine(of, CHECKS)) results.push(result);
  return results;
}

/** The results that are not 'ok', by their ids. */
async function complaints(of: Machine) {
  const results = await diagnosis(of);
  return Object.fromEntries(
    results
      .filter(({ status }) => status !== 'ok')
      .map(({ id, status, seen, next }) => [id, { status, seen, next }]),
  );
}

const config = (...lines: string[]) => ({ '/boot/config-6.12.120': lines.join('\n') });
const OPTION_OFF = config('CONFIG_SND=m', '# CONFIG_SND_UTIMER is not set');
const osRelease = (...lines: string[]) => ({ '/etc/os-release': lines.join('\n') });

describe('A diagnosis', () => {
  it('has nothing to say of a machine that lacks nothing but a PTP clock', async () => {
    expect(await complaints(machine())).toEqual({
      'ptp-clocks': { status: 'skip', seen: 'this machine has none', next: [] },
    });
  });

  it('has a row in the page of the doctor for each check, and leads there', async () => {
    const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| <a id="(.*?)"><\/a>`(.*?)`/gm)].map(([, anchor, id]) => [anchor, id]);
    expect(rows).toEqual(CHECKS.map(({ id }) => [id, id]));
    for (const { id, help } of await diagnosis(machine()))
      expect(help).toMatch(new RegExp(`/docs/doctor\\.md#${id}$`));
  });

  it('looks at nothing behind what failed, and says what comes first', async () => {
    const { 'timer-device': device, ...others } = await complaints(
      machine({ mode: () => undefined, supportsUserTimers: () => false, cards: () => [] }),
    );
    expect(device).toEqual({
      status: 'fail',
      seen: 'there is no /dev/snd/timer',
      next: ['$ sudo modprobe snd-timer'],
    });
    expect(Object.entries(others).map(([id, { status, seen }]) => [id, status, seen])).toEqual([
      ['timer-rights', 'skip', 'not looked at: timer-device comes first'],
      ['user-timers', 'skip', 'not looked at: timer-device comes first'],
      ['timers-taken', 'skip', 'not looked at: user-timers comes first'],
      ['loopback-card', 'fail', 'no card of snd-aloop is loaded'],
      ['timer-source', 'skip', 'not looked at: loopback-card comes first'],
      ['cable-holders', 'skip', 'not looked at: loopback-card comes first'],
      ['sound-servers', 'skip', 'not looked at: loopback-card comes first'],
      ['ptp-clocks', 'skip', 'this machine has none'],
      ['timer-trial', 'skip', 'not looked at: user-timers comes first'],
      ['cable-trial', 'skip', 'not looked at: timer-trial comes first'],
    ]);
  });

  it('says which steps are safe to run, and which are not', async () => {
    const lacking = machine({
      ...{ mode: () => undefined, cards: () => [] },
      files: { '/proc/sys/net/core/rmem_max': '212992\n', '/proc/sys/net/ipv4/conf/eth0/rp_filter': '1\n' },
    });
    const fixes = (await diagnosis(lacking)).flatMap(({ id, fixes }) => fixes.map((fix) => [id, fix]));
    expect(fixes).toEqual([
      ['timer-device', 'sudo modprobe snd-timer'],
      ['loopback-card', 'sudo modprobe snd-aloop'],
      ['sockets', 'sudo sysctl net.core.rmem_max=8388608'],
    ]);
  });

  it('goes on behind a check that throws', async () => {
    const broken = () => {
      throw new Error('a card went');
    };
    expect(await complaints(machine({ cards: broken }))).toMatchObject({
      'loopback-card': { status: 'fail', seen: 'a card went' },
      'cable-trial': { status: 'skip' },
    });
  });
});

describe('The check of the addon', () => {
  it('has the words and the advice of the library', async () => {
    const loadAddon = () => {
      throw new AlsaError('There is none', { code: 'ERR_ADDON_NOT_FOUND', hint: 'Build it.' });
    };
    expect((await complaints(machine({ loadAddon }))).addon).toEqual({
      ...{
        status: 'fail',
        seen: expect.stringMatching(/^There is none.* \(node v20\.20\.2, x64\)$/),
        next: ['Build it.'],
      },
    });
  });
});

describe('The checks of the kernel', () => {
  it.each([
    ['6.11.9', osRelease('ID=fedora'), ['$ sudo dnf upgrade kernel']],
    ['5.10.0-30-amd64', {}, ['Debian 13 has Linux 6.12: update to it.']],
    [
      '6.1.0-30-amd64',
      osRelease('ID=debian', 'VERSION_CODENAME=bookworm'),
      [expect.any(String), expect.stringMatching(/^\$ .*bookworm-backports/)],
    ],
    ['6.8.0-50-generic', osRelease('ID=ubuntu'), [expect.stringContaining('Ubuntu')]],
    [
      '6.6.20+rpt-rpi-v8',
      { '/etc/rpi-issue': 'Raspberry Pi reference' },
      [expect.stringContaining('Raspberry Pi OS')],
    ],
    ['6.6.1-gentoo', osRelease('ID=gentoo'), [expect.stringContaining('6.12 or later')]],
    ['6.6.1', osRelease('ID=manjaro', 'ID_LIKE=arch'), ['$ sudo pacman -Syu linux']],
  ])('know that %s is too old', async (release, files, next) => {
    expect((await complaints(machine({ release, files })))['kernel-version']).toMatchObject({
      status: 'fail',
      next,
    });
  });

  it.each(['6.12.0', '6.12.120+deb13-amd64', '7.3.4', '10.0.0-rc1'])(
    'know that %s is new enough',
    async (release) => {
      expect(await complaints(machine({ release }))).not.toHaveProperty('kernel-version');
    },
  );

  it('tell the version of a Ubuntu kernel by its signature', async () => {
    const files = { '/proc/version_signature': 'Ubuntu 6.17.0-7.7-generic 6.17.4\n' };
    const { 'kernel-defects': defects } = await complaints(machine({ release: '6.17.0-7-generic', files }));
    expect(defects?.seen).toMatch(
      /^Linux 6\.17\.4 has, unless the distribution has mended it, .*: .*CVE-2026-68200/,
    );
  });

  it.each([
    ['6.12.69', ['23191', '46090', '53192', '68200', '74503']],
    ['6.12.70', ['46090', '53192', '68200', '74503']],
    ['6.12.88', ['53192', '68200', '74503']],
    ['6.12.95', ['68200', '74503']],
    ['6.12.101', ['74503']],
    ['6.12.103', []],
    ['6.18.36', ['68200', '74503']],
    ['7.0.13', ['68200', '74503']],
    ['7.1.8', []],
    ['7.3.0', []],
  ])('know the defects of %s', async (release, numbers) => {
    const seen = (await complaints(machine({ release })))['kernel-defects']?.seen ?? '';
    expect(
      [...seen.matchAll(/CVE-2026-(23191|46090|53192|68200|74503)/g)].map(([, number]) => number),
    ).toEqual(numbers);
  });

  describe('of defects, with the changelog of the package of the kernel,', () => {
    const MENDED = `
    - ALSA: timer: drain a slave's callback before its master detaches it
    - ALSA: timer: don't re-enter an instance callback that is still
      running
    - ALSA: timer: Clear a flag (CVE-2026-74503)
`;
    const release = '6.12.95+deb13-amd64';
    const version = '#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-3 (2026-07-05)';
    const doc = `/usr/share/doc/linux-image-${release}`;
    const entry = (number: string, text: string) => `linux (${number}) trixie; urgency=high\n${text}\n`;
    const found = async (files: Readonly<Record<string, string>>, change = {}) =>
      (await diagnosis(machine({ release, version, files, ...change }))).find(
        ({ id }) => id === 'kernel-defects',
      );

    it('take for mended what it names, by its number or its commit', async () => {
      const files = { [`${doc}/changelog.Debian.gz`]: entry('6.12.95-3', MENDED) };
      expect(await found(files)).toMatchObject({
        status: 'ok',
        seen: 'none: the changelog of its package, 6.12.95-3, has what mends CVE-2026-68200, CVE-2026-68201, CVE-2026-74503',
      });
    });

    it('read that of a signed image, and that of Ubuntu', async () => {
      const signed = `linux-signed-amd64 (6.12.95+3) trixie; urgency=high\n\n  * Sign kernel from linux 6.12.95-3\n`;
      expect(await found({ [`${doc}/changelog.gz`]: `${signed}${MENDED}` })).toMatchObject({ status: 'ok' });
      const ubuntu = {
        '/proc/version_signature': 'Ubuntu 6.17.0-7.7-generic 6.17.4\n',
        '/usr/share/doc/linux-modules-6.17.0-7-generic/changelog.Debian.gz': entry('6.17.0-7.7', MENDED),
      };
      expect(await found(ubuntu, { release: '6.17.0-7-generic', version: '#7-Ubuntu SMP' })).toMatchObject({
        status: 'warn',
        seen: expect.stringMatching(
          /^Linux 6\.17\.4 has, of which the changelog of its package, 6\.17\.0-7\.7, .*: CVE-2026-23191 [^;]*; CVE-2026-46090 [^;]*; CVE-2026-53192, CVE-2026-53193 [^;]*$/,
        ),
      });
    });

    it('leave out what is newer than the kernel that runs', async () => {
      const updated = entry('6.12.105-1', MENDED) + entry('6.12.95-3', '    - nothing of this\n');
      expect(await found({ [`${doc}/changelog.Debian.gz`]: updated })).toMatchObject({
        status: 'warn',
        seen: expect.stringMatching(
          /^Linux 6\.12\.95 has, of which .* 6\.12\.95-3, does not tell .*CVE-2026-68200, CVE-2026-68201 .*CVE-2026-74503/,
        ),
      });
      expect(await found({ [`${doc}/changelog.Debian.gz`]: entry('6.12.105-1', MENDED) })).toMatchObject({
        status: 'warn',
        seen: expect.stringContaining(
          'unless the distribution has mended it, of which no changelog here tells',
        ),
      });
    });

    it('tell the version by the package, where the release does not', async () => {
      const change = { release: '6.12.0-9-amd64', version: '#1 SMP Debian 1:6.12.120-1 (2026-11-20)' };
      expect(await found({}, change)).toMatchObject({ seen: 'none is known of Linux 6.12.120' });
    });
  });

  it('take what the kernel can for more than what its configuration says', async () => {
    expect(await complaints(machine({ files: OPTION_OFF }))).not.toHaveProperty('kernel-option');
    const missing = machine({ files: OPTION_OFF, supportsUserTimers: () => false });
    expect(await complaints(missing)).toMatchObject({
      'kernel-option': {
        ...{ status: 'fail', seen: 'CONFIG_SND_UTIMER is not set' },
        next: [
          expect.stringMatching(
            /^Rebuild the module snd-timer with the option, as \/.*\/docs\/kernels\.md says\. DKMS does so again for each kernel/,
          ),
          '$ sudo apt-get install build-essential dkms linux-headers-6.12.120',
          '$ sudo npx --no utimer kernel install --dkms',
        ],
      },
      'user-timers': { status: 'skip', seen: 'not looked at: kernel-option comes first' },
    });
  });

  it('ask for no module that is installed, but for a start of the kernel that takes it', async () => {
    const updates = 'updates/dkms/snd-timer.ko.xz: kernel/sound/core/snd.ko.xz\n';
    const files = { ...OPTION_OFF, '/lib/modules/6.12.120/modules.dep': updates };
    const { 'kernel-option': option } = await complaints(machine({ files, supportsUserTimers: () => false }));
    expect(option?.next).toEqual([
      expect.stringMatching(
        /is installed, \/lib\/modules\/6\.12\.120\/updates\/dkms\/snd-timer\.ko\.xz\. Start/,
      ),
      expect.stringMatching(/^\$ sudo sh -c 'modprobe -r .*; modprobe snd-timer'$/),
    ]);
  });

  it('name the source of a kernel as what is needed where no package tells which it is', async () => {
    const files = { ...OPTION_OFF, '/etc/os-release': 'ID=postmarketos\nID_LIKE=alpine\n' };
    const { 'kernel-option': option } = await complaints(machine({ files, supportsUserTimers: () => false }));
    expect(option?.next).toEqual([
      expect.stringMatching(/FOLDER has the source that this kernel was built from:$/),
      '$ sudo npx --no utimer kernel install --source FOLDER',
    ]);
  });

  it('say that a rebuilt module must be signed where the kernel is locked down', async () => {
    const files = { ...OPTION_OFF, '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n' };
    const { 'kernel-option': option } = await complaints(machine({ files, supportsUserTimers: () => false }));
    expect(option?.next.at(-1)).toMatch(/locked down \(integrity\).*signs snd-timer/);
    const enforced = { ...OPTION_OFF, '/sys/module/module/parameters/sig_enforce': 'Y\n' };
    const found = await complaints(machine({ files: enforced, supportsUserTimers: () => false }));
    expect(found['kernel-option']?.next.at(-1)).toMatch(/module\.sig_enforce.*signs snd-timer/);
  });

  it('ask the kernel where its configuration is not to be read', async () => {
    const files = { '/boot/config-6.12.120': undefined };
    expect(await complaints(machine({ files, supportsUserTimers: () => false }))).toMatchObject({
      'kernel-option': { status: 'skip' },
      'user-timers': { status: 'fail' },
    });
  });

  it('warn of a 32-bit process on a kernel that may not serve it', async () => {
    expect(await complaints(machine({ arch: 'arm' }))).not.toHaveProperty('process-bits');
    for (const release of ['6.12.117', '7.3.3']) {
      expect(await complaints(machine({ arch: 'arm', release }))).toMatchObject({
        'process-bits': { status: 'warn' },
      });
    }
  });
});

describe('The checks of the device', () => {
  const noDevice = (
    files: Record<string, string | undefined>,
    release = '6.12.120',
    space = 4_026_531_836,
  ) => {
    const link = () => `pid:[${space}]`;
    const { mode, ...rest } = machine({ files, release, link, cards: () => [] });
    return complaints({ ...rest, mode: (path) => (path === '/dev/snd/timer' ? undefined : mode(path)) });
  };

  it('say what a container needs, on its host', async () => {
    const found = await noDevice({ '/.dockerenv': '' }, '6.12.120', 4_026_532_200);
    expect(found['timer-device']?.next[0]).toContain('docker run --device /dev/snd');
    expect(found['loopback-card']?.next).toEqual([
      'A container cannot load modules. On the host: $ sudo modprobe snd-aloop',
    ]);
  });

  it('take no machine for a container that was made from the image of one', async () => {
    const found = await noDevice({ '/.dockerenv': '' });
    expect(found['loopback-card']?.next).toEqual(['$ sudo modprobe snd-aloop']);
  });

  it('know the kernels that have no sound', async () => {
    const cloud = '6.12.120-cloud-amd64';
    const found = await noDevice(
      { [`/lib/modules/${cloud}/modules.dep`]: 'kernel/drivers/net/veth.ko:\n' },
      cloud,
    );
    expect(found['timer-device']?.next).toEqual([
      expect.stringContaining('cloud kernels'),
      '$ sudo apt-get install linux-image-amd64',
    ]);
    const ubuntu = '6.17.0-5-generic';
    const files = {
      [`/lib/modules/${ubuntu}/modules.dep`]: 'kernel/drivers/net/veth.ko:\n',
      ...osRelease('ID=ubuntu'),
    };
    expect((await noDevice(files, ubuntu))['loopback-card']?.next.at(-1)).toBe(
      `$ sudo apt-get install linux-modules-extra-${ubuntu}`,
    );
  });

  it('tell who may not use it, by its mode and its group', async () => {
    const refused = machine({ refusal: () => 'EACCES' });
    expect((await complaints(refused))['timer-rights']).toEqual({
      status: 'fail',
      seen: 'ada may not read and write /dev/snd/timer (EACCES): its mode is 660, its owner 0, its group audio',
      next: ['$ sudo usermod -aG audio ada', expect.stringContaining('log in anew')],
    });
    const rootOnly = { ...refused, mode: () => ({ mode: 0o20600, uid: 0, gid: 0 }) };
    expect((await complaints(rootOnly))['timer-rights']?.next).toEqual([
      expect.stringContaining('GROUP="audio"'),
    ]);
    const container = machine({ refusal: () => 'EPERM', user: { name: 'root', uid: 0 } });
    expect((await complaints(container))['timer-rights']?.next).toEqual([expect.stringContaining('116:*')]);
  });

  it.each([
    [120, undefined],
    [121, 'warn'],
    [128, 'fail'],
  ])('count the timers: of %i taken', async (count, status) => {
    const userTimers = () => Array.from({ length: count }, (_, id) => id);
    expect((await complaints(machine({ userTimers })))['timers-taken']?.status).toBe(status);
  });
});

describe('The checks of snd-aloop', () => {
  it('know a timer_source that leads nowhere', async () => {
    for (const living of ['-1.4.5', '', 'hrtimer', '5'])
      expect(await complaints(machine({ cards: () => [loopbackCard(living)] }))).not.toHaveProperty(
        'timer-source',
      );
    expect((await complaints(machine({ cards: () => [loopbackCard('-1.4.7')] })))['timer-source']).toEqual({
      ...{ status: 'warn', seen: 'card 1 names -1.4.7, which does not exist now' },
      next: [expect.any(String), '$ echo | sudo tee /proc/asound/card1/timer_source'],
    });
  });

  it('warn of a sound server that has cables open, and of no other program', async () => {
    const holder = (command: string) => ({ name: 'hw:1,0,0', pid: 7, command, state: 'RUNNING' });
    const found = (command: string) =>
      complaints(machine({ cards: () => [loopbackCard('', [holder(command)])] }));
    expect(await found('arecord')).not.toHaveProperty('cable-holders');
    expect((await found('pipewire'))['cable-holders']).toMatchObject({
      ...{ status: 'warn', seen: 'hw:1,0,0: process 7 (pipewire), RUNNING' },
    });
  });
});

describe('The checks of the machine', () => {
  const noPriority = { '/proc/self/limits': 'Max realtime priority     0                    0\n' };

  it('know who may have a real-time priority', async () => {
    expect((await complaints(machine({ files: noPriority })))['real-time']).toMatchObject({
      status: 'warn',
      next: [
        "$ echo '@audio - rtprio 95' | sudo tee -a /etc/security/limits.d/audio.conf",
        "$ echo '@audio - memlock unlimited' | sudo tee -a /etc/security/limits.d/audio.conf",
        '$ sudo usermod -aG audio ada',
        'Then log in anew.',
      ],
    });
    const files = { ...noPriority, '/proc/self/status': 'CapEff:\t000001ffffffffff\n' };
    expect(await complaints(machine({ files }))).not.toHaveProperty('real-time');
  });

  it('warn of what makes ticks late, and packets lost', async () => {
    const files = {
      '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'powersave\n',
      '/proc/sys/net/core/rmem_max': '212992\n',
      '/proc/sys/net/ipv4/conf/eth0/rp_filter': '1\n',
    };
    expect(await complaints(machine({ files }))).toMatchObject({
      governor: { status: 'warn' },
      sockets: { status: 'warn', next: ['$ sudo sysctl net.core.rmem_max=8388608'] },
      'reverse-path': { status: 'warn', seen: 'strict (rp_filter=1): eth0' },
    });
  });

  it('warn of processors that sleep deeply, but not where that is switched off', async () => {
    const state = '/sys/devices/system/cpu/cpu0/cpuidle/state2';
    const deep = (disable: string) =>
      complaints(machine({ files: { [`${state}/latency`]: '1034\n', [`${state}/disable`]: disable } }));
    expect((await deep('0\n'))['idle-states']).toMatchObject({
      ...{ status: 'warn', seen: 'a processor wakes from its deepest sleep in 1034 us' },
      next: [expect.stringContaining('printf "\\0\\0\\0\\0" >&3')],
    });
    expect(await deep('1\n')).not.toHaveProperty('idle-states');
  });

  it('warn where no route leads to groups, and where an old IGMP is forced', async () => {
    const found = (files: Record<string, string>) => complaints(machine({ files }));
    const routes = 'Iface\tDestination\tGateway\neth0\t0002A8C0\t00000000\n';
    expect((await found({ '/proc/net/route': routes })).multicast?.seen).toMatch(/^no route .* ENODEV/);
    expect(await found({ '/proc/net/route': `${routes}eth0\t000000E0\t00000000\n` })).not.toHaveProperty(
      'multicast',
    );
    expect(
      (await found({ '/proc/sys/net/ipv4/conf/eth0.7/force_igmp_version': '2\n' })).multicast?.next,
    ).toEqual(['$ sudo sysctl net.ipv4.conf.eth0/7.force_igmp_version=0']);
  });

  it('name PTP clocks, and those that cannot be read', async () => {
    const clock = {
      driver: 'mock',
      interfaces: ['eth0'],
      method: 'ioctl X',
      offsetNs: 0n,
      delayNs: 1n,
      error: undefined,
    };
    const error = new AlsaError('no', { code: 'EACCES', hint: 'A rule.' });
    const clocks = () => [
      { ...clock, name: '/dev/ptp0' },
      { ...clock, name: '/dev/ptp1', interfaces: [], error },
      { ...clock, name: 'tai' },
    ];
    const { 'ptp-clocks': found } = await complaints(machine({ clocks }));
    expect(found).toMatchObject({ status: 'warn', next: ['A rule.'] });
    expect(found?.seen).toMatch(/^\/dev\/ptp0, eth0: read by ioctl X; \/dev\/ptp1: no/);
  });
});

describe('The trials', () => {
  it('fail with what failed', async () => {
    const tryTimer = () => Promise.reject(new AlsaError('busy', { code: 'EBUSY', hint: 'Wait.' }));
    const found = await complaints(machine({ tryTimer }));
    expect(found['timer-trial']).toMatchObject({ status: 'fail', next: ['Wait.'] });
    expect(found['cable-trial']?.status).toBe('skip');
    const tryCable = () => Promise.reject(new Error('others came out'));
    expect(await complaints(machine({ tryCable }))).toMatchObject({
      'cable-trial': { status: 'fail', seen: 'others came out' },
    });
  });
});
