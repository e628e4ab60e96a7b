/** Errors on their way between threads. Structured cloning keeps neither their class nor anything that was added to them. */
import { AlsaError, type AlsaErrorOptions } from '../errors.js';
import { SdpError } from '../rtp/sdp/error.js';

/** An error as plain values. */
export interface TransferredError {
  readonly kind: 'alsa' | 'sdp' | 'type' | 'range' | 'other';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** code, errno, syscall and so on. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause: TransferredError | undefined;
}

export function transferError(error: unknown): TransferredError {
  if (!(error instanceof Error)) return transferError(new Error(String(error)));
  const kind =
    error instanceof AlsaError
      ? 'alsa'
      : error instanceof SdpError
        ? 'sdp'
        : error instanceof TypeError
          ? 'type'
          : error instanceof RangeError
            ? 'range'
            : 'other';
  const plain = Object.entries(error).filter(([, value]) => value === null || typeof value !== 'object');
  return {
    kind,
    name: error.name,
    message: error.message,
    stack: error.stack,
    details: Object.fromEntries(plain.filter(([, value]) => !['function', 'symbol'].includes(typeof value))),
    cause: error.cause === undefined ? undefined : transferError(error.cause),
  };
}

/** The error as it was on the other side, of the same class. */
export function receiveError({ kind, name, message, stack, details, cause }: TransferredError): Error {
  const options = cause === undefined ? undefined : { cause: receiveError(cause) };
  const error = create(kind, message, details, options);
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true });
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true });
  return error;
}

function create(
  kind: TransferredError['kind'],
  message: string,
  details: TransferredError['details'],
  options: ErrorOptions | undefined,
): Error {
  // The message has the hint in it already.
  if (kind === 'alsa') {
    return Object.assign(new AlsaError('', { ...details, ...options } as AlsaErrorOptions), { message });
  }
  if (kind === 'sdp') return new SdpError(message);
  if (kind === 'type') return Object.assign(new TypeError(message, options), details);
  if (kind === 'range') return Object.assign(new RangeError(message, options), details);
  return Object.assign(new Error(message, options), details);
}
