// The hints of lib/hints.ts as tables of docs/symptoms.md, a row and an anchor for each.
import { release } from 'node:os';
import { everyHint } from '../../lib/hints.js';

/** What a topic is called on the page, where that is not an ioctl with its name. */
const NAMES: Readonly<Record<string, string>> = {
  'open-timer': 'Opening `/dev/snd/timer`',
  'open-pcm': 'Opening a PCM or a control device',
  'open-ptp': 'Opening a PTP clock',
  'pcm-write': '`SNDRV_PCM_IOCTL_WRITEI_FRAMES`, `WRITEN_FRAMES`',
  'pcm-read': '`SNDRV_PCM_IOCTL_READI_FRAMES`, `READN_FRAMES`',
  poll: '`poll`, which `ready()` waits with',
  'clock-gettime': '`clock_gettime`',
  'interface-ptp': '`ETHTOOL_GET_TS_INFO`, which finds the PTP clock of an interface',
  'ptp-read': '`PTP_SYS_OFFSET`, `PTP_SYS_OFFSET_EXTENDED`, `PTP_SYS_OFFSET_PRECISE`',
  'pthread-create': '`pthread_create`',
  bind: '`bind`',
  'mcast-join': '`MCAST_JOIN_GROUP`, `MCAST_JOIN_SOURCE_GROUP`',
  sendmmsg: '`sendmmsg`',
};

/** Whose advice a text is: in this order they come behind what an error means. */
const OBJECTS = ['Pcm', 'LoopbackCapture', 'ClockedLoopback'];

export function hintTables(): string {
  const topics = grouped(everyHint(), ({ anchor }) => anchor.slice(0, anchor.lastIndexOf('-')));
  const tables = [...topics].map(([topic, hints]) => {
    const rows = hints.map(({ anchor, texts }) => [
      `<a id="${anchor}"></a>\`${anchor.slice(topic.length + 1).toUpperCase()}\``,
      cell(texts),
    ]);
    const width = Math.max(...rows.map(([code = '']) => code.length));
    const lines = [['errno', 'what it means, and what to do'], ['-'.repeat(width), '-'.repeat(29)], ...rows];
    return [
      `### ${NAMES[topic] ?? ioctlName(topic)}`,
      '',
      ...lines.map(([code = '', text]) => `| ${code.padEnd(width)} | ${text} |`),
    ].join('\n');
  });
  return `${tables.join('\n\n')}\n`;
}

/** Map.groupBy, which Node.js 20 lacks. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function ioctlName(topic: string): string {
  const [interfaceName = '', ...call] = topic.toUpperCase().split('-');
  return `\`SNDRV_${interfaceName}_IOCTL_${call.join('_')}\``;
}

function cell([means = '', ...advice]: readonly string[]): string {
  const by = grouped(OBJECTS.slice(0, advice.length), (name) => advice[OBJECTS.indexOf(name)] ?? '');
  const next = [...by].map(([text, names]) => `${names.map((name) => `\`${name}\``).join(', ')}: ${text}`);
  return [means, ...next].map(readable).join(' ');
}

/** What differs from machine to machine is left out, and what is no prose is code. */
const readable = (text: string) =>
  text
    .replace(` (${release()})`, '')
    .replaceAll(/\/\S*\/kernels\.md/g, '[kernels.md](kernels.md)')
    .replaceAll(/(?<!`)(?:\/proc\/asound\/<card>\/\w*|\{ \w+: '\w+' \}|floor\([^)]*\))/g, '`$&`');
