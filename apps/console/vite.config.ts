import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  base: './',
  plugins: [renderBlockingScript()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../packages/cli/dist/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});

/** The script sets the remembered theme: nothing is painted before it ran, so that no wrong theme flashes. */
function renderBlockingScript(): Plugin {
  const handler = (html: string) =>
    html.replace('<script type="module"', '<script type="module" blocking="render"');
  return { name: 'render-blocking-script', transformIndexHtml: { order: 'post', handler } };
}
