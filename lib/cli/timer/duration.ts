/** How long a tick is, for people: '-' where nobody knows, as with the timer of a PCM that is closed. */
export function tickLength(ns: bigint): string {
  return ns === 0n ? '-' : duration(ns);
}

/** Nanoseconds for people: '10 ms', '23.219954 ms', '1 ns'. */
export function duration(ns: bigint): string {
  const [factor, unit] =
    ns >= 1_000_000_000n
      ? ([9, 's'] as const)
      : ns >= 1_000_000n
        ? ([6, 'ms'] as const)
        : ns >= 1_000n
          ? ([3, 'us'] as const)
          : ([0, 'ns'] as const);
  const digits = String(ns).padStart(factor + 1, '0');
  const whole = factor === 0 ? digits : digits.slice(0, -factor);
  const rest = factor === 0 ? '' : digits.slice(-factor).replace(/0+$/, '');
  return `${whole}${rest ? `.${rest}` : ''} ${unit}`;
}
