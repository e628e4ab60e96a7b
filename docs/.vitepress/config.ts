/** The documentation as a site. `scripts/docs` writes the reference that its sidebar ends with. */
import { readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';

const reference: DefaultTheme.SidebarItem[] = JSON.parse(
  readFileSync(new URL('../reference/typedoc-sidebar.json', import.meta.url), 'utf8'),
);

export default defineConfig({
  title: 'alsa-utimer',
  description: 'Linux userspace-driven ALSA timers, and the cables of snd-aloop that they clock, for Node.js',
  outDir: '../build/docs',
  cacheDir: '../build/docs-cache',
  // Anchors as GitHub names them, so that a link works in the plain files as well.
  markdown: {
    anchor: {
      slugify: (heading) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
    },
  },
  // Nothing of the pages depends on when they were built.
  lastUpdated: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start here', link: '/start' },
      { text: 'Guides', link: '/guides/cables', activeMatch: '/guides/' },
      { text: 'Symptoms', link: '/symptoms' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
    ],
    sidebar: [
      {
        text: 'First steps',
        items: [
          { text: 'Start here', link: '/start' },
          { text: 'Recipes', link: '/recipes' },
          { text: 'Doctor', link: '/doctor' },
          { text: 'Symptoms', link: '/symptoms' },
        ],
      },
      {
        text: 'Guides',
        items: [
          { text: 'Cables', link: '/guides/cables' },
          { text: 'Beside a desktop', link: '/guides/desktop' },
          { text: 'Which clock?', link: '/guides/clocks' },
          { text: 'Timers', link: '/guides/timers' },
          { text: 'RTP', link: '/guides/rtp' },
          { text: 'Bridge', link: '/guides/bridge' },
          { text: 'Command line', link: '/guides/command-line' },
          { text: 'Kernels', link: '/kernels' },
          { text: 'A machine for tests', link: '/vm' },
          { text: 'Runtimes', link: '/runtimes' },
        ],
      },
      {
        text: 'Background',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Kernel findings', link: '/kernel-findings' },
          { text: 'Glossary', link: '/glossary' },
        ],
      },
      { text: 'Reference', link: '/reference/', items: reference },
      {
        text: 'For contributors',
        items: [
          { text: 'The guest', link: '/contributing/guest' },
          { text: 'Releases', link: '/contributing/release' },
          { text: 'Conformance suite', link: '/contributing/conformance' },
          { text: 'Benchmarks', link: '/contributing/bench' },
          { text: 'The demo', link: '/contributing/demo' },
        ],
      },
    ],
  },
});
