/** Control devices, at the seam. */
import type { NativeHandle } from './handle.js';

/** The control device of a card. Numbers name its elements; they are the kernel's `numid`. */
export interface ControlHandle extends NativeHandle {
  /** The number of an element, index 0: SNDRV_CTL_IOCTL_ELEM_INFO. `elementInterface` is SNDRV_CTL_ELEM_IFACE_*. */
  find(elementInterface: number, device: number, subdevice: number, name: string): number;
  /** The first value of a boolean or integer element: SNDRV_CTL_IOCTL_ELEM_READ. */
  read(number: number): number;
  /** The numbers of elements that were announced as changed since it was asked last; perhaps not all at once. */
  changes(): number[];
  /**
   * Has changes announced, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, and calls back from the event loop while there are changes to
   * take, or when something went wrong, which `changes` throws. Until close().
   */
  listen(callback: () => void): void;
  /** Whether listening keeps the event loop alive; it does at first. */
  setRef(referenced: boolean): void;
}
