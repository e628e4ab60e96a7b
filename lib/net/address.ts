/** Addresses: literals only, since nobody here waits for a name server. */
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { checkString, valueError } from '../arguments.js';

export type SocketType = 'udp4' | 'udp6';

/** An IPv4 or IPv6 address, without brackets. */
export function checkAddress(name: string, value: unknown): string {
  const address = checkString(name, value);
  if (isIP(address) === 0) throw valueError(name, 'an IPv4 or IPv6 address', value);
  return address;
}

/** An address of a family, as `canonicalAddress` writes it. */
export function checkAddressOf(name: string, value: unknown, type: SocketType): string {
  const address = checkAddress(name, value);
  if (socketType(address) !== type) {
    throw valueError(name, `an ${type === 'udp4' ? 'IPv4' : 'IPv6'} address, as address is`, value);
  }
  return canonicalAddress(address);
}

/** An address without the name of an interface, which means something to this machine alone: 'fe80::1%eth0'. */
export function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? address;
}

/** That name, where there is one. */
export function zoneOf(address: string): string | undefined {
  return address.split('%')[1];
}

/** The one way to write an address that inet_ntop(3) and RFC 5952 agree on, without the name of an interface. */
export function canonicalAddress(address: string): string {
  const bare = withoutZone(address);
  return isIPv6(bare) ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

/** Whether packets to this address reach a group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291). */
export function isMulticast(address: string): boolean {
  if (isIPv6(address)) return /^ff/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}

/** Whether an address means another host on each interface: fe80::/10, ffx1::/16 and ffx2::/16 (RFC 4007). */
export function needsInterface(address: string): boolean {
  return isIPv6(address) && /^(fe[89ab].|ff.[12]):/i.test(canonicalAddress(address));
}

/** Whether it makes a difference to an address which interface packets take. */
export function takesInterface(address: string): boolean {
  return isMulticast(address) || needsInterface(address);
}

/** An option that is for groups would do nothing for another address: whoever gives it means something by it. */
export function unicastError(option: string, address: string, value: unknown): TypeError {
  return valueError(option, `left out for ${address}, which is no group`, value);
}

export function socketType(address: string): SocketType {
  return isIPv6(address) ? 'udp6' : 'udp4';
}

/** The name of the interface that has an address, or that is called so already. */
export function interfaceName(nameOrAddress: string): string {
  if (isIP(nameOrAddress) === 0) return nameOrAddress;
  const wanted = canonicalAddress(nameOrAddress);
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some(({ address }) => canonicalAddress(address) === wanted)) return name;
  }
  throw valueError('interface', 'an interface, or an address that an interface has', nameOrAddress);
}

/**
 * The way dgram names an interface: by one of its addresses for IPv4, by '::%name' for IPv6.
 *
 * @param nameOrAddress 'eth0', or an address that an interface of this machine has
 * @throws TypeError ERR_INVALID_ARG_VALUE where no interface that is up has this name and an address of the family
 */
export function interfaceFor(nameOrAddress: string, family: SocketType): string {
  const name = interfaceName(nameOrAddress);
  const addresses = networkInterfaces()[name] ?? [];
  if (family === 'udp6' && addresses.length > 0) return `::%${name}`;
  if (family === 'udp4') {
    if (isIP(nameOrAddress) === 4) return nameOrAddress;
    const found = addresses.find(({ family }) => family === 'IPv4');
    if (found) return found.address;
  }
  const wanted = family === 'udp6' ? 'IPv6' : 'IPv4';
  throw valueError('interface', `an interface that is up and has an ${wanted} address`, nameOrAddress);
}
