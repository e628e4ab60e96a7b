/** Whether the keys of a terminal reach this process, and the programs that it has started with it. */
import { glance } from '../../proc.js';

/** True for a process of the terminal's foreground group, which gets SIGINT as a whole (proc_pid_stat(5)). */
export function hasKeyboard(stat = glance('/proc/self/stat') ?? ''): boolean {
  // The name of the program may hold anything, also blanks and parentheses.
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal !== undefined && terminal !== '0' && foreground === group;
}
