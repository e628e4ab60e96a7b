/** What is known of processors, by Node.js's names of them. */

const WORDS_32 = ['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390'];

/** Whether processes for it have 32 bits, on whatever kernel. */
export function hasWords32(arch: string): boolean {
  return WORDS_32.includes(arch);
}
