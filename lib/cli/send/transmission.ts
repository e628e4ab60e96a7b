/** A stream that is being sent: its counters as they change, and how it ended. */
import type { RtpSender } from '../../rtp/sender.js';
import type { Io } from '../output/io.js';
import { json } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { AudioSource } from './audio-source.js';

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
): Promise<boolean> {
  const report = new Report(stdout, asJson);
  const words = () => summary(audio, sender);
  const line = (type: 'stats' | 'close') => counters(type, audio, sender);
  const tell = () =>
    report.counters((status) => {
      if (asJson) status.print(line('stats'));
      else status.show(words());
    });
  let isWhole = false;
  const telling = stats > 0 ? setInterval(tell, stats) : undefined;
  try {
    await audio.send(sender, signal, (type) =>
      report.event(asJson ? json({ type }) : `${type}: frames of the cable were lost`),
    );
    sender.flush();
    await sender.drain();
    isWhole = true;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(telling);
    report.clear();
  }
  report.end((status) => status.print(asJson ? line('close') : `closed: ${words().join(', ')}`));
  return isWhole;
}

function counters(type: 'stats' | 'close', audio: AudioSource, sender: RtpSender): string {
  const { lastError, ...counted } = sender.stats();
  return json({ type, ...counted, ...audio.restarts?.(), lastError: lastError?.message });
}

function summary(audio: AudioSource, sender: RtpSender): string[] {
  const { packetsSent, packetsDropped, packetsFailed, frames, lastError } = sender.stats();
  const { overruns, suspends } = audio.restarts?.() ?? { overruns: 0, suspends: 0 };
  return [
    `packets ${packetsSent}`,
    `dropped ${packetsDropped}`,
    `failed ${packetsFailed}`,
    `frames ${frames}`,
    ...(overruns > 0 ? [`overruns ${overruns}`] : []),
    ...(suspends > 0 ? [`suspends ${suspends}`] : []),
    ...(lastError ? [lastError.message] : []),
  ];
}
