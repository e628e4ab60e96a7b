// The other ends of named pipes, which nobody waits for in open(2).
import { constants, openSync, readdirSync, readlinkSync } from 'node:fs';

/** Resolves when this process has opened a file. */
export async function opened(path: string): Promise<void> {
  const target = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  };
  while (!readdirSync('/proc/self/fd').some((fd) => target(fd) === path)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Opens a pipe for writing as soon as somebody reads it. */
export async function writerOf(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
