/**
 * A cable of snd-aloop, as /proc/asound/card<N>/cable#0 and cable#1 show it: one for each substream and direction. Cable
 * 0 goes from playback on device 0 to capture on device 1, cable 1 from playback on device 1 to capture on device 0.
 */

/** One side of a cable that is open. */
export interface CableSide {
  /** Its parameters have been set and it was prepared. */
  readonly valid: boolean;
  readonly running: boolean;
  readonly paused: boolean;
  /** Hz; 0 until the parameters are set. */
  readonly rate: number;
  /** Bytes of one frame; 0 until the parameters are set. */
  readonly frameBytes: number;
  /** Frames. */
  readonly periodFrames: number;
  /** Frames. */
  readonly bufferFrames: number;
  /** Where in the buffer the next period goes to or comes from, in frames. */
  readonly positionFrames: number;
}

/** A cable; both sides are undefined while nobody has it open. */
export interface CableState {
  /** The number of the device whose playback feeds it. */
  readonly cable: number;
  readonly substream: number;
  readonly playback: CableSide | undefined;
  readonly capture: CableSide | undefined;
  /** The timer that clocks it; undefined for jiffies, and while it is not open. `card` is -1 for a global timer. */
  readonly timer: { readonly card: number; readonly device: number; readonly subdevice: number } | undefined;
}

/** Reads the text of a cable# file (sound/drivers/aloop.c: print_cable_info). */
export function parseCables(text: string): CableState[] {
  return text
    .split(/^(?=Cable )/m)
    .filter((block) => block.startsWith('Cable '))
    .map(parseCable);
}

function parseCable(block: string): CableState {
  const head = /^Cable (\d+) substream (\d+):/.exec(block);
  const flags = (name: string) => Number(new RegExp(`^  ${name}: (\\d+)`, 'm').exec(block)?.[1] ?? 0);
  const bits = { valid: flags('valid'), running: flags('running'), paused: flags('pause') };
  const [, playback = '', capture = ''] = block.split(/^ {2}(?:Playback|Capture)\n/m);
  const timer = /^\s*sound timer:\s*hw:(-?\d+),(-?\d+),(-?\d+)/m.exec(block);
  return {
    cable: Number(head?.[1]),
    substream: Number(head?.[2]),
    playback: parseSide(playback, 0, bits),
    capture: parseSide(capture, 1, bits),
    timer: timer
      ? { card: Number(timer[1]), device: Number(timer[2]), subdevice: Number(timer[3]) }
      : undefined,
  };
}

function parseSide(
  text: string,
  bit: number,
  bits: Readonly<Record<'valid' | 'running' | 'paused', number>>,
): CableSide | undefined {
  const bytes = (name: string) => Number(new RegExp(`^\\s*${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  if (!/^\s*buffer_size:/m.test(text)) return undefined;
  const frameBytes = bytes('sample_align');
  const frames = (name: string) => (frameBytes === 0 ? 0 : bytes(name) / frameBytes);
  const is = (mask: number) => ((mask >> bit) & 1) === 1;
  return {
    valid: is(bits.valid),
    running: is(bits.running),
    paused: is(bits.paused),
    rate: frames('bytes_per_sec'),
    frameBytes,
    periodFrames: frames('period_size'),
    bufferFrames: frames('buffer_size'),
    positionFrames: frames('buffer_pos'),
  };
}
