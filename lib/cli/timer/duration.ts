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

/** Seconds as a player shows them: '3:25.0', '1:02:03.5'. */
export function clockTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${String(whole % 60).padStart(2, '0')}.${Math.floor((seconds - whole) * 10)}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
