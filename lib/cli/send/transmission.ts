/** A stream that is being sent: its counters as they change, and how it ended. */
import type { Pacing } from '../../clock/pacing.js';
import type { AlsaError } from '../../errors.js';
import type { RtpSender } from '../../rtp/sender.js';
import type { Io } from '../output/io.js';
import { json } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { AudioSource, MediaPace } from './audio-source.js';
import { tellClock } from './clock-events.js';

export interface TransmissionOptions {
  readonly json: boolean;
  /** Milliseconds; 0: never. */
  readonly stats: number;
}

/**
 * Sends all of a source, or until the signal ends it.
 *
 * @returns whether it was all
 */
export async function transmit(
  audio: AudioSource,
  sender: RtpSender,
  { stdout, signal }: Pick<Io, 'stdout' | 'signal'>,
  { json: asJson, stats }: TransmissionOptions,
  pace: MediaPace,
): Promise<boolean> {
  const report = new Report(stdout, asJson);
  let pacing: Pacing | undefined;
  /** Packet times of a clock without a packet: there was none, or nobody could send it. */
  const gaps = () => {
    if (!pace.clock || !pacing) return {};
    const { underruns, missed } = pacing.stats();
    return { gaps: Number(underruns + missed) };
  };
  const words = () => summary(audio, sender, gaps());
  const line = (type: 'stats' | 'close') => counters(type, audio, sender, gaps());
  const tell = () =>
    report.counters((status) => {
      if (asJson) status.print(line('stats'));
      else status.show(words());
    });
  const close = () =>
    report.end((status) => status.print(asJson ? line('close') : `closed: ${words().join(', ')}`));
  let isWhole = false;
  const telling = stats > 0 ? setInterval(tell, stats) : undefined;
  try {
    const sending = audio.send(
      sender,
      signal,
      (type) => report.event(asJson ? json({ type }) : `${type}: frames of the cable were lost`),
      pace,
    );
    pacing = sender.pacing;
    if (pace.clock && pacing) tellClock(pacing, pace.clock.name, report, asJson);
    await sending;
    sender.flush();
    await sender.drain();
    isWhole = true;
  } catch (error) {
    if (!signal.aborted) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Before a command line that cannot be understood nothing was sent.
      if (code === undefined) throw error;
      if (asJson) report.event(json({ type: 'error', code, message }));
      close();
      throw error;
    }
  } finally {
    clearInterval(telling);
    report.clear();
  }
  close();
  return isWhole;
}

interface Gaps {
  readonly gaps?: number;
}

function counters(type: 'stats' | 'close', audio: AudioSource, sender: RtpSender, gaps: Gaps): string {
  const { lastError, ...counted } = sender.stats();
  return json({ type, ...counted, ...audio.restarts?.(), ...gaps, lastError: lastError?.message });
}

function summary(audio: AudioSource, sender: RtpSender, { gaps }: Gaps): string[] {
  const { packetsSent, packetsDropped, packetsFailed, frames, lastError } = sender.stats();
  const { overruns, suspends } = audio.restarts?.() ?? { overruns: 0, suspends: 0 };
  return [
    `packets ${packetsSent}`,
    `dropped ${packetsDropped}`,
    `failed ${packetsFailed}`,
    `frames ${frames}`,
    ...(gaps === undefined ? [] : [`gaps ${gaps}`]),
    ...(overruns > 0 ? [`overruns ${overruns}`] : []),
    ...(suspends > 0 ? [`suspends ${suspends}`] : []),
    ...(lastError ? [withoutHint(lastError)] : []),
  ];
}

/** What failed, alone: it stands in each line of counters. */
function withoutHint({ message, hint }: Error & Partial<Pick<AlsaError, 'hint'>>): string {
  return hint === undefined ? message : message.slice(0, -` ${hint}`.length).replace(/\.$/, '');
}
