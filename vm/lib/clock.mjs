// The clock of an emulated guest: the host's time stamp counter, which QEMU's emulation hands through, where the host has one
// that counts evenly. Reading it is a hundred times cheaper than reading the emulated HPET, and Node reads a clock all the time.

/** How much faster than the counter a loop of the kernel's own measure is: bogomips are two a cycle, in millions. */
const BOGOMIPS_PER_KHZ = 2 / 1000;

/**
 * The rate of the host's time stamp counter in kHz, by /proc/cpuinfo; undefined where the counter is not even. A guest cannot
 * measure it itself while the host is busy.
 *
 * @param {string} cpuinfo
 * @returns {number | undefined}
 */
export function counterRate(cpuinfo) {
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(cpuinfo) ?? [];
  const [, bogomips] = /^bogomips\s*:\s*([\d.]+)$/m.exec(cpuinfo) ?? [];
  const even = ['constant_tsc', 'nonstop_tsc'].every((flag) => flags.split(' ').includes(flag));
  return even && bogomips !== undefined ? Math.round(Number(bogomips) / BOGOMIPS_PER_KHZ) : undefined;
}

/**
 * What an emulated guest's kernel is told of its clock.
 *
 * @param {string} cpuinfo
 * @returns {string[]}
 */
export function clockCommandLine(cpuinfo) {
  const rate = counterRate(cpuinfo);
  return rate === undefined ? ['tsc=unstable'] : ['tsc=reliable', `tsc_early_khz=${rate}`];
}
