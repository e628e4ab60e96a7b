/** Where session descriptions come from: files, web servers and streams. */
import {
  checkInteger,
  checkOptions,
  checkSignal,
  checkString,
  type OptionNames,
  valueError,
} from '../../arguments.js';
import { openToRead } from '../../unblocking-file.js';
import { visibleText } from '../../visible-text.js';
import { SdpError } from './error.js';
import {
  MAX_SDP_BYTES,
  PARSE_OPTIONS,
  type ParseSdpOptions,
  parseSdp,
  type StreamParameters,
} from './parse.js';

const DEFAULT_TIMEOUT_MS = 10_000;

export interface LoadSdpOptions extends ParseSdpOptions {
  /** Milliseconds that a web server may take for all of its answer, 1..2^31-1. Default 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const LOAD_OPTIONS: OptionNames<LoadSdpOptions> = { ...PARSE_OPTIONS, timeoutMs: true, signal: true };

/**
 * Reads a session description from a file, a named pipe, or the address of a web server. No more of either is read than a description
 * may be long, 65536 bytes.
 *
 * @param location a path, or a URL of the schemes file, http and https
 * @throws SdpError, also where the server does not answer in time, answers with an error, or breaks off
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, also for other schemes; RangeError ERR_OUT_OF_RANGE
 * @throws the error of the system where the file cannot be read; an AbortError
 *
 * @example
 * const stream = await loadSdp('stage-left.sdp'); // or 'http://192.168.1.1/stage-left.sdp'
 * using receiver = await RtpReceiver.open({ ...stream, sink: loop });
 */
export async function loadSdp(
  location: string | URL,
  options: LoadSdpOptions = {},
): Promise<StreamParameters> {
  const name = location instanceof URL ? location.href : checkString('location', location);
  const { timeoutMs = DEFAULT_TIMEOUT_MS, stream: which } = checkOptions('options', options, LOAD_OPTIONS);
  const signal = checkSignal('signal', options.signal);
  const parsing = which === undefined ? {} : { stream: which };
  checkInteger('timeoutMs', timeoutMs, 1, 2 ** 31 - 1);
  signal?.throwIfAborted();
  if (/^https?:/i.test(name)) return parsed(await fetchText(name, timeoutMs, signal), name, parsing);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name) && !/^file:/i.test(name)) {
    throw valueError('location', 'a path, or a URL that begins with file:, http: or https:', name);
  }
  const path = /^file:/i.test(name) ? new URL(name) : name;
  const { stream } = await openToRead(path, signal);
  return parsed(await boundedText(stream, name), name, parsing);
}

/**
 * Reads a session description from a stream, standard input for instance, up to its end.
 *
 * @param name what to call it in errors
 */
export async function readSdp(
  source: AsyncIterable<Uint8Array>,
  name: string,
  options: ParseSdpOptions = {},
): Promise<StreamParameters> {
  return parsed(await boundedText(source, name), name, options);
}

/** What is wrong with a description is said with where it came from. */
function parsed(text: string, name: string, options: ParseSdpOptions): StreamParameters {
  try {
    return parseSdp(text, options);
  } catch (error) {
    throw error instanceof SdpError ? new SdpError(`${name}: ${error.message}`, { cause: error }) : error;
  }
}

async function fetchText(
  name: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const timeout = AbortSignal.timeout(milliseconds);
  try {
    const response = await fetch(name, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok)
      throw new SdpError(`${name} answered ${response.status} ${visibleText(response.statusText)}`);
    return await boundedText(response.body ?? [], name);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SdpError) throw error;
    if (timeout.aborted) throw new SdpError(`${name} did not answer within ${milliseconds} ms`);
    const { message, cause } = error as Error;
    throw new SdpError(`${name} cannot be fetched: ${(cause as Error | undefined)?.message ?? message}`);
  }
}

async function boundedText(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  name: string,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_SDP_BYTES)
      throw new SdpError(`${name} gives more than ${MAX_SDP_BYTES} bytes, which no session description has`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
