/** What the scripts and tests of a checkout take from the compiled library beside its interface: part of no package. */
export { COMMANDS } from './cli/commands.js';
export { manPage } from './cli/pages/man-page.js';
export { lockHolder } from './loopback/card-lock.js';
export { native, setNative } from './native/load.js';
export { packageVersion } from './package-root.js';
export { receive } from './timer/delivery.js';
