/** What the command line can do about packets that do not fit. */
import type { ContradictionEvent } from '../../rtp/jitter-buffer/contradictions.js';
import { describeRefusal, type RefusalEvent, type RefusalOption } from '../../rtp/refusals.js';

/** The options of the command line by those of the library. */
export type OptionNames = Readonly<Record<string, string>>;

/** Options of which this one may be right, and the other one wrong. */
const BESIDE: Partial<Record<RefusalOption, string>> = { channels: 'encoding', mediaClock: 'clock' };

/** What came, what was expected, and what takes it: 'payload type 97 came, 96 was expected; --payload-type 97'. */
export function refusalWords(event: RefusalEvent, names: OptionNames): string {
  const { option, value } = event;
  if (option === undefined) return describeRefusal(event);
  const options = [BESIDE[option], option].flatMap((each) => (each && names[each]) ?? []).join(', ');
  return `${describeRefusal(event)}; ${options}${value === undefined ? '' : ` ${value}`}`;
}

/** What contradicts what, and which options would agree. */
export function contradictionWords(event: ContradictionEvent, rate: number, names: OptionNames): string {
  const { what, packetFrames, timestampFrames, fits } = event;
  if (what === 'sequence') return 'the sequence numbers stand still: only the timestamps count';
  const formats = fits.map(
    ({ encoding, channels }) => `${names.encoding} ${encoding} ${names.channels} ${channels}`,
  );
  const clock = `its clock counts ${Math.round((rate * timestampFrames) / packetFrames)} Hz`;
  return `packets hold ${packetFrames} frames as described, but their timestamps count ${timestampFrames}: ${[...formats, clock].join(', or ')}`;
}
