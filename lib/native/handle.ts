/** What all native objects have. */

/** A native object that holds a descriptor. */
export interface NativeHandle {
  close(): void;
  closed(): boolean;
}

/** Waits in the event loop for a descriptor. */
export interface WatcherHandle extends NativeHandle {
  /**
   * Calls back once: when there is something to read, for a playback room to write, or something went wrong. Keeps the event
   * loop alive until then.
   */
  arm(callback: () => void): void;
  /** Takes that back. */
  disarm(): void;
  /** Whether waiting keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}
