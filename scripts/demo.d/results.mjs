// What both acts say about a recording.

/** Samples of `received` that are not those of `sent` at the same place. */
export function differingSamples(sent, received, sampleBytes) {
  let differing = 0;
  const length = Math.min(sent.length, received.length);
  for (let at = 0; at < length; at += sampleBytes) {
    if (sent.compare(received, at, at + sampleBytes, at, at + sampleBytes) !== 0) differing += 1;
  }
  return differing;
}

/** Rows of a name and values, the values in columns. */
export function printTable(rows) {
  for (const [name, ...values] of rows) {
    const cells = values.map((value, column) =>
      column === values.length - 1 ? `${value}` : `${value}`.padEnd(28),
    );
    console.log(`${name.padEnd(20)} ${cells.join(' ')}`);
  }
}
