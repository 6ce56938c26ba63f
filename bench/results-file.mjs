import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes the report of a run as a page, with the notes that people keep behind it.
 *
 * @param {string} path
 * @param {string} report
 */
export function writeResults(path, report) {
  writeFileSync(path, `${HEADING}${report}\n${readFileSync(NOTES, 'utf8')}`);
}

const NOTES = new URL('NOTES.md', import.meta.url);
const HEADING = `# Results

Written by \`node bench/run.mjs --write\`; the notes at the end are those of [NOTES.md](NOTES.md). What is measured, and
how, is in the [README](README.md).

`;
