// What the compiler says about examples, in programs of people who use the package: strict, with each way of finding modules
// that knows its entries.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const RESOLUTIONS = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} as const;

/** The complaints about each module, by its name: none for those that compile. Nothing is written. */
export function complaints(
  modules: ReadonlyMap<string, string>,
  resolution: keyof typeof RESOLUTIONS,
): Map<string, string[]> {
  const options: ts.CompilerOptions = {
    ...RESOLUTIONS[resolution],
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    // The package by its own names, from its source.
    paths: Object.fromEntries(
      ['', 'bridge', 'clock', 'loopback', 'rtp'].map((entry) => [
        entry === '' ? 'alsa-utimer' : `alsa-utimer/${entry}`,
        [`${root}lib/${entry === '' ? '' : `${entry}/`}index.ts`],
      ]),
    ),
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const sources = new Map(
    [...modules].map(([name, source], index) => [`${root}example-${index}.mts`, { name, source }]),
  );
  host.getCurrentDirectory = () => root;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path)?.source ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const found = sources.get(path);
    return found
      ? ts.createSourceFile(path, found.source, options.target as ts.ScriptTarget)
      : getSourceFile(path, ...rest);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return new Map(
    [...sources].map(([path, { name }]) => {
      const file = program.getSourceFile(path);
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [name, found.map((diagnostic) => inWords(diagnostic))];
    }),
  );
}

function inWords({ file, start, messageText }: ts.Diagnostic): string {
  const line = file && start !== undefined ? file.text.slice(0, start).split('\n').length : 0;
  const text = file?.text.split('\n')[line - 1]?.trim();
  return `${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${text}`;
}
