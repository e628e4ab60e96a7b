/** How util.inspect, and with it console.log, shows an object: by what it is, not by how it works. */
import { type InspectOptionsStylized, inspect } from 'node:util';

/** @param shown the properties to show, in this order; those that are undefined are left out */
export function inspection(
  name: string,
  shown: Readonly<Record<string, unknown>>,
  depth: number,
  options: InspectOptionsStylized,
): string {
  if (depth < 0) return options.stylize(`[${name}]`, 'special');
  const known = Object.entries(shown).filter(([, value]) => value !== undefined);
  return `${name} ${inspect(Object.fromEntries(known), { ...options, depth })}`;
}
