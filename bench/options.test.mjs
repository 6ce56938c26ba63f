import { describe, expect, test } from 'vitest';
import { OptionsError } from './flags.mjs';
import { helpText, parseOptions } from './options.mjs';
import { defaultWorkloadNames, workloads } from './workloads.mjs';

test('without arguments a few workloads run on all servers', () => {
  expect(parseOptions([])).toMatchObject({
    workloadNames: defaultWorkloadNames,
    serverNames: ['ieum', 'ws', 'bun', 'net'],
    rounds: 3,
    json: false,
    write: false,
    help: false,
  });
});

test('arguments are taken', () => {
  const args = '--workloads=idle,echo20 --servers ws,ieum,ws --rounds 1 --seconds 0.5 --warmup 0'.split(' ');
  const more = '--max-connections 7 --json --write --results page.md'.split(' ');
  expect(parseOptions([...args, ...more])).toEqual({
    workloadNames: ['idle', 'echo20'],
    serverNames: ['ws', 'ieum'],
    rounds: 1,
    seconds: 0.5,
    warmupSeconds: 0,
    maxConnections: 7,
    json: true,
    write: true,
    resultsPath: 'page.md',
    help: false,
  });
});

test('all means every workload, in the order of the table', () => {
  expect(parseOptions(['--workloads', 'all']).workloadNames).toEqual(workloads.map(({ name }) => name));
});

test('what is written goes to the page beside the programs unless told otherwise', () => {
  expect(parseOptions([]).resultsPath).toMatch(/\/bench\/RESULTS\.md$/);
});

test('whoever names a page wants it written', () => {
  expect(parseOptions(['--results', 'page.md'])).toMatchObject({ write: true, resultsPath: 'page.md' });
});

describe('what makes no sense is refused, with the argument in the message', () => {
  test.each([
    [['--workloads', 'echo2'], /--workloads: no "echo2", did you mean echo20\?; there are echo20, /],
    [['--workloads', ''], /--workloads: no ""/],
    [['--servers', 'ws,express'], /--servers: no "express"; there are ieum, ws, bun, net/],
    [['--rounds', '0'], /--rounds: "0" is not a whole number from 1 to 100/],
    [['--rounds', '1.5'], /--rounds: "1\.5"/],
    [['--seconds', 'long'], /--seconds: "long" is not a number/],
    [['--seconds', ' '], /--seconds: " "/],
    [['--warmup', '61'], /--warmup: "61"/],
    [['--max-connections', '0'], /--max-connections: "0"/],
    [['--round', '3'], /unknown option --round, did you mean --rounds\?/],
    [['--fastest'], /unknown option --fastest$/],
    [['--rounds'], /--rounds/],
    [['echo20'], /echo20/],
  ])('%j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(OptionsError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});

test('the help names every workload and every option', () => {
  for (const { name } of workloads) expect(helpText).toContain(`  ${name} `);
  for (const flag of ['workloads', 'servers', 'rounds', 'seconds', 'warmup', 'json', 'write', 'results']) {
    expect(helpText).toContain(`--${flag} `);
  }
});
