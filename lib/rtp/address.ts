/** Addresses of streams: literals only, since a receiver must not wait for a name server. */
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { checkString, valueError } from '../arguments.js';

/** An IPv4 or IPv6 address, without brackets. */
export function checkAddress(name: string, value: unknown): string {
  const address = checkString(name, value);
  if (isIP(address) === 0) throw valueError(name, 'an IPv4 or IPv6 address', value);
  return address;
}

/** Whether packets to this address reach a group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291). */
export function isMulticast(address: string): boolean {
  if (isIPv6(address)) return /^ff/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}

export function socketType(address: string): 'udp4' | 'udp6' {
  return isIPv6(address) ? 'udp6' : 'udp4';
}

/**
 * The way dgram names an interface: by one of its addresses for IPv4, by '::%name' for IPv6.
 *
 * @param nameOrAddress 'eth0', or an address that an interface of this machine has
 * @throws TypeError ERR_INVALID_ARG_VALUE where no interface that is up has this name and an address of the family
 */
export function interfaceFor(nameOrAddress: string, family: 'udp4' | 'udp6'): string {
  const interfaces = networkInterfaces();
  if (family === 'udp6') {
    for (const [name, addresses] of Object.entries(interfaces)) {
      if (name === nameOrAddress || addresses?.some(({ address }) => address === nameOrAddress))
        return `::%${name}`;
    }
  } else {
    if (isIP(nameOrAddress) === 4) return nameOrAddress;
    const found = interfaces[nameOrAddress]?.find(({ family }) => family === 'IPv4');
    if (found) return found.address;
  }
  const wanted = family === 'udp6' ? 'IPv6' : 'IPv4';
  throw valueError(
    'options.interface',
    `an interface that is up and has an ${wanted} address`,
    nameOrAddress,
  );
}
