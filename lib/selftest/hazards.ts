/**
 * Cases that can crash a kernel that has not been mended, by its version or by the changelog of its package. Only --may-crash
 * runs them there.
 */
import {
  DEFECTS,
  type Defect,
  hasDefect,
  isMendedBy,
  numbersOf,
  versions,
} from '../doctor/kernel-defects.js';
import { kernelPackage, kernelVersion } from '../doctor/kernel-package.js';
import type { Machine } from '../doctor/machine.js';

interface Hazard {
  readonly defect: Defect;
  /** How their names begin. */
  readonly cases: readonly string[];
}

export const HAZARDS: readonly Hazard[] = [
  {
    // Two triggers in one callback: sound/core/timer.c, snd_timer_process_callbacks().
    defect: DEFECTS.triggersAtOnce,
    cases: ['L43', 'L45 Several threads: trigger at once', 'F30'],
  },
  {
    // Timers that go while a listener or a cable is bound to them: sound/core/timer.c, snd_timer_free(). F15 keeps a stream mapped
    // until its program has ended.
    defect: DEFECTS.freedTimer,
    cases: ['U23', 'U25', 'L40', 'L41', 'L42', 'L46', 'D0', 'F15'],
  },
  {
    // sound/drivers/aloop.c, loopback_check_format().
    defect: DEFECTS.formatRace,
    cases: ['A18'],
  },
  {
    // sound/core/pcm_native.c, snd_pcm_pre_start().
    defect: {
      what: 'a stream that is started and prepared at once is in no state',
      fixes: {},
      mended: versions('6.12.110', '7.3.0'),
    },
    cases: ['F33'],
  },
];

/** Triggers of two threads, which are to come at once. */
const NEEDS_TWO_PROCESSORS = 'L43 ';
/** Cases about cables, and one about listening to the timer of one. */
const NEEDS_CARD = /^([ADFR]\d\d|L36) /;

export interface Here {
  /** Those of HAZARDS that this kernel may have. */
  readonly defects: ReadonlySet<Defect>;
  readonly processors: number;
  /** Whether cases that can crash the kernel are wanted. */
  readonly mayCrash: boolean;
  /** Why there is no loopback card, and none to be had. */
  readonly cardless: string | undefined;
}

/** The defects of HAZARDS that the kernel may have; one without a version may have all. */
export function defectsHere(machine: Machine): ReadonlySet<Defect> {
  const version = kernelVersion(machine);
  const known = HAZARDS.map(({ defect }) => defect).filter(
    (defect) => version === undefined || hasDefect(version, defect),
  );
  if (known.length === 0) return new Set();
  const changelog = kernelPackage(machine)?.changelog;
  return new Set(known.filter((defect) => changelog === undefined || !isMendedBy(changelog, defect)));
}

/** Why a case is not to be run here. */
export function reasonToSkip(name: string, here: Here): string | undefined {
  const { defects, processors, mayCrash, cardless } = here;
  const defect = HAZARDS.find(({ cases }) => cases.some((beginning) => name.startsWith(beginning)))?.defect;
  if (!mayCrash && defect !== undefined && defects.has(defect)) {
    const numbers = numbersOf(defect) || 'a fault without a number';
    return `this kernel may crash: ${defect.what} (${numbers}); --may-crash runs it`;
  }
  if (cardless !== undefined && NEEDS_CARD.test(name)) return cardless;
  if (processors === 1 && name.startsWith(NEEDS_TWO_PROCESSORS)) return 'this machine has one processor';
  return undefined;
}
