/** The clock of a sender that is known by the arrivals of its packets, at the seam. All times are nanoseconds. */
export interface ArrivalsHandle {
  /** A packet came at `arrival` of CLOCK_MONOTONIC, with this media time of the clock. */
  add(arrival: bigint, mediaTime: bigint): void;
  /** What the clock says at an instant of CLOCK_MONOTONIC; the same before the first packet. */
  timeAt(monotonic: bigint): bigint;
}
