/** What a receiver is given, and the check of it. */
import {
  checkInteger,
  checkOneOf,
  checkSignal,
  checkString,
  type OptionNames,
  valueError,
} from '../arguments.js';
import { AlsaError } from '../errors.js';
import { native } from '../native/load.js';
import {
  canonicalAddress,
  checkAddress,
  checkAddressOf,
  needsInterface,
  socketType,
  takesInterface,
  unicastError,
  zoneOf,
} from '../net/address.js';
import type { SocketOptions } from '../net/socket.js';
import { JITTER_BUFFER_PARAMETERS, type JitterBufferOptions } from './jitter-buffer/options.js';
import {
  type CheckedPlayout,
  checkPlayoutOptions,
  PLAYOUT_OPTIONS,
  type PlayoutOptions,
} from './playout/options.js';

export const DEFAULT_RECEIVE_BUFFER_BYTES = 2 ** 21;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Where to listen and what to expect. The parameters that `parseSdp` gives fit in here. */
export interface RtpReceiverOptions
  extends Omit<
      JitterBufferOptions,
      'onStream' | 'onLoss' | 'onDiscontinuity' | 'onRefusal' | 'onContradiction'
    >,
    PlayoutOptions {
  /** The group to join, or a local address. Default '0.0.0.0': all that come to the port. */
  readonly address?: string;
  /** 0..65535; 0 takes a free one, see `port`. */
  readonly port: number;
  /**
   * For groups and link-local addresses only: where to join the group, and to hear it, an interface by name ('eth0') or by its
   * address. Default: the kernel's choice, but IPv6 addresses of link-local and interface-local scope need one, here or as in
   * 'ff02::1%eth0'. To hear one interface of a machine otherwise, give its address as `address`. A socket of kind 'dgram' hears the group at every
   * interface that anybody on this machine has joined it at.
   */
  readonly interface?: string;
  /**
   * Take packets from these addresses only, of the family of `address`; a group is joined for them alone (RFC 4607).
   * Default: any.
   */
  readonly sources?: readonly string[];
  /** Take no packets from these addresses. */
  readonly excludedSources?: readonly string[];
  /**
   * Bytes of the socket's buffer. Default 2 MiB. setsockopt SO_RCVBUFFORCE gives them where this process may (CAP_NET_ADMIN), else
   * SO_RCVBUF, which the kernel limits to net.core.rmem_max: see `stats().receiveBufferBytes`. Kind 'dgram' knows the latter only.
   */
  readonly receiveBufferBytes?: number;
  /** Milliseconds without a packet of the stream until 'silence', 10..2^31-1. Default 1000. */
  readonly silenceMs?: number;
  /**
   * Whose socket: the addon's ('native'), which takes three quarters of the processor time, or Node's own ('dgram').
   * Default: 'native' where the addon can be loaded.
   */
  readonly socket?: 'native' | 'dgram';
  /** Closes the receiver. */
  readonly signal?: AbortSignal;
}

export const RECEIVER_OPTIONS: OptionNames<RtpReceiverOptions> = {
  ...JITTER_BUFFER_PARAMETERS,
  ...PLAYOUT_OPTIONS,
  address: true,
  port: true,
  interface: true,
  sources: true,
  excludedSources: true,
  receiveBufferBytes: true,
  silenceMs: true,
  socket: true,
  signal: true,
};

/** What a receiver needs beside what its jitter buffer does. */
export interface CheckedReceiverOptions {
  readonly socket: SocketOptions;
  readonly excludedSources: readonly string[];
  readonly silenceMs: number;
  readonly isNative: boolean;
  readonly playout: CheckedPlayout | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Throws before any system call. */
export function checkReceiverOptions(options: Omit<RtpReceiverOptions, 'sink'>): CheckedReceiverOptions {
  const given = checkAddress('address', options.address ?? '0.0.0.0');
  const address = canonicalAddress(given);
  const type = socketType(address);
  const port = checkInteger('port', options.port, 0, 65_535);
  if (options.interface !== undefined) {
    checkString('interface', options.interface);
    if (!takesInterface(address)) throw unicastError('interface', address, options.interface);
  }
  const via = options.interface ?? (takesInterface(address) ? zoneOf(given) : undefined);
  if (via === undefined && needsInterface(address))
    throw valueError('interface', `an interface, since each link has its own ${address}`, via);
  const [sources, excludedSources] = (['sources', 'excludedSources'] as const).map((name) =>
    (options[name] ?? []).map((source) => checkAddressOf(`${name}[]`, source, type)),
  ) as [string[], string[]];
  const receiveBufferBytes = checkInteger(
    'receiveBufferBytes',
    options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER_BYTES,
    1,
    2 ** 31 - 1,
  );
  const silenceMs = checkInteger('silenceMs', options.silenceMs ?? 1000, 10, MAX_TIMER_MS);
  const kind =
    options.socket === undefined
      ? undefined
      : checkOneOf('socket', options.socket, ['native', 'dgram'] as const);
  return {
    socket: { address, port, interface: via, sources, receiveBufferBytes },
    excludedSources,
    silenceMs,
    isNative: kind === undefined ? hasAddon() : kind === 'native',
    playout: checkPlayoutOptions(options, options.rate),
    signal: checkSignal('signal', options.signal),
  };
}

function hasAddon(): boolean {
  try {
    native();
    return true;
  } catch (error) {
    if (error instanceof AlsaError) return false;
    throw error;
  }
}
