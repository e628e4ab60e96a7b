/** A bridge, from its command line to its end. */
import { Bridge } from '../../bridge/bridge.js';
import { BRIDGE_EVENTS } from '../../bridge/events.js';
import type { BridgeInfo } from '../../bridge/messages.js';
import type { BridgeOptions } from '../../bridge/options.js';
import { takesInterface } from '../../net/address.js';
import { shellLine } from '../../shell-line.js';
import { type Io, onInterrupt } from '../output/io.js';
import { handOver, print } from '../output/printing.js';
import { Report } from '../output/report.js';
import type { Given } from '../table/command.js';
import { checkLink } from '../table/machine.js';
import { naming } from '../table/naming.js';
import { UsageError } from '../table/usage-error.js';
import type { OptionNames } from './advice.js';
import { inJson, inWords } from './event-log.js';
import { type StreamValues, streamNames, streamParameters } from './stream-parameters.js';

interface BridgeValues extends StreamValues {
  readonly json: boolean;
}

/** @returns the exit code */
export async function runBridge(
  { values, library, given, names }: Given<BridgeValues, Partial<BridgeOptions>>,
  io: Io,
): Promise<number> {
  const stream = await streamParameters(values, library, io);
  if (library.interface === undefined) checkLink(stream.address);
  else if (!takesInterface(stream.address))
    throw new UsageError(`--interface is for groups, and ${stream.address} is none`);
  const { clock, mediaClock } = library;
  if (mediaClock && (clock === 'packets' || clock === 'arrival'))
    throw new UsageError(`--mediaclk is for the clock that timestamps count by, and --clock is ${clock}`);
  const options = { ...library, ...stream, ...(mediaClock && { mediaClock }), signal: io.signal };
  const bridge = await naming({ ...names, ...streamNames(values.sdp, given) }, () => Bridge.open(options));
  return follow(bridge, names, io, values.json);
}

/** Tells what happens until the bridge is closed. */
async function follow(bridge: Bridge, names: OptionNames, io: Io, asJson: boolean): Promise<number> {
  const { info } = bridge;
  let code = 0;
  const report = new Report(io.stdout, asJson);
  const tell = asJson ? inJson(report) : inWords(report, info, names);
  const ended = new Promise<void>((resolve) => {
    bridge.on('close', (event) => {
      tell(event);
      resolve();
    });
  });
  for (const name of BRIDGE_EVENTS) if (name !== 'error' && name !== 'close') bridge.on(name, tell);
  bridge.on('error', (error) => {
    code = 1;
    tell({ type: 'error', error });
    report.clear();
    io.stderr.write(`utimer bridge: ${error.message}\n`);
  });
  using _interrupt = onInterrupt(io.signal, () => void bridge.close());
  if (asJson) await print(io, JSON.stringify({ type: 'open', ...info }));
  else for (const line of opening(info, names)) await print(io, line);
  await ended;
  if (io.signal.aborted) await handOver(io);
  return code;
}

/** What to do now. */
function opening(info: BridgeInfo, names: OptionNames): string[] {
  const { listenerName, format, rate, channels, periodFrames, access, clock, linkOffsetMs } = info;
  // One file a channel.
  const apart = access === 'noninterleaved' ? ['-I'] : [];
  const { given, asked } = info.receiveBufferBytes;
  return [
    ...(linkOffsetMs === undefined
      ? []
      : [
          `played by ${clock === 'arrival' ? 'the arrival of packets' : clock}, ${linkOffsetMs} ms after their time`,
        ]),
    `receiving at ${info.address} port ${info.port}; to listen:`,
    `  ${shellLine('arecord', ...apart, '-D', listenerName, '-f', format, '-r', rate, '-c', channels, `--period-size=${periodFrames}`, 'out.wav')}`,
    ...(given < asked
      ? [
          `the socket holds ${given} bytes of ${asked}: sysctl -w net.core.rmem_max=${asked}, or ${names.receiveBufferBytes} ${given}`,
        ]
      : []),
  ];
}
