/** The binaries that the package ships, by platform: native/prebuilt.cjs, or what package.json puts in its place for a bundler. */
declare module '#prebuilt' {
  const prebuilt: Readonly<Record<string, () => unknown>>;
  export default prebuilt;
}
