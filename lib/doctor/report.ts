/** A report: a diagnosis as text that one may publish, without the names, addresses and serial numbers of the machine. */
import { hostname } from 'node:os';
import type { CheckResult } from './diagnose.js';
import { thisUser } from './this-user.js';

/** Names of a machine that are nobody else's business. */
export interface PrivateNames {
  readonly user: string;
  readonly host: string;
  readonly home: string;
}

export function thisMachinesNames(): PrivateNames {
  const { name, home } = thisUser();
  return { user: name, host: hostname(), home };
}

/** The names of accounts that each machine has tell nothing. */
const COMMON = new Set(['', '/', 'root', 'localhost', 'node', 'user', 'audio']);

/** Of an IPv6 address. */
const GROUPS = '(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)';

const ADDRESSES: readonly (readonly [RegExp, string])[] = [
  // Before the numbers within them.
  [/\benx[0-9a-f]{12}\b/gi, 'enx<address>'],
  [/\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,7}\b/gi, '<address>'],
  [
    new RegExp(
      `(?<![\\w:.])(?:${GROUPS}?::${GROUPS}?|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4})(?:%[\\w.-]+)?(?![\\w:])`,
      'gi',
    ),
    '<address>',
  ],
  [/(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w.-])/g, '<address>'],
  [/\b(serial(?: number)?[ :#=]+)\S+/gi, '$1<serial>'],
];

/** A text without what names the machine, its user, or its place in a network. */
export function withoutNames(text: string, { user, host, home }: PrivateNames): string {
  const names: readonly (readonly [string, string])[] = [
    [home, '<home>'],
    [host, '<host>'],
    [user, '<user>'],
  ];
  let told = text;
  for (const [name, instead] of names) {
    if (COMMON.has(name)) continue;
    told = told.replace(new RegExp(`(?<!\\w)${escaped(name)}(?!\\w)`, 'g'), () => instead);
  }
  for (const [pattern, instead] of ADDRESSES) told = told.replace(pattern, instead);
  return told;
}

/** As RegExp.escape(), which Node.js has since 24. */
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const ID_WIDTH = 16;

/** Lines of a report, to be pasted into an issue: what was found, and what was advised. */
export function reportOf(results: readonly CheckResult[], version: string, names: PrivateNames): string {
  const found = results.flatMap(({ id, status, seen, next }) => [
    `${status.padEnd(5)} ${id.padEnd(ID_WIDTH)} ${seen}`,
    ...(status === 'warn' || status === 'fail' ? next.map((step) => `      > ${step}`) : []),
  ]);
  return withoutNames([`alsa-utimer ${version}`, ...found].join('\n'), names);
}
