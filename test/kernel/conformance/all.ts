// All files of cases, in the order of docs/contributing/conformance.md: the package has them bundled, for `utimer selftest`.
import { type CaseFile, collect } from '../../../lib/selftest/collect.js';

const FILES: Readonly<Record<string, () => Promise<unknown>>> = {
  creation: () => import('./creation.test.js'),
  descriptor: () => import('./descriptor.test.js'),
  information: () => import('./information.test.js'),
  listening: () => import('./listening.test.js'),
  configuration: () => import('./configuration.test.js'),
  start: () => import('./start.test.js'),
  data: () => import('./data.test.js'),
  death: () => import('./death.test.js'),
  selftest: () => import('./selftest.test.js'),
};

export async function collectCases(): Promise<CaseFile[]> {
  const files: CaseFile[] = [];
  for (const [name, load] of Object.entries(FILES)) files.push(await collect(name, load));
  return files;
}
