// The time that processors have spent on a process.
import { readFileSync } from 'node:fs';

/** /proc counts in hundredths of a second, on all processors that Linux has a Node.js for. */
const TICKS = 100;

/**
 * In user mode and in the kernel, with all its threads: proc_pid_stat(5), utime and stime.
 *
 * @param {number | undefined} pid
 * @returns {number} 0 where there is no such process
 */
export function processorSeconds(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 0;
  }
  // The name of the program comes before, in parentheses, and may have anything in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
