/** The configuration of a kernel, as it is kept beside it. */

/** The text of a file, unpacked where its name ends in .gz; undefined where it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** 'y', 'm', 'n', or undefined where the configuration is not to be had. @param isRunning whether /proc is that kernel's */
export function configuredOption(
  read: ReadText,
  release: string,
  name: string,
  isRunning = true,
): string | undefined {
  const own = isRunning ? ['/proc/config.gz'] : [];
  for (const path of [...own, `/boot/config-${release}`, `/lib/modules/${release}/config`]) {
    const text = read(path);
    if (text !== undefined) return new RegExp(`^CONFIG_${name}=(.)`, 'm').exec(text)?.[1] ?? 'n';
  }
  return undefined;
}
