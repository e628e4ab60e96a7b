/** The commands of scripts/aloop. */
export { runScript } from '../run/script.js';
export { load } from './load.js';
export { point } from './point.js';
export { show } from './show.js';
export { unload } from './unload.js';
