// Processor time of this process.

/** Of all threads since it began, ns. */
export function processor() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}
