/**
 * MediaTimeBuffer: gives each packet's frames to a cable that plays them when their media time has come. Their RTP timestamps say
 * where they belong, so no packet waits for another one. What has not come when its time has is filled in, and lost.
 */
import { checkBytes } from '../../arguments.js';
import { AlsaError } from '../../errors.js';
import type { RtpEncoding } from '../format.js';
import { Admission, MAX_DATAGRAM_BYTES } from '../jitter-buffer/admission.js';
import { Candidates } from '../jitter-buffer/candidates.js';
import type { Placement, StreamStart } from '../jitter-buffer/events.js';
import { checkJitterBufferOptions, type JitterBufferOptions } from '../jitter-buffer/options.js';
import { SourceSelection } from '../jitter-buffer/source-selection.js';
import type { JitterBufferStats } from '../jitter-buffer/stats.js';
import type { Suspect } from '../jitter-buffer/suspect.js';
import { tellUntil } from '../jitter-buffer/tell-until.js';
import { parseRtpPacket, type RtpPacket } from '../packet.js';
import { Refusals } from '../refusals.js';
import { type MediaTimes, timestampOf } from './media-times.js';
import { type FarTime, type Head, type MediaCable, TimedStream } from './timed-stream.js';

export class MediaTimeBuffer {
  readonly #rate: number;
  readonly #admission: Admission;
  readonly #sources: SourceSelection;
  readonly #stream: TimedStream;
  readonly #candidates: Candidates;
  readonly #times: MediaTimes;
  /** For people: 'by /dev/ptp0, mediaclk:direct=0'. */
  readonly #by: string;
  /** Holds one converted packet on its way to the cable. */
  readonly #scratch: Uint8Array;
  #packets = 0;
  #closed = false;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE */
  constructor(options: JitterBufferOptions, cable: MediaCable, times: MediaTimes, clock: string) {
    const checked = checkJitterBufferOptions(options);
    const { types } = checked;
    const open = <E>(tell: ((event: E) => void) | undefined) => tellUntil(() => this.#closed, tell);
    const refusals = new Refusals(open(checked.onRefusal));
    this.#rate = checked.rate;
    this.#times = times;
    this.#by = `by ${clock}, mediaclk:direct=${times.offset}`;
    this.#sources = new SourceSelection(checked, refusals);
    this.#stream = new TimedStream(
      {
        ...checked,
        onStream: open(checked.onStream),
        onLoss: open(checked.onLoss),
        onDiscontinuity: open(checked.onDiscontinuity),
        onContradiction: open(checked.onContradiction),
      },
      cable,
      times,
    );
    this.#candidates = new Candidates(types, this.#sources, this.#stream, {
      follow: (agreed) => this.#beginWith(agreed),
      followRival: () => this.#followRival(),
      place: (suspect) => this.#placeKept(suspect),
    });
    // A source that contradicts the clock is not heard.
    this.#admission = new Admission(checked, refusals, () => this.#sources.isHeard && this.#stream.isHeard);
    const largest = Math.floor(MAX_DATAGRAM_BYTES / types.leastFrameBytes);
    this.#scratch = new Uint8Array(Math.max(1, largest) * types.frameBytes);
  }

  /** The current source and the RTP timestamp of the frame that is played next; undefined before the first packet. */
  get position(): { readonly ssrc: number; readonly timestamp: number } | undefined {
    const { ssrc } = this.#sources;
    return ssrc === undefined ? undefined : { ssrc, timestamp: this.#stream.timestamp };
  }

  /** When the newest packet came of those that have a place in the stream; undefined before the first. */
  get latestArrival(): bigint | undefined {
    return this.#stream.latestArrival;
  }

  /** When `expire` has to be called next, on the clock of the arrivals. */
  get deadline(): bigint | undefined {
    return this.#sources.takeover(this.#stream.detector.packetFrames);
  }

  /** Frames that came when their time was over. */
  get framesLate(): number {
    return this.#stream.framesLate;
  }

  stats(): JitterBufferStats {
    return {
      packets: this.#packets,
      ...this.#stream.stats(),
      packetsStray: this.#candidates.stray,
      packetsRejected: { ...this.#admission.rejected },
    };
  }

  /** As of JitterBuffer. */
  receive(datagram: Uint8Array, arrival: bigint, origin = ''): Placement {
    const packet = parseRtpPacket(checkBytes('datagram', datagram));
    if (typeof packet !== 'string') return this.push(packet, arrival, origin);
    this.#packets++;
    this.#admission.rejectDatagram(packet, datagram.length);
    return 'rejected';
  }

  /** As of JitterBuffer. */
  push(packet: RtpPacket, arrival: bigint, origin = ''): Placement {
    this.#packets++;
    const payloads = this.#admission.admit(packet);
    if (!payloads) return 'rejected';
    const frames = packet.payload.length / payloads.frameBytes;
    const sources = this.#sources;
    const { detector } = this.#stream;
    if (sources.ssrc === undefined) this.#begin('first', packet, arrival, origin);
    else if (sources.ssrc !== packet.ssrc || (sources.origin !== origin && !detector.isLeg(packet))) {
      return this.#candidates.rival(packet, frames, arrival, origin);
    } else if (sources.isContested && !detector.isOld(packet)) this.#candidates.hear();
    if (this.#stream.isSuspicious(packet, frames))
      return this.#candidates.suspect(packet, frames, arrival, origin);
    const bytes = payloads.converter.convert(packet.payload, this.#scratch);
    const placement = this.#place(packet, frames, payloads.encoding, bytes, arrival);
    if (placement === undefined) return this.#candidates.suspect(packet, frames, arrival, origin);
    if (detector.hasSuspects) this.#candidates.reconsider();
    return placement;
  }

  /** Gives up on a source that another one has outlived. */
  expire(now: bigint): void {
    const { deadline } = this;
    if (deadline !== undefined && now >= deadline) this.#followRival();
  }

  /** @throws AlsaError ERR_PLAYED_BY_CLOCK */
  conceal(_frames: number): never {
    throw new AlsaError('The stream is played by a clock, which fills in what is missing', {
      code: 'ERR_PLAYED_BY_CLOCK',
      hint: "Only with clock 'packets' can a program go on without the sender.",
    });
  }

  /** Nothing comes any more, for now. */
  settle(): void {
    this.#candidates.forgetSuspects();
    this.#stream.rest();
    this.#sources.fallQuiet();
    if (this.#sources.isDecided) this.#followRival();
  }

  /** Settles: the end of the stream. What waits is played still. */
  flush(): void {
    this.settle();
    this.#candidates.forgetRivals();
  }

  /** Nothing is told afterwards. */
  close(): void {
    this.#closed = true;
  }

  #begin(reason: StreamStart, packet: Head, arrival: bigint, origin: string): void {
    const previous = this.position;
    this.#sources.start(packet.ssrc, origin);
    this.#stream.begin(reason, packet, arrival, previous);
  }

  /** Gives the frames of a packet to the cable; undefined where it has a time that others have to confirm. */
  #place(
    packet: Head,
    frames: number,
    encoding: RtpEncoding,
    bytes: Uint8Array,
    arrival: bigint,
  ): Placement | undefined {
    const placement = this.#stream.place(packet, frames, encoding, bytes, arrival);
    return typeof placement === 'string' ? placement : this.#refuse(packet, frames, placement);
  }

  /** Its time is too far from what is played now. */
  #refuse({ timestamp }: Head, frames: number, { position, next }: FarTime): Placement | undefined {
    const isAhead = position > next;
    if (this.#times.isRelative) return isAhead ? undefined : this.#stream.dropLate(frames);
    const seconds = Math.abs(position - next) / this.#rate;
    const came = `timestamp ${timestamp}, ${seconds.toFixed(3)} s ${isAhead ? 'ahead' : 'behind'},`;
    const expected = `one near ${timestampOf(this.#times, next)} (${this.#by})`;
    this.#admission.rejectTime(isAhead ? 'ahead' : 'behind', came, expected);
    return 'rejected';
  }

  #followRival(): void {
    this.#beginWith(this.#candidates.takeRival());
  }

  /** Begins a stream with packets that agree. Of those that were kept for long, the time is over. */
  #beginWith(kept: readonly Suspect[]): void {
    const [earliest] = kept as [Suspect];
    const reason = earliest.ssrc === this.#sources.ssrc ? 'timestamp' : 'ssrc';
    this.#begin(reason, earliest, earliest.arrival, earliest.origin);
    for (const suspect of kept) this.#placeKept(suspect);
  }

  #placeKept(suspect: Suspect): void {
    const { frames, bytes, arrival } = suspect;
    this.#place(suspect, frames, this.#candidates.encodingOf(suspect), bytes, arrival);
  }
}
