/** What an errno means in this field, and what to do: one sentence or two for each failure that users meet. */
import { release } from 'node:os';
import { TIMER_DEVICE } from './device-nodes.js';
import { pagePath } from './package-root.js';
import { hasWords32 } from './processor.js';

const KERNELS = pagePath('kernels.md');
const SYMPTOMS = pagePath('symptoms.md');

/** The class of the object that was called: what to do next is said in its methods and options. */
export type Called = 'Pcm' | 'LoopbackCapture' | 'ClockedLoopback' | 'ClockedCapture';

/** What it means; `next` is what to do about it, with each kind of object. */
interface Advice {
  readonly means: string;
  readonly next: Readonly<Record<Called, string>>;
}

type Hint = string | (() => string) | Advice;

const OPEN_AGAIN = 'Close it and open it again.';

const START_AGAIN = {
  Pcm: 'Call prepare() and start() again.',
  LoopbackCapture: `${OPEN_AGAIN} Opened with onInterruption: 'restart', it starts again by itself.`,
  ClockedLoopback: 'Call write() or send() again: it prepares the substream.',
  ClockedCapture: 'Call read() again: it prepares the substream.',
};

const PREPARE_OR_OPEN = {
  Pcm: 'Call prepare() or open it again.',
  LoopbackCapture: `${OPEN_AGAIN} \`writer\` tells what its parameters are now.`,
  ClockedLoopback: OPEN_AGAIN,
  ClockedCapture: OPEN_AGAIN,
};

const SUSPENDED: Advice = { means: 'The system was suspended.', next: START_AGAIN };

/** By path or call, then by errno. The first table that names the errno answers. */
const OPEN_TIMER: Readonly<Record<string, Hint>> = {
  ENOENT:
    'There is no ALSA timer device: load it with `modprobe snd-timer`, or pass /dev/snd into the container.',
  EACCES:
    'Access needs group audio: `usermod -aG audio USER` and a new login, or a session on the local seat.',
  EPERM:
    'The container may not use the device: allow character devices 116:* (docker run --device /dev/snd).',
  ENXIO: 'The node exists without its driver: load it with `modprobe snd-timer`.',
  ENODEV: 'The node exists without its driver: load it with `modprobe snd-timer`.',
};

const OPEN_PTP: Readonly<Record<string, Hint>> = {
  ENOENT: 'There is no such PTP clock: `utimer clocks` lists those of this machine.',
  EACCES:
    'Reading needs permission to read the device: a udev rule `SUBSYSTEM=="ptp", GROUP="audio", MODE="0640"` gives it to group audio.',
  EPERM: 'The container may not use the device: docker run --device /dev/ptp0 passes it in.',
  ENXIO: 'The node exists without its device: `utimer clocks` lists the clocks of this machine.',
  ENODEV: 'The node exists without its device: `utimer clocks` lists the clocks of this machine.',
};

const PTP_GONE: Readonly<Record<string, Hint>> = {
  ENODEV: 'The device of the PTP clock is gone: close the clock, and open it again once the device is back.',
};

const OPEN_PCM: Readonly<Record<string, Hint>> = {
  ENOENT:
    'There is no such PCM: is the card loaded (`cat /proc/asound/cards`), and is snd-aloop (`modprobe snd-aloop`)?',
  EACCES: 'Access needs group audio: `usermod -aG audio USER` and a new login.',
  EBUSY: {
    means:
      'The substream is in use, by another program or by this one (`fuser -v /dev/snd/*` names it), or an exclusive client holds its timer.',
    next: {
      Pcm: 'Take another substream; without `substream` the kernel chooses one that is free.',
      LoopbackCapture: 'One program at a time listens to a cable: end it, or take another substream.',
      ClockedLoopback: "`substream: 'free'` (`--substream free`) takes the first that nobody has.",
      ClockedCapture: "`substream: 'free'` takes the first that nobody has.",
    },
  },
  ENODEV:
    'On a loopback card this means that timer_source names a timer that does not exist: create the timer before the first PCM of the cable is opened.',
  EINVAL:
    'On a loopback card this means that timer_source cannot be parsed or names an unknown card: read /proc/asound/<card>/timer_source.',
  ERANGE:
    'On a loopback card this means that a number in timer_source is too large: read /proc/asound/<card>/timer_source.',
};

const JOIN: Readonly<Record<string, Hint>> = {
  ENODEV: 'No route says which interface the group is at: name one with `interface`.',
  ENOBUFS:
    'The socket has as many groups (net.ipv4.igmp_max_memberships) or sources (igmp_max_msf) as it may have.',
};

export const CARD_GONE = 'The card was unloaded: close this, and open it again once the card is back.';

const WRITE_FRAMES: Readonly<Record<string, Hint>> = {
  EPIPE: {
    means:
      'The substream is in XRUN: a trigger came with less than a period queued, or the resolution of the timer is not floor(1e9 * periodFrames / rate).',
    next: { ...START_AGAIN, Pcm: 'Call prepare(), write() a period and start() again.' },
  },
  EBADFD: {
    means: 'The substream is not prepared, or the other side changed the format.',
    next: PREPARE_OR_OPEN,
  },
  ESTRPIPE: SUSPENDED,
  ENODEV: CARD_GONE,
};

const READ_FRAMES: Readonly<Record<string, Hint>> = {
  EPIPE: {
    means: 'The substream is in XRUN: it was not read in time, and what was not read is lost.',
    next: START_AGAIN,
  },
  EBADFD: {
    means: 'The substream is not running, or the writer changed the format.',
    next: PREPARE_OR_OPEN,
  },
  ESTRPIPE: SUSPENDED,
  ENODEV: CARD_GONE,
};

const CALLS: Readonly<Record<string, Readonly<Record<string, Hint>>>> = {
  poll: {
    EPIPE: {
      means: 'The substream is in XRUN: a playback ran empty, or a capture was not read in time.',
      next: START_AGAIN,
    },
    EBADFD: { means: 'The substream is not prepared.', next: PREPARE_OR_OPEN },
    ESTRPIPE: SUSPENDED,
    ENODEV: CARD_GONE,
  },
  'ioctl SNDRV_TIMER_IOCTL_CREATE': {
    ENOTTY: () =>
      `This kernel (${release()}) has no userspace-driven timers: they need Linux 6.12 or later built with ` +
      `CONFIG_SND_UTIMER=y. Debian leaves the option out, and rebuilding the module snd-timer adds it: ${KERNELS} says how.` +
      (hasWords32(process.arch)
        ? ' This is a 32-bit process: on a 64-bit kernel it needs Linux 6.12.118, 7.3.4 or later, or a 64-bit Node.'
        : ''),
    ENOSPC:
      'All 128 userspace-driven timers of the system are taken; each goes when the process that made it closes it or ends.',
    EMFILE: 'This process has no file descriptor left (`ulimit -n`).',
    ENFILE: 'The system has no file descriptor left (/proc/sys/fs/file-max).',
    EINVAL: 'The resolution must not be 0; on a 32-bit kernel it must not be a multiple of 2^32 ns either.',
  },
  'ioctl SNDRV_TIMER_IOCTL_SELECT': {
    ENODEV: 'There is no such timer (any more): `utimer list` shows those that exist.',
    EBUSY:
      'An exclusive client holds the timer, or 1000 listen to it already: /proc/asound/timers lists its clients.',
  },
  'ioctl SNDRV_TIMER_IOCTL_PARAMS': {
    EBADFD: 'The owner of the timer has closed it; a slave has no parameters until its master is open.',
    EINVAL: 'The timer takes no such parameters: a tick of less than 1 ms, for instance.',
  },
  'ioctl SNDRV_TIMER_IOCTL_START': {
    EINVAL: 'The owner of the timer has closed it, or a tick is shorter than 100 us.',
  },
  'ioctl SNDRV_TIMER_IOCTL_CONTINUE': {
    EBUSY: 'The instance runs already: it was started or continued after its pause.',
    EINVAL: 'The owner of the timer has closed it, or a tick is shorter than 100 us.',
  },
  'ioctl SNDRV_TIMER_IOCTL_STOP': {
    EBUSY: 'The instance is not running: a one-shot instance stops itself with its tick.',
    EINVAL: 'The owner of the timer has closed it.',
  },
  'ioctl SNDRV_TIMER_IOCTL_PAUSE': {
    EBUSY: 'The instance is not running: a one-shot instance stops itself with its tick.',
    EINVAL: 'The owner of the timer has closed it.',
  },
  'ioctl SNDRV_TIMER_IOCTL_INFO': {
    EBADFD: 'The owner of the timer has closed it; a slave has none until its master is open.',
  },
  'ioctl SNDRV_TIMER_IOCTL_TREAD64': {
    ENOTTY: "Timestamped records need Linux 5.6 or later; { records: 'plain' } works everywhere.",
  },
  'ioctl SNDRV_TIMER_IOCTL_GINFO': {
    ENODEV: 'There is no such timer: `utimer list` shows those that exist.',
  },
  'ioctl SNDRV_TIMER_IOCTL_GSTATUS': {
    ENODEV: 'There is no such timer: `utimer list` shows those that exist.',
  },
  'ioctl SNDRV_TIMER_IOCTL_GPARAMS': {
    ENODEV: 'There is no such timer: `utimer list` shows those that exist.',
    ENOSYS:
      'The period of this timer cannot be set; a userspace-driven timer gets its resolution when it is created.',
    EBUSY:
      'The period can be set only while nobody has the timer open: /proc/asound/timers lists its clients.',
  },
  'ioctl SNDRV_PCM_IOCTL_HW_PARAMS': {
    EINVAL:
      'The cable holds the parameters of its first user until both of its sides are closed; cable#0 and cable#1 in /proc/asound/<card>/ show them.',
    ENOMEM: 'The buffers of one card may take 32 MiB in all (module option snd_pcm max_alloc_per_card).',
    EBUSY: 'The substream is running or mapped: stop it first.',
  },
  'ioctl SNDRV_PCM_IOCTL_START': {
    ENODEV: CARD_GONE,
    EINVAL:
      'Either a period is shorter than 100 us, or the timer of the cable is gone: close both sides of the cable, create a timer, and open them again.',
    EIO: 'The other side of the cable was prepared with other parameters, or another access: close both sides and configure one after the other.',
    EPIPE: 'Nothing is queued: write at least one period before the start.',
    EBADFD: {
      means: 'The substream is not prepared.',
      next: {
        Pcm: 'Call prepare() first.',
        LoopbackCapture: OPEN_AGAIN,
        ClockedLoopback: OPEN_AGAIN,
        ClockedCapture: OPEN_AGAIN,
      },
    },
  },
  'ioctl SNDRV_PCM_IOCTL_STATUS': { ENODEV: CARD_GONE },
  'ioctl SNDRV_PCM_IOCTL_PREPARE': {
    ENODEV: CARD_GONE,
    EBADFD: 'The substream has no parameters, or its card is going: open it again.',
    EBUSY: {
      means: 'The substream is running.',
      next: {
        Pcm: 'Call drop() first.',
        LoopbackCapture: OPEN_AGAIN,
        ClockedLoopback: OPEN_AGAIN,
        ClockedCapture: OPEN_AGAIN,
      },
    },
  },
  'ioctl SNDRV_PCM_IOCTL_DROP': {
    ENODEV: CARD_GONE,
    EBADFD: 'The substream has no parameters, or its card is going: open it again.',
  },
  'ioctl SNDRV_PCM_IOCTL_PAUSE': {
    ENODEV: CARD_GONE,
    EBADFD: 'Only a running substream can be paused, and only a paused one goes on.',
    ESTRPIPE: SUSPENDED,
  },
  'ioctl SNDRV_PCM_IOCTL_RESUME': {
    ENODEV: CARD_GONE,
    EBADFD: 'The substream was not suspended.',
  },
  'ioctl SNDRV_PCM_IOCTL_WRITEI_FRAMES': WRITE_FRAMES,
  'ioctl SNDRV_PCM_IOCTL_WRITEN_FRAMES': WRITE_FRAMES,
  'ioctl SNDRV_PCM_IOCTL_READI_FRAMES': READ_FRAMES,
  'ioctl SNDRV_PCM_IOCTL_READN_FRAMES': READ_FRAMES,
  clock_gettime: {
    EINVAL:
      'This is no clock of this kernel: either the file is no PTP device, or the kernel has no auxiliary clocks, which need Linux 6.17 built with CONFIG_POSIX_AUX_CLOCKS.',
    ENODEV:
      'The clock is gone: the device of a PTP clock was removed, or an auxiliary clock was disabled. Close it, and open it again once it is back.',
  },
  'ioctl ETHTOOL_GET_TS_INFO': {
    ENODEV:
      'There is no clock and no network interface of this name: `utimer clocks` lists clocks, `ip link` interfaces.',
  },
  'ioctl PTP_SYS_OFFSET': PTP_GONE,
  'ioctl PTP_SYS_OFFSET_EXTENDED': PTP_GONE,
  'ioctl PTP_SYS_OFFSET_PRECISE': PTP_GONE,
  pthread_create: {
    EAGAIN:
      'No thread more is to be had: `ulimit -u` limits those of the user, pids.max those of the container, `ulimit -v` their memory.',
  },
  bind: {
    EADDRNOTAVAIL: 'No interface of this machine has the address: `ip address` shows those that they have.',
    EADDRINUSE: 'Another socket has the port: `ss -ulpn` names it.',
    EACCES: 'Ports below net.ipv4.ip_unprivileged_port_start (1024) need CAP_NET_BIND_SERVICE.',
  },
  'setsockopt MCAST_JOIN_GROUP': JOIN,
  'setsockopt MCAST_JOIN_SOURCE_GROUP': JOIN,
  sendmmsg: {
    ENETUNREACH: 'No route leads there: add one (`ip route`), or name the interface to send to a group from.',
    ENODEV: 'The interface to send from is gone. What is sent once it is back arrives.',
    EACCES: 'Either this is a broadcast address, which nothing is sent to, or a route forbids it.',
    EPERM: 'A firewall of this machine forbids it: `nft list ruleset`, `iptables -S`.',
  },
};

/** The hint for a failed call, or undefined where the error speaks for itself. */
export function hintFor(code: string, syscall: string, path?: string, called?: Called): string | undefined {
  const hint = hintsOf(syscall, path)?.[code];
  return hint === undefined ? undefined : textOf(hint, called ?? 'Pcm');
}

/** Where the documents say more: the path of the page, and an anchor. Undefined for an errno without a hint. */
export function helpFor(code: string, syscall: string | undefined, path?: string): string | undefined {
  if (code.startsWith('ERR_')) return `${SYMPTOMS}#${code.toLowerCase()}`;
  if (syscall === undefined || hintsOf(syscall, path)?.[code] === undefined) return undefined;
  return `${SYMPTOMS}#${anchorOf(topicOf(syscall, path), code)}`;
}

/** Every hint with its anchor and all that it may say: for the test that compares them with docs/symptoms.md. */
export function everyHint(): { readonly anchor: string; readonly texts: readonly string[] }[] {
  const topics = [
    ['open-timer', OPEN_TIMER] as const,
    ['open-pcm', OPEN_PCM] as const,
    ['open-ptp', OPEN_PTP] as const,
    ...Object.entries(CALLS).map(([syscall, table]) => [topicOf(syscall), table] as const),
  ];
  const hints = topics.flatMap(([topic, table]) =>
    Object.entries(table).map(([code, hint]) => [anchorOf(topic, code), textsOf(hint)] as const),
  );
  // Calls of one topic share their hints.
  return [...new Map(hints)].map(([anchor, texts]) => ({ anchor, texts }));
}

const anchorOf = (topic: string, code: string) => `${topic}-${code.toLowerCase()}`;

/** What a call is about, as anchors name it: 'timer-create', 'pcm-write', 'mcast-join'. */
function topicOf(syscall: string, path?: string): string {
  if (syscall === 'open') {
    if (path === TIMER_DEVICE) return 'open-timer';
    return path?.startsWith('/dev/ptp') ? 'open-ptp' : 'open-pcm';
  }
  return syscall
    .replace(/^ioctl SNDRV_(\w+)_IOCTL_(\w+?)([IN]_FRAMES)?$/, '$1-$2')
    .replace(/^ioctl PTP_SYS_OFFSET\w*$/, 'ptp-read')
    .replace(/^ioctl ETHTOOL_GET_TS_INFO$/, 'interface-ptp')
    .replace(/^setsockopt (\w+_JOIN)\w*$/, '$1')
    .toLowerCase()
    .replaceAll('_', '-');
}

function textsOf(hint: Hint): string[] {
  if (typeof hint === 'string') return [hint];
  return typeof hint === 'function' ? [hint()] : [hint.means, ...Object.values(hint.next)];
}

/** What a failed call on an object may say, all of it: for the test that compares it with the methods of the object. */
export function hintsFor(called: Called): string[] {
  return [OPEN_TIMER, OPEN_PCM, OPEN_PTP, ...Object.values(CALLS)].flatMap((hints) =>
    Object.values(hints).map((hint) => textOf(hint, called)),
  );
}

function textOf(hint: Hint, called: Called): string {
  if (typeof hint === 'string') return hint;
  return typeof hint === 'function' ? hint() : `${hint.means} ${hint.next[called]}`;
}

function hintsOf(syscall: string, path: string | undefined): Readonly<Record<string, Hint>> | undefined {
  if (syscall !== 'open') return CALLS[syscall];
  if (path === TIMER_DEVICE) return OPEN_TIMER;
  if (path?.startsWith('/dev/ptp')) return OPEN_PTP;
  return path?.includes('/pcm') || path?.includes('/control') ? OPEN_PCM : undefined;
}
