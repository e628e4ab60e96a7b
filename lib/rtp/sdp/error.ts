/** A session description that does not say what a receiver has to know. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly code = 'ERR_INVALID_SDP';
}
