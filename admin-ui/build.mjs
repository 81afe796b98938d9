// What Maven runs: "node build.mjs package" leaves the panel in target/classes, "node build.mjs check"
// judges its sources; either does nothing when nothing changed since it last succeeded. "node build.mjs
// e2e" runs the tests in a browser, against the distribution.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const HERE = import.meta.dirname;
const MADE = ['target', 'node_modules', join('src', 'generated')].map((folder) => join(HERE, folder));
const PAGES = join(HERE, 'target/classes/modelgate-admin-ui');
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'CC0-1.0'];

process.chdir(HERE);
unlessDone('node_modules/.installed', hash(['package-lock.json']), install);
const sources = hash([...files(HERE), join(HERE, '../docs/admin-api.yaml')]);
switch (process.argv[2]) {
  case 'package':
    unlessDone('target/packaged', sources, () => {
      npm('run', '--silent', 'build', '--', '--logLevel', 'warn');
      compress();
      listLicences();
    });
    break;
  case 'e2e':
    npm('run', '--silent', 'e2e', '--', ...process.argv.slice(3));
    break;
  case 'check':
    unlessDone('target/checked', sources, () => npm('run', '--silent', 'check'));
    break;
  default:
    fail('usage: node build.mjs package|check|e2e');
}

function install() {
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) {
    fail(
      'npm cannot install what the admin panel is built with: it must reach its registry, or have it in its cache.',
    );
  }
}

function npm(...words) {
  const { status } = spawnSync('npm', words, { stdio: 'inherit' });
  if (status !== 0) fail(`npm ${words.join(' ')} failed`);
}

/** What browsers take compressed is compressed here, once. */
function compress() {
  for (const file of files(PAGES)) {
    if (/\.(html|js|css|svg)$/.test(file))
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
}

/** Others' packages that are part of the panel, with their licences, which ask to be told. */
function listLicences() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const parts = Object.keys(packages)
    .filter((path) => path !== '' && !packages[path].dev && !packages[path].devOptional && existsSync(path))
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
      if (!mayBeShipped(license)) fail(`${name} has no licence that is allowed, but ${license}`);
      const text = readdirSync(path).find((file) => /^licen[cs]e/i.test(file));
      return `${name} ${version}  ${license}\n${text === undefined ? '' : `\n${readFileSync(join(path, text), 'utf8').trim()}\n`}`;
    });
  const lines = [
    'The admin panel (lib/modelgate-admin-ui-*.jar) is built from these:',
    '',
    ...[...new Set(parts)].sort(),
  ];
  writeFileSync('target/THIRD-PARTY-PANEL.txt', `${lines.join('\n')}\n`);
}

/** @param licence an SPDX expression, e.g. (MIT OR CC0-1.0) */
function mayBeShipped(licence) {
  const choices = licence.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.includes(one)));
}

function unlessDone(stamp, now, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  work();
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, now);
}

function hash(paths) {
  const sum = createHash('sha256');
  for (const path of paths.sort()) sum.update(path).update(readFileSync(path));
  return sum.digest('hex');
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (MADE.includes(path) && folder !== PAGES) return [];
    return entry.isDirectory() ? files(path) : [path];
  });
}

function fail(complaint) {
  console.error(`admin panel: ${complaint}`);
  process.exit(1);
}
