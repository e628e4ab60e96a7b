/** Where a stream is sent, as the addon takes it; and the local address that the kernel sends from. */
import { isIPv6 } from 'node:net';
import { valueError } from '../arguments.js';
import { fromNative } from '../errors.js';
import type { NativeError, RouteNative } from '../native/binding.js';
import { native } from '../native/load.js';
import { canonicalAddress, isMulticast, withoutZone, zoneOf } from './address.js';

/** Where to send, and from where. Everything is checked. */
export interface SendingSocketOptions {
  /** The group, or the receiver. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
  readonly localAddress: string | undefined;
  /** 0: a free one. */
  readonly localPort: number;
  /** For groups: the interface, as `interfaceFor` names it. */
  readonly via: string | undefined;
  /** For groups. */
  readonly ttl: number;
  /** For groups. */
  readonly multicastLoopback: boolean;
}

/** @throws TypeError ERR_INVALID_ARG_VALUE for an address of an interface that is not there */
export function routeOf(options: SendingSocketOptions): RouteNative {
  const { address, port, localAddress, localPort, via, ttl, multicastLoopback } = options;
  const group = isMulticast(address)
    ? {
        via: via === undefined || isIPv6(address) ? null : via,
        interface: via === undefined ? 0 : interfaceOf('interface', via),
        ttl,
        loop: multicastLoopback,
      }
    : null;
  return {
    address: withoutZone(address),
    port,
    scope: interfaceOf('address', address),
    localAddress: localAddress === undefined ? null : withoutZone(localAddress),
    localScope: localAddress === undefined ? 0 : interfaceOf('localAddress', localAddress),
    localPort,
    group,
  };
}

/** The local address of what is sent. Undefined without a route. */
export function originOf(route: RouteNative): string | undefined {
  const origin = native().findOrigin(route);
  return origin === null ? undefined : canonicalAddress(origin);
}

/** The index of the interface that an address names: 'fe80::1%eth0'. 0 where it names none. */
function interfaceOf(option: string, address: string): number {
  const name = zoneOf(address);
  if (name === undefined) return 0;
  try {
    return native().interfaceIndex(name);
  } catch (error) {
    if ((error as NativeError).code === 'ENODEV')
      throw valueError(option, 'on an interface of this machine', address);
    throw fromNative(error, 'the interface');
  }
}
