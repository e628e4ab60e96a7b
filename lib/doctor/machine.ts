/** What checks look at: files of the machine, and the parts of this library that they try. Tests have machines of their own. */
import { accessSync, constants, statSync } from 'node:fs';
import { release, version } from 'node:os';
import { type ListedClock, listClocks } from '../clock/list.js';
import { LoopbackCard } from '../loopback/card.js';
import { native } from '../native/load.js';
import { glanceAtLink, glanceInto } from '../proc.js';
import { readText } from '../text-file.js';
import { isUserDriven } from '../timer/id.js';
import { listTimers } from '../timer/list.js';
import { UserTimer } from '../timer/user-timer.js';
import { visibleLines } from '../visible-text.js';
import { thisUser } from './this-user.js';
import { tryCable, tryTimer } from './trials.js';

export interface NodeMode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A loopback card, as far as checks look at it. */
export type CheckedCard = Pick<LoopbackCard, 'number' | 'id' | 'substreams' | 'timerSource' | 'holders'>;

export interface Machine {
  /** Of the kernel, as uname -r prints it. */
  readonly release: string;
  /** Of the kernel, as uname -v prints it. */
  readonly version: string;
  readonly arch: string;
  readonly runtime: string;
  readonly user: { readonly name: string; readonly uid: number };
  /** The text of a file, unpacked where its name ends in .gz; undefined where it cannot be read. */
  read(path: string): string | undefined;
  /** The names in a folder; none where it cannot be read. */
  names(path: string): readonly string[];
  /** Where a symbolic link leads; undefined where it cannot be read. */
  link(path: string): string | undefined;
  /** Undefined where there is none. */
  mode(path: string): NodeMode | undefined;
  /** Why this process may not read and write a file: 'EACCES' for instance. */
  refusal(path: string): string | undefined;

  /** Throws as the library does. */
  loadAddon(): void;
  supportsUserTimers(): boolean;
  /** The ids of the userspace-driven timers that there are. */
  userTimers(): readonly number[];
  cards(): readonly CheckedCard[];
  clocks(): readonly ListedClock[];
  /** Creates a timer, ticks it and hears it. Resolves with what it saw. */
  tryTimer(): Promise<string>;
  /** Sends frames through a cable and compares them. Resolves with what it saw. */
  tryCable(card: CheckedCard): Promise<string>;
}

/** The machine that this runs on. */
export function thisMachine(): Machine {
  const { name, uid } = thisUser();
  return {
    release: release(),
    version: version(),
    arch: process.arch,
    runtime: `${process.release.name} ${process.version}`,
    user: { name, uid },
    read,
    names: glanceInto,
    link: glanceAtLink,
    mode: (path) => attempt(() => statSync(path)),
    refusal,
    loadAddon: () => void native(),
    supportsUserTimers: () => UserTimer.isSupported(),
    userTimers: () =>
      listTimers().flatMap(({ timerId }) => (isUserDriven(timerId) ? [timerId.subdevice] : [])),
    cards: () => LoopbackCard.list(),
    clocks: listClocks,
    tryTimer,
    tryCable,
  };
}

function read(path: string): string | undefined {
  const text = readText(path);
  return text === undefined ? undefined : visibleLines(text);
}

function refusal(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
