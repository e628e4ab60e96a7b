#!/usr/bin/env node
// Says what would keep an addon from loading somewhere: check.mjs FILE...
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import nodeApi from 'node-api-headers';
import { dynamicEntries, dynamicSymbols, hasExecutableStack } from './elf.mjs';
import { ALLOWED } from './symbols.mjs';

const NODE_API = 9;
// Memory that is not of V8: Electron refuses it.
const REFUSED = ['napi_create_external_arraybuffer', 'napi_create_external_buffer'];
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const root = fileURLToPath(new URL('../../..', import.meta.url));

const { js_native_api_symbols: js, node_api_symbols: node } = nodeApi.symbols[`v${NODE_API}`];
const nodeApiNames = new Set([...js, ...node].filter((name) => !REFUSED.includes(name)));

/** @param {string} path */
function faults(path) {
  const found = dynamicEntries(path, 'NEEDED', 'RPATH', 'RUNPATH', 'TEXTREL').map((entry) => `has ${entry}`);
  if (hasExecutableStack(path)) found.push('wants an executable stack');
  for (const { name, version, isDefined } of dynamicSymbols(path)) {
    if (isDefined) {
      if (!EXPORTS.includes(name)) found.push(`exports ${name}`);
    } else if (version !== undefined) {
      found.push(`wants ${name} of ${version}`);
    } else if (!nodeApiNames.has(name) && !ALLOWED.has(name)) {
      found.push(`wants ${name}, which not every runtime has: see scripts/release/portable/symbols`);
    }
  }
  const exported = dynamicSymbols(path).filter(({ isDefined }) => isDefined);
  for (const name of EXPORTS)
    if (!exported.some((symbol) => symbol.name === name)) found.push(`lacks ${name}`);
  if (readFileSync(path).includes(root)) found.push(`names the folder that it was built in, ${root}`);
  return found;
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('check: which binaries?');
  process.exit(2);
}
for (const path of paths) {
  for (const fault of faults(path)) {
    console.error(`${path}: ${fault}`);
    process.exitCode = 1;
  }
}
