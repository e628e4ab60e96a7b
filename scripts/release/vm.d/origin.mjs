// What a kernel was built from, by the file that its preparation leaves.

/**
 * @param {string} text of built-from: lines as of Debian's package lists, and one of the compiler
 * @returns {{source: string, compiler: string}} `source` is the source package, and its version
 */
export function originOf(text) {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
  // "linux (7.3.4-1)" where the version of the source is another one than that of the package.
  const [, source = fields.get('Package'), version = fields.get('Version')] =
    /^(\S+)(?: \((.*)\))?$/.exec(fields.get('Source') ?? '') ?? [];
  const compiler = fields.get('Compiler');
  if (!source || !version || !compiler) throw new Error(`built-from lacks a field: ${text}`);
  return { source: `${source} ${version}`, compiler };
}
