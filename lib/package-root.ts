/** The folder of this package. */
import { existsSync } from 'node:fs';

/** The nearest folder with a package.json: a module lies in lib/ or dist/, more or less deep, by how it was compiled. */
function find(): URL {
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder);
    if (parent.href === folder.href) break;
    folder = parent;
  }
  return folder;
}

export const packageRoot = find();
