/** Whom a group is to be heard from: RFC 4570. */
import { isIP } from 'node:net';
import { canonicalAddress } from '../../net/address.js';
import { SdpError } from './error.js';
import { attributes, type Media } from './lines.js';

export interface SourceFilter {
  /** The only addresses to take packets from: a=source-filter incl (RFC 4570). Empty: any. */
  readonly sources: readonly string[];
  /** Addresses to take no packets from: a=source-filter excl (RFC 4570). */
  readonly excludedSources: readonly string[];
}

/** What all filters of a group say together, those of the session and of the media. */
export function filtersOf({ session, lines }: Media, address: string): SourceFilter {
  const listed = { incl: new Set<string>(), excl: new Set<string>() };
  for (const { value, text } of attributes([...session, ...lines], 'source-filter')) {
    const { mode, sources } = readFilter(value, text, address);
    for (const source of sources) listed[mode].add(source);
  }
  return { sources: [...listed.incl], excludedSources: [...listed.excl] };
}

/** Reads a line a=source-filter. It has no sources where it is for another group. */
function readFilter(
  value: string,
  line: string,
  address: string,
): { mode: 'incl' | 'excl'; sources: readonly string[] } {
  const [, word, family = '', group, list = ''] =
    /^(incl|excl)\s+IN\s+(IP4|IP6|\*)\s+(\S+)\s+(\S.*)$/i.exec(value) ?? [];
  const mode = word?.toLowerCase();
  const [bare = ''] = (group ?? '').split('/');
  if ((mode !== 'incl' && mode !== 'excl') || (bare !== '*' && isIP(bare) === 0)) {
    throw new SdpError(
      `"${line}" cannot be read: a line like "a=source-filter: incl IN IP4 239.0.0.1 192.168.1.1" is needed`,
    );
  }
  if (bare !== '*' && canonicalAddress(bare) !== canonicalAddress(address)) return { mode, sources: [] };
  const version = isIP(address);
  const sources = list.split(/\s+/);
  for (const source of sources) {
    if (isIP(source) === 0) throw new SdpError(`a=source-filter gives "${source}": addresses are needed`);
    if (isIP(source) !== version || (family !== '*' && family.toUpperCase() !== `IP${version}`)) {
      throw new SdpError(`"${line}" is not for IPv${version}, as c= is`);
    }
  }
  return { mode, sources };
}
