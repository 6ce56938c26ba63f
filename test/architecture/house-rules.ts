import { functionSpans } from './function-span.js';
import { importsOf, isTest, type SourceFile, withoutStrings } from './source-file.js';

/** Where a file breaks a rule that no compiler knows, as `file: rule`. */
export function houseRuleViolations(file: SourceFile): string[] {
  const code = withoutStrings(file.text);
  const broken: string[] = [];
  const lines = file.text.split('\n').length - 1;
  const maxLines = isTest(file.path) ? 600 : 400;
  if (lines > maxLines) broken.push(`${lines} lines, more than ${maxLines}`);
  if (isTest(file.path)) return broken.map((rule) => `${file.path}: ${rule}`);

  if (/^(?:export\s+)?(?:let|var)\s/m.test(code)) broken.push('mutable module state');
  if (isPure(file.path)) broken.push(...impurities(file.text, code));
  if (isShipped(file.path)) broken.push(...longFunctions(file.text));
  return broken.map((rule) => `${file.path}: ${rule}`);
}

function isPure(path: string): boolean {
  return /^packages\/ieum\/src\/(core|codecs|channel|hub)\//.test(path);
}

function isShipped(path: string): boolean {
  return /^(packages|apps)\/[^/]+\/src\//.test(path);
}

function longFunctions(text: string): string[] {
  return functionSpans(text).flatMap(({ line, lines, isHotLoop }) => {
    const maxLines = isHotLoop ? 120 : 60;
    return lines > maxLines ? [`a function of ${lines} lines at line ${line}, more than ${maxLines}`] : [];
  });
}

function impurities(text: string, code: string): string[] {
  const used = forbidden.filter((pattern) => pattern.test(code)).map(({ source }) => `uses ${source}`);
  const cryptoImport = importsOf(text).some(({ specifier }) => specifier === 'node:crypto');
  if (cryptoImport && !/import\s*\{\s*hash\s*\}\s*from\s*'node:crypto'/.test(text)) {
    used.push('imports more than hash from node:crypto');
  }
  return used;
}

/** Time, chance and the process are arguments in the pure parts. */
const forbidden: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bprocess\./,
  /\bcrypto\.(?:getRandomValues|randomUUID)\b/,
  /\bglobalThis\b/,
  /\bconsole\./,
];
