// arecord, as tests run it: raw frames, with no setting that is left to it.

interface Shape {
  readonly format: string;
  readonly rate: number;
  readonly channels: number;
  /** Default: that of the cable, which arecord finds. */
  readonly periodFrames?: number;
}

/** Its arguments. `more` are others, and the file. */
export function arecordArgs(
  device: string,
  { format, rate, channels, periodFrames }: Shape,
  ...more: readonly string[]
): string[] {
  return [
    ...['-q', '-D', device, '-f', format, '-r', `${rate}`, '-c', `${channels}`, '-t', 'raw'],
    ...(periodFrames === undefined ? [] : [`--period-size=${periodFrames}`]),
    ...more,
  ];
}
