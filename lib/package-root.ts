/** The folder of this package. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** This module, or the bundle that it is part of: one of CommonJS has no `import.meta.url`. */
const here: string = import.meta.url ?? pathToFileURL(__filename).href;

/** The nearest folder with a package.json: a module lies in lib/ or dist/, more or less deep, by how it was compiled. */
function find(): URL {
  let folder = new URL('./', here);
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder);
    if (parent.href === folder.href) break;
    folder = parent;
  }
  return folder;
}

export const packageRoot = find();

/** '0.1.0'. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The path of a file that is packed, and therefore there, however this came here. */
export function packedPath(name: string): string {
  return fileURLToPath(new URL(name, packageRoot));
}

/** The path of a page of the documents. */
export function pagePath(name: string): string {
  return packedPath(`docs/${name}`);
}
