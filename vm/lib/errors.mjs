// What `run` itself ends with. Everything else is the command's own exit status.

/** The guest's kernel failed: a panic, an oops, or a report that the sanitized kernel makes. */
export const KERNEL_FAULT = 123;
/** The time given with --timeout is over. */
export const TIMED_OUT = 124;
/** The command did not get to run: wrong usage, no kernel, no QEMU, a guest that does not boot. */
export const FAILED = 125;

/** Ends the run with a message and an exit status. */
export class RunError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.name = 'RunError';
    this.status = status;
  }
}
